"""Migrations: what they leave, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import gateway.storage.migrate as migrations
import gateway.storage.revision as revision_module
from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.legal_entity import UNNAMED_ENTITY
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database, SqliteDatabase, open_database
from gateway.storage.draft_revision import draft_revision
from gateway.storage.migrate import migrate
from gateway.storage.revision import MIGRATIONS, WrongSchema, current_revision, newest_revision, require_current
from gateway.storage.rows import metadata
from gateway.storage.triggers import TruncateTrigger, triggers
from gateway.storage.unit_of_work import SqlUnitOfWork
from tests.storage.statements import execute, rows

REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def _dialect(database: Database) -> str:
    return "sqlite" if isinstance(database, SqliteDatabase) else "postgresql"


def _triggers(database: Database) -> set[str]:
    return {name for (name,) in rows(database, TRIGGERS[_dialect(database)])}


def _expected_triggers(database: Database) -> set[str]:
    is_sqlite = _dialect(database) == "sqlite"
    return {trigger.name for trigger in triggers() if not (is_sqlite and isinstance(trigger, TruncateTrigger))}


def test_the_newest_revision_is_the_one_head_of_all_migrations() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [newest_revision()]


def test_migrating_an_empty_database_makes_it_current(empty_database: Database) -> None:
    assert migrate(empty_database) == newest_revision()
    assert current_revision(empty_database) == newest_revision()
    require_current(empty_database)


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = _triggers(database)
    assert migrate(database) == newest_revision()
    assert _triggers(database) == before


def test_models_and_migrations_agree(database: Database) -> None:
    def compare(unit: UnitOfWork) -> list[object]:
        assert isinstance(unit, SqlUnitOfWork)
        context = MigrationContext.configure(unit.connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    assert database.read(compare) == []


def test_sqlite_tables_are_strict_and_clustered_as_the_models_say(sqlite_database: Database) -> None:
    made = {
        name: (bool(strict), not without_rowid)
        for name, strict, without_rowid in rows(sqlite_database, "SELECT name, strict, wr FROM pragma_table_list")
    }
    declared = {
        table.name: (table.dialect_options["sqlite"]["strict"], table.dialect_options["sqlite"]["with_rowid"])
        for table in metadata.tables.values()
    }
    assert {name: made[name] for name in declared} == declared


def test_a_draft_of_the_next_revision_is_empty_while_models_and_migrations_agree(tmp_path: Path) -> None:
    draft_revision("Add nothing", tmp_path)
    (draft,) = tmp_path.glob("*.py")
    assert draft.name == f"{int(newest_revision()) + 1:04}_add_nothing.py"
    assert [line.strip() for line in draft.read_text().splitlines()][-2:] == [
        "pass",
        "# ### end Alembic commands ###",
    ]


def test_all_triggers_exist_after_upgrading_revision_by_revision(empty_database: Database) -> None:
    for revision in reversed(REVISIONS):
        assert migrate(empty_database, revision) == revision
    assert _triggers(empty_database) == _expected_triggers(empty_database)


@pytest.mark.slow
@pytest.mark.parametrize("revision", [None, *REVISIONS])
def test_all_triggers_exist_after_upgrading_from_each_revision(empty_database: Database, revision: str | None) -> None:
    if revision is not None:
        migrate(empty_database, revision)
    migrate(empty_database)
    assert _triggers(empty_database) == _expected_triggers(empty_database)


def test_the_first_rows_exist(database: Database) -> None:
    assert database.read(lambda unit: unit.log.head()) == 0
    assert database.read(lambda unit: unit.live.position()) == 0
    assert database.read(lambda unit: unit.definitions.version()) == 0


def test_a_migration_that_fails_leaves_nothing(empty_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_connection: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(migrations, "create_triggers", fail)
    with pytest.raises(RuntimeError, match="out of luck"):
        migrate(empty_database)
    assert rows(empty_database, TABLES[_dialect(empty_database)]) == []


def test_two_that_migrate_at_once_both_succeed(empty_url: str) -> None:
    together = Barrier(2)

    def open_and_migrate() -> str:
        database = open_database(empty_url, synchronous="OFF")
        together.wait()
        revision = migrate(database)
        database.close()
        return revision

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(open_and_migrate) for _ in range(2)]
    assert [future.result() for future in done] == [newest_revision()] * 2


def test_an_empty_database_is_refused_with_the_way_out(empty_database: Database) -> None:
    with pytest.raises(WrongSchema, match="run `gateway migrate`"):
        require_current(empty_database)


def test_a_schema_of_a_newer_program_is_refused(database: Database) -> None:
    execute(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(WrongSchema, match="schema 9999, which this program does not know"):
        require_current(database)
    with pytest.raises(WrongSchema, match="schema 9999, which this program does not know"):
        migrate(database)


def test_a_schema_of_an_older_program_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = newest_revision()
    monkeypatch.setattr(revision_module, "newest_revision", lambda: "0099")
    with pytest.raises(WrongSchema, match=f"has schema {stored}, this program needs 0099; run `gateway migrate`"):
        require_current(database)


def test_what_was_numbered_before_there_were_legal_entities_goes_on(empty_database: Database) -> None:
    migrate(empty_database, "0008")
    execute(empty_database, "INSERT INTO number_series (name, last_number) VALUES ('EU', 7)")
    migrate(empty_database)
    assert empty_database.read(lambda unit: unit.legal_entities.newest()) == {"default": UNNAMED_ENTITY}
    assert empty_database.transact(lambda unit: unit.invoices.take_number("EU", "default")) == 8


def test_what_was_posted_before_there_were_running_balances_is_in_them(empty_database: Database) -> None:
    migrate(empty_database, "0028")
    largest = 2**63 - 1
    for number in (1, 2, 3):
        entry_values = f"'e{number}', '2026-0{min(number, 2)}-15', 0, 'default'"
        columns = "key, accounting_day, posted_at, legal_entity"
        execute(empty_database, f"INSERT INTO journal_entry ({columns}) VALUES ({entry_values})")
        execute(empty_database, f"INSERT INTO transfer VALUES ('e{number}', 0, 'a:1', 'b', {largest}, 'EUR', 's')")
    migrate(empty_database)
    assert empty_database.read(lambda unit: unit.books.balances_by_month("default", "2026-12")) == [
        MonthBalance("2026-01", "a:1", "EUR", largest, 0),
        MonthBalance("2026-01", "b", "EUR", 0, largest),
        MonthBalance("2026-02", "a:1", "EUR", 2 * largest, 0),
        MonthBalance("2026-02", "b", "EUR", 0, 2 * largest),
    ]
    assert empty_database.read(lambda unit: unit.books.month_kinds("default", "2026-01")) == [
        MonthBalance("2026-01", "a", "EUR", largest, 0),
        MonthBalance("2026-01", "b", "EUR", 0, largest),
    ]
    assert rows(empty_database, "SELECT DISTINCT effective_day = accounting_day FROM journal_entry") == [(True,)]
