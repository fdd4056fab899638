"""Alembic's environment: migrations run on the connection, and in the transaction, of who asks for them."""

from typing import Literal

from alembic import context

from gateway.storage.rows import metadata
from gateway.storage.types import Bytes, ExactDecimal, Int, UtcTime, Words

_OUR_TYPES = (Bytes, ExactDecimal, Int, UtcTime, Words)


def render_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Our column types by their names; they mean the same on both databases."""
    return type(item).__name__ if kind == "type" and isinstance(item, _OUR_TYPES) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render_type,
    # SQLite's schema changes are transactional too, as long as the driver leaves the transaction alone.
    transactional_ddl=True,
)
context.run_migrations()
