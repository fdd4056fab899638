"""Alembic's environment: migrations run on the connection, and in the transaction, of who asks for them."""

from typing import Literal

from alembic import context

from gateway.storage.rows import metadata
from gateway.storage.types import Bytes, ExactDecimal, Int, UtcTime, Words

_NAMES = {Int: "Int", UtcTime: "UtcTime", ExactDecimal: "ExactDecimal", Bytes: "Bytes"}


def render_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Our column types by their names; they mean the same on both databases."""
    if kind != "type":
        return False
    name = "Words" if item is Words else _NAMES.get(type(item))
    return name or False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=render_type,
    # SQLite's schema changes are transactional too, as long as the driver leaves the transaction alone.
    transactional_ddl=True,
)
context.run_migrations()
