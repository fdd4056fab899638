"""Bringing a database to the schema of this program, and refusing to work on any other."""

from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.core.errors import GatewayError
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from gateway.storage.triggers import create_triggers, drop_triggers
from gateway.storage.unit_of_work import SqlUnitOfWork

_MIGRATIONS = Path(__file__).parent / "migrations"
# Any number that no other program locks in this database.
_ADVISORY_LOCK = 4_829_113


class WrongSchema(GatewayError):
    """A database whose schema is not the one that this program was written for."""

    code = "WRONG_SCHEMA"


def migrate(database: Database, revision: str = "head") -> str:
    """Bring the schema to `revision`, in one transaction with its triggers; the revision that it has now.

    Does nothing on a database that is current. Raises `WrongSchema` for one that a newer program has migrated.
    """
    return database.transact(lambda unit: _upgrade(_connection(unit), revision))


def current_revision(database: Database) -> str | None:
    """The schema revision of the database; None if it is empty."""
    return database.read(lambda unit: _revision(_connection(unit)))


def newest_revision() -> str:
    """The schema revision that this program works with."""
    head = _scripts().get_current_head()
    assert head is not None
    return head


def require_current(database: Database) -> None:
    """Raises `WrongSchema`, naming the way out, unless the schema is the one of this program."""
    found = current_revision(database)
    if found == newest_revision():
        return
    if found is None:
        raise WrongSchema("The database is empty; run `gateway migrate` first")
    _require_known(found)
    raise WrongSchema(f"The database has schema {found}, this program needs {newest_revision()}; run `gateway migrate`")


def alembic_config() -> Config:
    """Alembic's configuration, which is this and no file."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection, revision: str) -> str:
    if connection.dialect.name == "postgresql":
        # On SQLite the writing transaction is alone already.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    found = _revision(connection)
    if found is not None:
        _require_known(found)
    config = alembic_config()
    config.attributes["connection"] = connection
    drop_triggers(connection)
    command.upgrade(config, revision)
    reached = cast(str, _revision(connection))
    if reached == newest_revision():
        create_triggers(connection)
    return reached


def _require_known(revision: str) -> None:
    if revision not in {script.revision for script in _scripts().walk_revisions()}:
        raise WrongSchema(
            f"The database has schema {revision}, which this program does not know; a newer one has migrated it, "
            "so run that version or a newer one"
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _connection(unit: UnitOfWork) -> Connection:
    assert isinstance(unit, SqlUnitOfWork)
    return unit.connection


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())
