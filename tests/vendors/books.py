"""The books of a company in each accounting system: what runs them, the plugin that writes them, and what they hold."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from gateway_plaintext import PlainTextSettings, PlainTextTarget
from gateway_quickbooks import QuickBooksSettings, QuickBooksTarget

from gateway.core.books.account_mapping import AccountMapping, AccountThere
from gateway.plugin_api import ConnectionHost, JournalTarget
from gateway.testing import FakeHost
from plugins.quickbooks.tests.connecting import INCOME, RECEIVABLES, told
from plugins.quickbooks.tests.fake_quickbooks import FakeQuickBooks, company, serving

ALWAYS = (date(2000, 1, 1), date(2100, 1, 1))


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A line as the books have it: minor units, a debit above zero."""

    account: str
    amount: int


class Books(ABC):
    """One company's books, open."""

    name: ClassVar[str]
    mapping: ClassVar[AccountMapping]

    def __init__(self, loopback: Any, table: dict[str, Any]) -> None:
        self.loopback = loopback
        self.table = table

    @abstractmethod
    def held(self) -> dict[str, list[HeldLine]]:
        """All journals by number, each there once, whatever the plugin makes of them."""


class QuickBooks(Books):
    """At QuickBooks, over the wire."""

    name = "quickbooks"
    mapping = AccountMapping({"receivables": AccountThere(RECEIVABLES), "revenue": AccountThere(INCOME)})

    def held(self) -> dict[str, list[HeldLine]]:
        entries = list(self.loopback.fake.entries.values())
        found = {entry["DocNumber"]: [_held(line) for line in entry["Line"]] for entry in entries}
        assert len(found) == len(entries), f"QuickBooks has journals twice: {[each['DocNumber'] for each in entries]}"
        return found


class PlainText(Books):
    """In files of this machine."""

    name = "plaintext"
    mapping = AccountMapping(defaults=PlainTextTarget.capabilities.default_accounts)

    def held(self) -> dict[str, list[HeldLine]]:
        read = PlainTextTarget("main", PlainTextSettings(directory=Path(self.table["directory"])), FakeHost())
        journals = list(read.journals(*ALWAYS))
        found = {
            each.number: [HeldLine(line.account, line.amount.amount_minor * _sign(line.side)) for line in each.lines]
            for each in journals
        }
        assert len(found) == len(journals), f"the files have journals twice: {[each.number for each in journals]}"
        return found


@dataclass
class NoNetwork:
    """What stands for a server where there is none."""

    fake: FakeQuickBooks = field(default_factory=company)
    requests: list[Any] = field(default_factory=list)
    faults: dict[int, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def come_back(self) -> None:
        """Nothing was away."""


BOOKS: dict[str, type[Books]] = {each.name: each for each in (QuickBooks, PlainText)}
OVER_WIRE = {QuickBooks.name}


@contextmanager
def open_books(system: str, now: int) -> Iterator[Books]:
    """Empty books in the time `now`."""
    if system == QuickBooks.name:
        with serving(company(now=now)) as loopback:
            yield QuickBooks(loopback, {"target": system, **told(loopback)})
    else:
        with TemporaryDirectory() as folder:
            yield PlainText(NoNetwork(), {"target": system, "directory": str(Path(folder, "books"))})


def write_books(table: dict[str, Any], host: ConnectionHost, timeout_seconds: float | None = None) -> JournalTarget:
    """The plugin that a table of settings names."""
    given = {name: value for name, value in table.items() if name != "target"}
    if table["target"] == PlainText.name:
        return PlainTextTarget("main", PlainTextSettings.model_validate(given), host)
    settings = QuickBooksSettings.model_validate(given)
    if timeout_seconds is not None:
        settings = settings.model_copy(update={"timeout_seconds": timeout_seconds})
    return QuickBooksTarget("main", settings, host)


def _held(line: dict[str, Any]) -> HeldLine:
    detail = line["JournalEntryLineDetail"]
    sign = 1 if detail["PostingType"] == "Debit" else -1
    return HeldLine(detail["AccountRef"]["name"], sign * round(line["Amount"] * 100))


def _sign(side: str) -> int:
    return 1 if side == "debit" else -1
