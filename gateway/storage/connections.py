"""What is kept of connections, as `Connections` asks for it."""

from sqlalchemy import Connection, select, update

from gateway.core.circuit import CLOSED, Circuit
from gateway.core.ports.connections import KeptState
from gateway.storage.rows import ConnectionCircuitRow, ConnectionStateRow, table_of
from gateway.storage.statements import insert_unless_taken, upsert

_STATES = table_of(ConnectionStateRow)
_CIRCUITS = table_of(ConnectionCircuitRow)


class SqlConnections:
    """See `Connections`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        rows = self._connection.execute(select(_CIRCUITS))
        return {row.connection: Circuit(row.failures, row.open_until, row.reason) for row in rows}
