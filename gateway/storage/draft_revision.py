"""Drafts the next migration from what the rows say: `python -m gateway.storage.draft_revision "Add wallets"`.

The draft is a beginning: read it and take out what is noise.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config

from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import open_database
from gateway.storage.migrate import alembic_config, migrate
from gateway.storage.revision import VERSIONS, newest_revision
from gateway.storage.unit_of_work import SqlUnitOfWork


def draft_revision(message: str, folder: Path = VERSIONS) -> None:
    """Write the next revision into `folder`."""
    config = alembic_config()
    config.set_main_option("version_locations", os.pathsep.join({str(VERSIONS): None, str(folder): None}))
    number = f"{int(newest_revision()) + 1:04}"
    with TemporaryDirectory() as scratch:
        database = open_database(f"sqlite:///{scratch}/scratch.db")
        migrate(database)
        database.transact(lambda unit: _draft(unit, config, message, number, str(folder)))
        database.close()


def _draft(unit: UnitOfWork, config: Config, message: str, number: str, folder: str) -> None:
    assert isinstance(unit, SqlUnitOfWork)
    config.attributes["connection"] = unit.connection
    command.revision(config, message, autogenerate=True, rev_id=number, version_path=folder)


if __name__ == "__main__":
    draft_revision(sys.argv[1])
