"""What is kept of connections, as `Connections` asks for it."""

from sqlalchemy import Connection, select, update

from gateway.core.ports.connections import KeptState
from gateway.storage.rows import ConnectionStateRow, table_of
from gateway.storage.statements import insert_unless_taken

_STATES = table_of(ConnectionStateRow)


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
