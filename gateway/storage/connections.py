"""What is kept of connections, as `Connections` asks for it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from gateway.core.circuit import CLOSED, Circuit
from gateway.core.connection_hold import ConnectionHold
from gateway.core.ports.connections import KeptState
from gateway.core.time import from_microseconds, microseconds
from gateway.storage.connection_uses import SqlConnectionUses
from gateway.storage.rows import (
    ConnectionCircuitRow,
    ConnectionHoldRow,
    ConnectionPaceRow,
    ConnectionStateRow,
    table_of,
)
from gateway.storage.statements import insert_unless_taken, upsert

_STATES = table_of(ConnectionStateRow)
_CIRCUITS = table_of(ConnectionCircuitRow)
_HOLDS = table_of(ConnectionHoldRow)
# Built once: putting a statement together takes longer than running it.
_READ_CIRCUITS = select(_CIRCUITS)
_READ_HOLDS = select(_HOLDS)
_PACES = table_of(ConnectionPaceRow)


class SqlConnections(SqlConnectionUses):
    """See `Connections`."""

    def state(self, connection: str) -> KeptState | None:
        """See `Connections.state`."""
        query = select(_STATES.c.version, _STATES.c.sealed).where(_STATES.c.connection == connection)
        row = self._connection.execute(query).first()
        return None if row is None else KeptState(row.version, row.sealed)

    def replace_state(self, connection: str, version: int, sealed: str) -> bool:
        """See `Connections.replace_state`."""
        values = {"version": version + 1, "sealed": sealed}
        if version == 0:
            return insert_unless_taken(self._connection, _STATES, {"connection": connection, **values})
        replaced = update(_STATES).where(_STATES.c.connection == connection, _STATES.c.version == version)
        return self._connection.execute(replaced.values(values)).rowcount == 1

    def circuit(self, connection: str) -> Circuit:
        """See `Connections.circuit`."""
        return self.circuits().get(connection, CLOSED)

    def set_circuit(self, connection: str, circuit: Circuit) -> None:
        """See `Connections.set_circuit`."""
        values = {"failures": circuit.failures, "open_until": circuit.open_until, "reason": circuit.reason}
        first = upsert(self._connection, _CIRCUITS).values(connection=connection, **values)
        self._connection.execute(first.on_conflict_do_update(index_elements=["connection"], set_=values))

    def circuits(self) -> dict[str, Circuit]:
        """See `Connections.circuits`."""
        rows = self._connection.execute(_READ_CIRCUITS)
        return {row.connection: Circuit(row.failures, row.open_until, row.reason) for row in rows}

    def change_turns(
        self, connection: str, change: Callable[[Sequence[datetime]], Sequence[datetime]]
    ) -> Sequence[datetime]:
        """See `Connections.change_turns`."""
        insert_unless_taken(self._connection, _PACES, {"connection": connection, "turns": ""})
        its_row = _PACES.c.connection == connection
        kept = self._connection.execute(select(_PACES.c.turns).where(its_row).with_for_update()).scalar_one()
        turns = change([from_microseconds(int(turn)) for turn in kept.split()])
        text = " ".join(str(microseconds(turn)) for turn in turns)
        self._connection.execute(update(_PACES).where(its_row).values(turns=text))
        return turns

    def hold(self, connection: str) -> ConnectionHold | None:
        """See `Connections.hold`."""
        return self.holds().get(connection)

    def set_hold(self, connection: str, hold: ConnectionHold) -> None:
        """See `Connections.set_hold`."""
        values = {name: getattr(hold, name) for name in ConnectionHold.__slots__}
        first = upsert(self._connection, _HOLDS).values(connection=connection, **values)
        self._connection.execute(first.on_conflict_do_update(index_elements=["connection"], set_=values))

    def end_hold(self, connection: str) -> bool:
        """See `Connections.end_hold`."""
        ended = self._connection.execute(delete(_HOLDS).where(_HOLDS.c.connection == connection))
        return ended.rowcount == 1

    def holds(self) -> dict[str, ConnectionHold]:
        """See `Connections.holds`."""
        rows = (row._asdict() for row in self._connection.execute(_READ_HOLDS))
        return {row.pop("connection"): ConnectionHold(**row) for row in rows}
