"""The books with many transfers: the trial balance from running balances, and their verification by every transfer."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from benchmarks.server import BenchmarkFailed
from benchmarks.store import books_in

T = TypeVar("T")

customers = 10_000
transfers_per_entry = 5
_entries_per_transaction = 10_000
_runs = 5
_amount_max = 1_000_000
_DAYS = [f"{year}-{month:02}-{day:02}" for year in (2024, 2025) for month in range(1, 13) for day in range(1, 29)]
_LAST_MONTH = "2025-12"

_NUMBERS = "WITH RECURSIVE entry(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM entry WHERE n < :last)"
# Keys in no order, as those of invoices are; a number each, so that none repeats.
_ID = "printf('inv_%08x%08x', (n * 2654435761 + :seed) % 4294967296, n * 40503 % 65536 + n)"
_ENTRIES = f"""
    {_NUMBERS}
    INSERT INTO journal_entry (key, accounting_day, effective_day, posted_at)
    SELECT 'invoice-finalized:' || {_ID}, day, day, 0 FROM entry JOIN day ON number = n * :days / :entries
    """  # noqa: S608 - texts of our own
_TRANSFERS = f"""
    {_NUMBERS}, of_entry(id, customer, n) AS MATERIALIZED (
        SELECT {_ID}, 'customer-' || ((n * 48271 + :seed) % :customers), n FROM entry
    ), side(ordinal, debit, credit, credit_of) AS (
        VALUES (0, 'receivables:', 'deferred_revenue:base', 0), (1, 'receivables:', 'unbilled_receivables:', 1),
        (2, 'unbilled_receivables:', 'revenue:calls', 0), (3, 'unbilled_receivables:', 'revenue:traffic', 0),
        (4, 'receivables:', 'tax_liability:vat', 0)
    )
    INSERT INTO transfer (entry_key, ordinal, debit_account, credit_account, amount_minor, currency, source)
    SELECT 'invoice-finalized:' || id, ordinal, debit || customer, credit || iif(credit_of, customer, ''),
        (n * 7919 + ordinal * 104729 + :seed) % :most + 1, 'USD', id || '/' || ordinal
    FROM of_entry CROSS JOIN side
    """  # noqa: S608 - texts of our own
_BALANCES = """
    INSERT INTO account_balance
    SELECT 'default', substr(accounting_day, 1, 7), account, currency, sum(debit) >> 32, sum(debit) & 4294967295,
        sum(credit) >> 32, sum(credit) & 4294967295
    FROM (
        SELECT entry_key, debit_account AS account, currency, amount_minor AS debit, 0 AS credit FROM transfer
        UNION ALL SELECT entry_key, credit_account, currency, 0, amount_minor FROM transfer
    ) JOIN journal_entry ON key = entry_key
    GROUP BY 2, 3, 4
    """
_KINDS = """
    INSERT INTO kind_balance
    SELECT legal_entity, month, substr(account, 1, instr(account || ':', ':') - 1), currency, sum(debit_high),
        sum(debit_low), sum(credit_high), sum(credit_low)
    FROM account_balance GROUP BY 1, 2, 3, 4
    """


@dataclass(frozen=True, slots=True)
class BooksRun:
    """The median time of a trial balance, the time of one verification, and the processor time of that."""

    balances: int
    trial_balance_seconds: float
    verify_seconds: float
    verify_cpu_seconds: float


def run_books(path: Path, seed: int, transfers: int) -> BooksRun:
    """Fill books over two years and measure them. Raises `BenchmarkFailed` if they do not balance or do not verify."""
    with books_in(path) as books:
        balances = _fill(path, seed, transfers // transfers_per_entry)
        shown = [_timed(lambda: books.trial_balance(_LAST_MONTH)) for _ in range(_runs)]
        if not all(is_balanced for is_balanced, _ in shown):
            raise BenchmarkFailed("The trial balance does not balance")
        cpu_before = time.process_time()
        verified, verify_seconds = _timed(books.verify)
        verify_cpu_seconds = time.process_time() - cpu_before
    if verified != (transfers, 0):
        raise BenchmarkFailed(f"Of {transfers} transfers and no difference the verification found {verified}")
    return BooksRun(balances, median(seconds for _, seconds in shown), verify_seconds, verify_cpu_seconds)


def _fill(path: Path, seed: int, entries: int) -> int:
    """Store entries as finalizing invoices posts them, in order of day; how many balances that makes.

    All of it in SQL, and indexes last: row by row through Python it would take longer than what is measured.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        indexes = _drop_indexes(connection)
        given = {"seed": seed, "entries": entries, "days": len(_DAYS), "customers": customers, "most": _amount_max}
        connection.execute("CREATE TEMP TABLE day (number INTEGER PRIMARY KEY, day TEXT)")
        connection.executemany("INSERT INTO day VALUES (?, ?)", enumerate(_DAYS))
        for first in range(0, entries, _entries_per_transaction):
            some = given | {"first": first, "last": min(first + _entries_per_transaction, entries) - 1}
            connection.execute("BEGIN IMMEDIATE")
            for statement in (_ENTRIES, _TRANSFERS):
                connection.execute(statement, some)
            connection.execute("COMMIT")
        for statement in (*indexes, _BALANCES, _KINDS):
            connection.execute(statement)
        (balances,) = connection.execute("SELECT count(*) FROM account_balance").fetchone()
    return int(balances)


def _drop_indexes(connection: sqlite3.Connection) -> list[str]:
    """What creates the indexes of transfers again."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'transfer' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in found:
        connection.execute(f'DROP INDEX "{name}"')
    return [statement for _, statement in found]


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    done = work()
    return done, time.perf_counter() - started
