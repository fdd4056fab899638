"""The books with many transfers: the trial balance from running balances, and their verification by every transfer."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
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


@dataclass(frozen=True, slots=True)
class BooksRun:
    """The median time of a trial balance, and the time of one verification."""

    balances: int
    trial_balance_seconds: float
    verify_seconds: float


def run_books(path: Path, seed: int, transfers: int) -> BooksRun:
    """Fill books over two years and measure them. Raises `BenchmarkFailed` if they do not balance or do not verify."""
    with books_in(path) as books:
        balances = _fill(path, seed, transfers // transfers_per_entry)
        shown = [_timed(lambda: books.trial_balance(_LAST_MONTH)) for _ in range(_runs)]
        if not all(is_balanced for is_balanced, _ in shown):
            raise BenchmarkFailed("The trial balance does not balance")
        verified, verify_seconds = _timed(books.verify)
    if verified != (transfers, 0):
        raise BenchmarkFailed(f"Of {transfers} transfers and no difference the verification found {verified}")
    return BooksRun(balances, median(seconds for _, seconds in shown), verify_seconds)


def _fill(path: Path, seed: int, entries: int) -> int:
    """Store entries as finalizing invoices posts them, in order of day; how many balances that makes."""
    drawn = random.Random(seed)  # noqa: S311
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for first in range(0, entries, _entries_per_transaction):
            numbers = range(first, min(first + _entries_per_transaction, entries))
            connection.execute("BEGIN IMMEDIATE")
            days = [_DAYS[number * len(_DAYS) // entries] for number in numbers]
            keys = [f"invoice-finalized:inv_{drawn.getrandbits(128):032x}" for _ in numbers]
            connection.executemany(
                "INSERT INTO journal_entry (key, accounting_day, effective_day, posted_at) VALUES (?, ?, ?, 0)",
                [(key, day, day) for key, day in zip(keys, days, strict=True)],
            )
            rows = (row for key in keys for row in _transfers(drawn, key))
            connection.executemany("INSERT INTO transfer VALUES (?, ?, ?, ?, ?, 'USD', ?)", rows)
            connection.execute("COMMIT")
        connection.execute(_BALANCES)
        (balances,) = connection.execute("SELECT count(*) FROM account_balance").fetchone()
    return int(balances)


def _transfers(drawn: random.Random, key: str) -> Iterator[tuple[object, ...]]:
    customer = f"customer-{drawn.randrange(customers)}"
    owed, unbilled, source = f"receivables:{customer}", f"unbilled_receivables:{customer}", key.partition(":")[2]
    accounts = (
        (owed, "deferred_revenue:base"),
        (owed, unbilled),
        (unbilled, "revenue:calls"),
        (unbilled, "revenue:traffic"),
        (owed, "tax_liability:vat"),
    )
    for ordinal, (debit, credit) in enumerate(accounts):
        yield key, ordinal, debit, credit, drawn.randrange(1, _amount_max), f"{source}/{ordinal}"


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    done = work()
    return done, time.perf_counter() - started
