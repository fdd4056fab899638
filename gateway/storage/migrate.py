"""Bringing a database to the schema of this program."""

from typing import cast

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from gateway.storage.database import Database
from gateway.storage.revision import MIGRATIONS, connection_of, newest_revision, require_known, revision_of
from gateway.storage.triggers import create_triggers, drop_triggers

# Any number that no other program locks in this database.
_ADVISORY_LOCK = 4_829_113


def migrate(database: Database, revision: str = "head") -> str:
    """Bring the schema to `revision`, in one transaction with its triggers; the revision that it has now.

    Does nothing on a database that is current. Raises `WrongSchema` for one that a newer program has migrated.
    """
    return database.transact(lambda unit: _upgrade(connection_of(unit), revision))


def alembic_config() -> Config:
    """Alembic's configuration, which is this and no file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, revision: str) -> str:
    if connection.dialect.name == "postgresql":
        # On SQLite the writing transaction is alone already.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    found = revision_of(connection)
    if found is not None:
        require_known(found)
    config = alembic_config()
    config.attributes["connection"] = connection
    drop_triggers(connection)
    command.upgrade(config, revision)
    reached = cast(str, revision_of(connection))
    if reached == newest_revision():
        create_triggers(connection)
    return reached
