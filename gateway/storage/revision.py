"""Which schema a database has, and refusing to work on any but that of this program; nothing here changes one."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

from gateway.core.errors import GatewayError
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from gateway.storage.unit_of_work import SqlUnitOfWork

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = MIGRATIONS / "versions"
_KEPT_IN = "alembic_version"


class WrongSchema(GatewayError):
    """A database whose schema is not the one that this program was written for."""

    code = "WRONG_SCHEMA"


def current_revision(database: Database) -> str | None:
    """The schema revision of the database; None if it is empty."""
    return database.read(lambda unit: revision_of(connection_of(unit)))


def newest_revision() -> str:
    """The schema revision that this program works with."""
    return max(_revisions())


def require_current(database: Database) -> None:
    """Raises `WrongSchema`, naming the way out, unless the schema is the one of this program."""
    found = current_revision(database)
    if found == newest_revision():
        return
    if found is None:
        raise WrongSchema("The database is empty; run `gateway migrate` first")
    require_known(found)
    raise WrongSchema(f"The database has schema {found}, this program needs {newest_revision()}; run `gateway migrate`")


def require_known(revision: str) -> None:
    """Raises `WrongSchema` for a revision of a newer program."""
    if revision not in _revisions():
        raise WrongSchema(
            f"The database has schema {revision}, which this program does not know; a newer one has migrated it, "
            "so run that version or a newer one"
        )


def revision_of(connection: Connection) -> str | None:
    """The schema revision that a connection sees; None if there is none."""
    if not inspect(connection).has_table(_KEPT_IN):
        return None
    found: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {_KEPT_IN}").scalar()  # noqa: S608
    return found


def connection_of(unit: UnitOfWork) -> Connection:
    """What a unit of work speaks to."""
    assert isinstance(unit, SqlUnitOfWork)
    return unit.connection


@cache
def _revisions() -> frozenset[str]:
    # By the names of the files: every command looks at its database's schema, and running the migrations takes longer.
    return frozenset(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*.py"))
