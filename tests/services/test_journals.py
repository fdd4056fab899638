"""Whatever goes wrong, the accounting system has each month's movement exactly once."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gateway.core.books.account_mapping import AccountMapping, UnmappedAccounts
from gateway.core.books.closing import NotReadyToClose
from gateway.core.delivery import DeliveryStatus, Step
from gateway.core.errors import IllegalTransition, InvalidValue, NotFound
from gateway.core.ledger import JournalEntry, Transfer
from gateway.plugin_api import (
    Ambiguous,
    CredentialsRefused,
    JournalReversal,
    NeedsAttention,
    Permanent,
    Retryable,
)
from gateway.services.close_books import PeriodRequest, close_period, reopen_period
from gateway.services.deliver import resume_delivery
from gateway.services.installation import Installation
from gateway.services.post_journals import NoBooks, reverse_journal, unposted
from gateway.workers.journal_delivery import JournalDelivery
from tests.services.delivering import CrashPoints
from tests.services.journaling import JULY_NOON, JUNE, BooksInMemory, Ledger
from tests.support import FixedClock

JUNE_TOTALS = {"Receivables": 1200, "Sales": -1000, "Tax": -200}


@pytest.fixture
def ledger(installation: Installation, clock: FixedClock) -> Ledger:
    """On SQLite, and on PostgreSQL."""
    return Ledger.of(installation, clock)


@pytest.fixture
def sqlite_ledger(sqlite_installation: Installation, clock: FixedClock) -> Ledger:
    return Ledger.of(sqlite_installation, clock)


class Failing(BooksInMemory):
    """Fails before or after what is asked for, as often as told."""

    def __init__(self, method: str, error: Exception, is_carried_out: bool = False, times: int = 1) -> None:
        super().__init__()
        self.method, self.error, self.is_carried_out, self.times = method, error, is_carried_out, times

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name.startswith("_") or name in ("method", "times") or name != self.method or self.times == 0:
            return value

        def fail(*arguments: Any) -> Any:
            if self.is_carried_out:
                value(*arguments)
            self.times -= 1
            raise self.error

        return fail


def test_a_month_is_posted_once_and_delivered_once(ledger: Ledger) -> None:
    ledger.book()
    (journal,) = ledger.post()
    assert ledger.post() == []
    ledger.deliver_all()
    assert ledger.totals() == JUNE_TOTALS
    (held,) = ledger.target.held.values()
    assert (held.number, held.accounting_day) == (journal.number, date(2013, 6, 30))
    (delivery,) = ledger.deliveries()
    assert delivery.status is DeliveryStatus.DELIVERED
    steps = ledger.read(lambda unit: unit.deliveries.steps(delivery.id))
    assert {step: record.ref for step, record in steps.items()} == {Step.PUT: "1", Step.CONFIRM: "1"}


def test_a_correction_is_sent_as_one_more_journal(ledger: Ledger) -> None:
    ledger.book()
    ledger.post()
    ledger.deliver_all()
    ledger.book("two", 500)
    (second,) = ledger.post()
    assert second.revision == 2
    ledger.deliver_all()
    assert ledger.totals() == {"Receivables": 1800, "Sales": -1500, "Tax": -300}


def test_each_currency_has_a_journal_of_its_own(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.book()
    sqlite_ledger.book("yen", 50, currency="JPY")
    assert [journal.currency for journal in sqlite_ledger.post()] == ["JPY", "USD"]


def test_a_month_that_cancels_out_sends_nothing(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.book()

    def back(unit: Any) -> None:
        booked = unit.books.transfers("one/")
        reverse = tuple(Transfer(each.credit_account, each.debit_account, each.amount, each.source) for each in booked)
        unit.books.post(JournalEntry("back", date(2013, 6, 20), JULY_NOON, reverse))

    sqlite_ledger.installation.storage.transact(back)
    (journal,) = sqlite_ledger.post()
    assert journal.lines == ()
    assert sqlite_ledger.deliveries() == []
    assert sqlite_ledger.post() == []


def test_a_month_that_has_not_ended_is_not_posted(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.clock.set(datetime(2013, 6, 30, 23, tzinfo=JULY_NOON.tzinfo))
    with pytest.raises(InvalidValue, match="2013-06 has not ended in the books of 'default'"):
        sqlite_ledger.post()


def test_books_that_nobody_gets_cannot_be_posted(sqlite_ledger: Ledger) -> None:
    (books,) = sqlite_ledger.installation.journals
    others = replace(books, legal_entities=("other",))
    sqlite_ledger.installation = replace(sqlite_ledger.installation, journals=(others,))
    with pytest.raises(NoBooks, match=r"'default'; add \[journals\.NAME\]"):
        sqlite_ledger.post()


def test_an_account_that_goes_nowhere_stops_everything_before_it_is_sent(
    sqlite_installation: Installation, clock: FixedClock
) -> None:
    ledger = Ledger.of(sqlite_installation, clock, AccountMapping(defaults={"receivables": "AR"}))
    ledger.book()
    with pytest.raises(UnmappedAccounts, match=r'revenue, tax_liability go at .*tax_liability = "\.\.\."'):
        ledger.post()
    assert ledger.deliveries() == []
    waiting = ledger.read(lambda unit: unposted(unit, ledger.installation, "default", JUNE))
    assert [(each.connection, each.currency) for each in waiting] == [("ledger", "USD")]


@pytest.mark.parametrize("method", ["find_journal", "put_journal", "fetch_journal"])
@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.parametrize("error", [Ambiguous("nobody knows"), Retryable("not now"), RuntimeError("a bug")])
def test_a_call_that_fails_once_leaves_one_journal(
    sqlite_ledger: Ledger, method: str, is_carried_out: bool, error: Exception
) -> None:
    sqlite_ledger.target = Failing(method, error, is_carried_out)
    sqlite_ledger.book()
    sqlite_ledger.post()
    sqlite_ledger.deliver_all()
    assert sqlite_ledger.totals() == JUNE_TOTALS
    assert len(sqlite_ledger.target.held) == 1


def test_a_process_that_dies_anywhere_leaves_one_journal(sqlite_installation: Installation, clock: FixedClock) -> None:
    ledger = Ledger.of(sqlite_installation, clock)
    points = CrashPoints()
    ledger.book()
    ledger.post()
    assert ledger.deliver_mortally(points)
    assert len(points.passed) > 12
    for place in range(1, len(points.passed) + 1):
        ledger.book(f"again {place}", 1000)
        ledger.post()
        assert not ledger.deliver_mortally(CrashPoints(place))
        ledger.clock.set(ledger.clock.now() + timedelta(minutes=2))
        ledger.deliver_all()
        expected = {account: total * (place + 1) for account, total in JUNE_TOTALS.items()}
        assert ledger.totals() == expected, points.passed[place - 1]


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (NeedsAttention("The period is closed", "open it there"), "open it there"),
        (Permanent("no"), "correct what the provider refuses"),
    ],
)
def test_what_a_person_has_to_mend_parks_the_journal_with_the_remedy(
    sqlite_ledger: Ledger, error: Exception, remedy: str
) -> None:
    sqlite_ledger.target = Failing("put_journal", error)
    sqlite_ledger.book()
    sqlite_ledger.post()
    sqlite_ledger.deliver()
    (parked,) = sqlite_ledger.deliveries()
    assert parked.status is DeliveryStatus.PARKED
    assert remedy in (parked.remedy or "")
    resume_delivery(sqlite_ledger.installation, parked.id)
    sqlite_ledger.deliver_all()
    assert sqlite_ledger.totals() == JUNE_TOTALS


def test_credentials_that_are_refused_hold_the_connection_and_park_nothing(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.target = Failing("find_journal", CredentialsRefused("expired", "authorize it anew"))
    sqlite_ledger.book()
    sqlite_ledger.post()
    worker = JournalDelivery(sqlite_ledger.installation, "ledger", sqlite_ledger.target)
    worker.step()
    assert sqlite_ledger.read(lambda unit: unit.connections.hold("ledger")).remedy == "authorize it anew"
    assert sqlite_ledger.deliver() is None
    sqlite_ledger.clock.set(JULY_NOON + timedelta(days=1))
    worker.step()
    assert sqlite_ledger.read(lambda unit: unit.connections.hold("ledger")) is None
    assert sqlite_ledger.totals() == JUNE_TOTALS


def test_a_mapping_that_was_corrected_counts_when_the_delivery_goes_on(sqlite_ledger: Ledger) -> None:
    (books,) = sqlite_ledger.installation.journals
    right = sqlite_ledger.installation
    wrong = replace(books, mapping=AccountMapping(defaults={**books.mapping.defaults, "revenue": "Slaes"}))
    sqlite_ledger.installation = replace(right, journals=(wrong,))
    sqlite_ledger.book()
    sqlite_ledger.post()
    sqlite_ledger.deliver()
    (parked,) = sqlite_ledger.deliveries()
    assert parked.reason == "There is no account 'Slaes'"
    sqlite_ledger.installation = right
    resume_delivery(right, parked.id)
    sqlite_ledger.deliver_all()
    assert sqlite_ledger.totals() == JUNE_TOTALS
    (journal,) = sqlite_ledger.read(lambda unit: unit.journals.by_ids([parked.document_id])).values()
    assert sorted(line.there.name for line in journal.lines) == ["AR", "Sales", "Tax"]


def test_what_is_there_under_the_number_and_is_another_journal_is_not_believed(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.book()
    sqlite_ledger.post()
    sqlite_ledger.deliver_all()
    (held,) = sqlite_ledger.target.held.values()
    sqlite_ledger.book("two", 500)
    (second,) = sqlite_ledger.post()
    sqlite_ledger.target.held["9"] = replace(held, ref="9", number=second.number)
    sqlite_ledger.deliver()
    parked = next(each for each in sqlite_ledger.deliveries() if each.status is DeliveryStatus.PARKED)
    assert "is there, and not as it was sent: it lacks a debit of 6.00 USD on Receivables" in str(parked.reason)


@pytest.mark.parametrize("reversal", JournalReversal)
def test_a_journal_is_reversed_once_and_its_month_can_be_posted_again(
    ledger: Ledger, reversal: JournalReversal
) -> None:
    ledger.target = BooksInMemory(replace(BooksInMemory.capabilities, reversal=reversal))
    ledger.book()
    (journal,) = ledger.post()
    ledger.deliver_all()
    undoing = reverse_journal(ledger.installation, journal.id)
    assert reverse_journal(ledger.installation, journal.id) == undoing
    ledger.deliver_all()
    assert not any(ledger.totals().values())
    (again,) = ledger.post()
    assert again.revision == 2
    ledger.deliver_all()
    assert ledger.totals() == JUNE_TOTALS


def test_only_what_is_there_can_be_reversed(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.book()
    (journal,) = sqlite_ledger.post()
    with pytest.raises(IllegalTransition, match="is not at 'ledger'; resume its delivery"):
        reverse_journal(sqlite_ledger.installation, journal.id)
    with pytest.raises(NotFound, match="'jrn_0' does not exist"):
        reverse_journal(sqlite_ledger.installation, "jrn_0")
    sqlite_ledger.deliver_all()
    undoing = reverse_journal(sqlite_ledger.installation, journal.id, date(2013, 7, 1))
    assert undoing.accounting_day == date(2013, 7, 1)
    with pytest.raises(IllegalTransition, match="post the month again"):
        reverse_journal(sqlite_ledger.installation, undoing.id)


def test_closing_a_month_posts_it_once(ledger: Ledger) -> None:
    ledger.book()
    request = PeriodRequest("default", JUNE, "tester", "close")
    close_period(ledger.installation, request)
    close_period(ledger.installation, request)
    assert ledger.post() == []
    ledger.deliver_all()
    assert ledger.totals() == JUNE_TOTALS
    reopen_period(ledger.installation, replace(request, idempotency_key="open"), "a late correction")
    ledger.book("late", 500)
    close_period(ledger.installation, replace(request, idempotency_key="close again"))
    ledger.deliver_all()
    assert ledger.totals() == {"Receivables": 1800, "Sales": -1500, "Tax": -300}


def test_a_month_with_a_journal_that_is_parked_is_not_closed(ledger: Ledger) -> None:
    ledger.target = Failing("put_journal", NeedsAttention("The period is closed", "open it there"))
    ledger.book()
    ledger.post()
    ledger.deliver()
    with pytest.raises(NotReadyToClose) as refused:
        close_period(ledger.installation, PeriodRequest("default", JUNE, "tester", "close"))
    assert [item.what for item in refused.value.items] == ["1 journal to an accounting system is parked"]


def test_a_month_whose_accounts_go_nowhere_is_not_closed(sqlite_ledger: Ledger) -> None:
    (books,) = sqlite_ledger.installation.journals
    bare = replace(sqlite_ledger.installation, journals=(replace(books, mapping=AccountMapping()),))
    sqlite_ledger.book()
    with pytest.raises(UnmappedAccounts):
        close_period(bare, PeriodRequest("default", JUNE, "tester", "close"))
    assert sqlite_ledger.read(lambda unit: unit.accounting_periods.closed_months("default")) == set()
