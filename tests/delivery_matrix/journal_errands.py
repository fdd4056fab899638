"""What is delivered to accounting systems: the journal of a month, and what undoes it."""

from dataclasses import replace
from datetime import date
from typing import ClassVar

from gateway.core.books.journals import Journal
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.services.deliver_journal import KIND
from gateway.services.installation import ConnectedBooks, Installation
from gateway.services.post_journals import post_journals, reverse_journal
from tests.delivery_matrix.case import Case
from tests.vendors.books import Books, HeldLine

MONTH, DAY = "2026-02", date(2026, 2, 10)
BILLED, GIVEN_BACK = 1600, 100


class JournalErrand:
    """A month's journal on its way."""

    name: ClassVar[str] = "journal"

    def prepare(self, case: Case) -> Journal:
        """Put into the outbox what is to be delivered."""
        post = (("receivables:cus_1", "revenue:calls", BILLED), ("revenue:calls", "receivables:cus_1", GIVEN_BACK))
        transfers = tuple(Transfer(debit, credit, Money(amount, "USD"), "one/0") for debit, credit, amount in post)
        entry = JournalEntry("one", DAY, case.world.clock.now(), transfers)

        def book(unit: UnitOfWork) -> None:
            unit.books.post(entry)

        case.world.installation.storage.transact(book)
        (made,) = post_journals(_with_books(case), "default", MONTH)
        return made

    def after_the_end(self, case: Case, made: Journal) -> None:
        """What people do while no worker is alive."""

    def check(self, case: Case, made: Journal) -> None:
        """Raise unless the books have one of each, as it should be, and we know it."""
        case.require_all_delivered()
        held = _books(case).held()
        assert held == {each.number: _lines(each) for each in self.expected(made)}, held
        for each in self.expected(made):
            ref = case.ref(KIND, each.id)
            assert ref is not None, f"we do not know what {each.id} is called there"
            assert case.plugin.fetch_journal(ref).number == each.number

    def expected(self, made: Journal) -> list[Journal]:
        """What the books have at last."""
        return [made]


class ReversalErrand(JournalErrand):
    """A journal that is there is undone by a second one."""

    name = "reversal"

    def prepare(self, case: Case) -> Journal:
        self.undone = super().prepare(case)
        case.deliver()
        return reverse_journal(case.world.installation, self.undone.id)

    def expected(self, made: Journal) -> list[Journal]:
        return [self.undone, made]


JOURNAL_ERRANDS: dict[str, type[JournalErrand]] = {each.name: each for each in (JournalErrand, ReversalErrand)}


def _with_books(case: Case) -> Installation:
    books = _books(case)
    return replace(case.world.installation, journals=(ConnectedBooks("main", books.name, books.mapping),))


def _books(case: Case) -> Books:
    assert isinstance(case.account, Books)
    return case.account


def _lines(journal: Journal) -> list[HeldLine]:
    return [HeldLine(line.there.name, line.amount_minor) for line in journal.lines]
