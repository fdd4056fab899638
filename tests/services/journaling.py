"""Books that are sent to an accounting system in memory, which fails on demand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, cast

from gateway.core.books.account_mapping import AccountMapping
from gateway.core.books.journals import Journal
from gateway.core.delivery import Delivery
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.money import Money
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.ports.storage import Storage, UnitOfWork
from gateway.plugin_api import (
    API_VERSION,
    ExternalJournal,
    JournalCapabilities,
    JournalDocument,
    JournalReversal,
    JournalTarget,
    NeedsAttention,
    Permanent,
    ProviderSettings,
    RatePolicy,
    TargetAccount,
)
from gateway.services.deliver import DeliveryReport, deliver_next_journal
from gateway.services.installation import ConnectedBooks, Installation
from gateway.services.post_journals import post_journals
from tests.services.delivering import Crash, MortalProvider, MortalStorage
from tests.support import FixedClock

JUNE = "2013-06"
JULY_NOON = datetime(2013, 7, 1, 12, tzinfo=UTC)
MAPPING = AccountMapping(defaults={"receivables": "AR", "revenue": "Sales", "tax_liability": "Tax"})


class BooksInMemory(JournalTarget):
    """An accounting system with every promise kept, and without any wire."""

    NAME = "memory"
    API_VERSION = API_VERSION
    Settings = ProviderSettings
    capabilities = JournalCapabilities(
        reversal=JournalReversal.SECOND_JOURNAL,
        lines_max=1000,
        number_field="number",
        number_length_max=21,
        idempotency_window_seconds=0,
        rate=RatePolicy(1000, 1, 1000),
    )

    def __init__(self, capabilities: JournalCapabilities | None = None) -> None:
        if capabilities is not None:
            self.capabilities = capabilities  # type: ignore[misc]
        self.held: dict[str, ExternalJournal] = {}
        self.account_names = {"AR": "Receivables", "Sales": "Sales", "Tax": "Tax"}
        self.keys: list[str] = []

    def check(self) -> None: ...

    def accounts(self) -> Iterator[TargetAccount]:
        yield from (TargetAccount(ref, name) for ref, name in self.account_names.items())

    def put_journal(self, journal: JournalDocument, key: str) -> ExternalJournal:
        self.keys.append(key)
        for line in journal.lines:
            if line.account not in self.account_names:
                raise NeedsAttention(f"There is no account {line.account!r}", "make it, then resume the delivery")
        if self.find_journal(journal.number) is not None:
            raise NeedsAttention(f"{journal.number} is taken", "remove it")
        lines = tuple(replace(line, account=self.account_names[line.account]) for line in journal.lines)
        made = ExternalJournal(
            ref=str(len(self.held) + 1),
            number=journal.number,
            currency=journal.currency,
            accounting_day=journal.accounting_day,
            lines=lines,
        )
        self.held[made.ref] = made
        return made

    def find_journal(self, number: str) -> ExternalJournal | None:
        return next((each for each in self.held.values() if each.number == number), None)

    def fetch_journal(self, ref: str) -> ExternalJournal:
        if ref not in self.held:
            raise Permanent(f"There is no {ref}")
        return self.held[ref]

    def reverse_journal(self, ref: str, reversal: JournalDocument, key: str) -> ExternalJournal:
        if self.capabilities.reversal is JournalReversal.NATIVE:
            self.held[ref] = replace(self.held[ref], is_reversed=True)
            return self.held[ref]
        return self.find_journal(reversal.number) or self.put_journal(reversal, key)

    def journals(self, start: date, end: date) -> Iterator[ExternalJournal]:
        yield from (each for each in self.held.values() if start <= each.accounting_day < end)


@dataclass
class Ledger:
    """A legal entity's books, the accounting system that they are sent to, and the time of both."""

    installation: Installation
    clock: FixedClock
    target: BooksInMemory = field(default_factory=BooksInMemory)

    @classmethod
    def of(cls, installation: Installation, clock: FixedClock, mapping: AccountMapping = MAPPING) -> "Ledger":
        clock.set(JULY_NOON)
        books = ConnectedBooks("ledger", "memory", mapping)
        return cls(replace(installation, journals=(books,)), clock)

    def book(self, key: str = "one", amount: int = 1000, day: int = 10, month: int = 6, currency: str = "USD") -> None:
        """An entry: usage and a fifth of it for tax."""
        transfers = (
            Transfer("receivables:acme", "revenue:calls", Money(amount, currency), f"{key}/0"),
            Transfer("receivables:acme", "tax_liability:vat", Money(amount // 5, currency), f"{key}/0"),
        )
        entry = JournalEntry(key, date(2013, month, day), self.clock.now(), transfers)
        self.installation.storage.transact(lambda unit: unit.books.post(entry))

    def post(self) -> list[Journal]:
        return post_journals(self.installation, "default", JUNE)

    def deliver(self, target: object = None) -> DeliveryReport | None:
        chosen = cast(JournalTarget, target or self.target)
        return deliver_next_journal(self.installation, "ledger", chosen, jitter=lambda: 0)

    def deliver_all(self, target: object = None) -> None:
        """Deliver until nothing is due, with all waiting done."""
        for _ in range(50):
            due = self.read(lambda unit: unit.deliveries.next_due_at("ledger"))
            if due is None:
                return
            self.clock.set(max(due, self.clock.now()))
            self.deliver(target)
        raise AssertionError(f"it never ends: {self.deliveries()}")

    def deliver_mortally(self, point: Callable[[str], None]) -> bool:
        """Deliver in a process that may die; whether it survived."""
        storage = cast(Storage, MortalStorage(self.installation.storage, point))
        target = cast(JournalTarget, MortalProvider(cast(Any, self.target), point))
        try:
            deliver_next_journal(replace(self.installation, storage=storage), "ledger", target, jitter=lambda: 0)
        except Crash:
            return False
        return True

    def read(self, work: Callable[[UnitOfWork], Any]) -> Any:
        return self.installation.storage.read(work)

    def deliveries(self) -> list[Delivery]:
        found: list[Delivery] = self.read(lambda unit: unit.deliveries.page(DeliveryFilter(), None, 100))
        return found

    def totals(self) -> dict[str, int]:
        """Debits less credits in minor units by account there."""
        found: dict[str, int] = {}
        for journal in self.target.held.values():
            for line in () if journal.is_reversed else journal.lines:
                sign = 1 if line.side.value == "debit" else -1
                found[line.account] = found.get(line.account, 0) + sign * line.amount.amount_minor
        return found
