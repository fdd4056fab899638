"""Bad input at either accounting system: a person is told what to do, and nothing is half posted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.core.books.account_mapping import AccountMapping, AccountThere, UnmappedAccounts
from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.plugin_api import JournalTarget
from gateway.services.deliver import resume_delivery
from gateway.services.installation import Installation
from gateway.testing import FakeHost, journal_document
from gateway.workers.journal_delivery import JournalDelivery
from tests.services.journaling import JULY_NOON, Ledger
from tests.support import FixedClock
from tests.vendors.books import BOOKS, Books, HeldLine, open_books, write_books


@pytest.fixture(params=BOOKS)
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    """The books of a company, at QuickBooks and in files."""
    with open_books(request.param, int(JULY_NOON.timestamp())) as opened:
        yield opened


@pytest.fixture
def quickbooks() -> Iterator[Books]:
    """Those at QuickBooks, which has what files have not: closed periods, and consent."""
    with open_books("quickbooks", int(JULY_NOON.timestamp())) as opened:
        yield opened


def ledger_of(installation: Installation, clock: FixedClock, books: Books) -> tuple[Ledger, JournalTarget]:
    """Ten dollars of usage and two of tax, all of it on two accounts there, and what takes them there."""
    taxed = {**books.mapping.configured, "tax_liability": AccountThere(there(books)["revenue"])}
    ledger = Ledger.of(installation, clock, replace(books.mapping, configured=taxed))
    ledger.book()
    return ledger, write_books(books.table, FakeHost())


def there(books: Books) -> dict[str, str]:
    """What receivables and revenue are called there."""
    return {kind: account.name for kind in ("receivables", "revenue") if (account := books.mapping.there(kind))}


def expected(books: Books) -> list[HeldLine]:
    names = there(books)
    return [HeldLine(names["receivables"], 1200), HeldLine(names["revenue"], -1200)]


def only(ledger: Ledger) -> Delivery:
    (delivery,) = ledger.deliveries()
    return delivery


def assert_posted_once(ledger: Ledger, target: JournalTarget, books: Books) -> None:
    """After it was mended, the journal is there once and whole."""
    resume_delivery(ledger.installation, only(ledger).id)
    ledger.deliver_all(target)
    (lines,) = books.held().values()
    assert sorted(lines, key=lambda line: -line.amount) == expected(books)


def test_an_account_of_ours_that_goes_nowhere_is_named_with_the_setting_and_nothing_is_posted(
    sqlite_installation: Installation, clock: FixedClock, books: Books
) -> None:
    ledger, _ = ledger_of(sqlite_installation, clock, books)
    bare = AccountMapping({kind: each for kind, each in books.mapping.configured.items() if kind != "revenue"})
    (connected,) = ledger.installation.journals
    ledger.installation = replace(ledger.installation, journals=(replace(connected, mapping=bare),))

    with pytest.raises(UnmappedAccounts) as raised:
        ledger.post()

    assert "revenue" in str(raised.value)
    assert "[journals.ledger.accounts]" in raised.value.remedy
    assert ledger.deliveries() == []
    assert books.held() == {}


def test_an_account_that_is_not_there_parks_the_journal_whole(
    sqlite_installation: Installation, clock: FixedClock, books: Books
) -> None:
    ledger, target = ledger_of(sqlite_installation, clock, books)
    right = ledger.installation
    (connected,) = right.journals
    wrong = {**connected.mapping.configured, "revenue": AccountThere("Slaes: of usage")}
    mapping = replace(connected.mapping, configured=wrong)
    ledger.installation = replace(right, journals=(replace(connected, mapping=mapping),))
    ledger.post()

    ledger.deliver(target)

    assert only(ledger).status is DeliveryStatus.PARKED
    assert "Slaes: of usage" in str(only(ledger).reason)
    assert "account" in str(only(ledger).remedy)
    assert books.held() == {}
    ledger.installation = right
    assert_posted_once(ledger, target, books)


def test_a_number_that_another_journal_has_parks_the_journal_and_leaves_the_other(
    sqlite_installation: Installation, clock: FixedClock, books: Books
) -> None:
    ledger, target = ledger_of(sqlite_installation, clock, books)
    (journal,) = ledger.post()
    names = tuple(there(books).values())
    target.put_journal(journal_document(names, [77], "USD", journal.number), "k" * 32)
    before = books.held()

    ledger.deliver(target)

    assert only(ledger).status is DeliveryStatus.PARKED
    assert journal.number in str(only(ledger).reason)
    assert "resume the delivery" in str(only(ledger).remedy)
    assert books.held() == before


def test_a_period_that_is_closed_there_parks_the_journal_until_it_is_opened(
    sqlite_installation: Installation, clock: FixedClock, quickbooks: Books
) -> None:
    ledger, target = ledger_of(sqlite_installation, clock, quickbooks)
    quickbooks.loopback.fake.closed_until = date(2013, 6, 30).isoformat()
    ledger.post()

    ledger.deliver(target)

    assert only(ledger).status is DeliveryStatus.PARKED
    assert "closed" in str(only(ledger).reason)
    assert "open" in str(only(ledger).remedy)
    assert quickbooks.held() == {}
    quickbooks.loopback.fake.closed_until = ""
    assert_posted_once(ledger, target, quickbooks)


def test_consent_that_was_taken_back_holds_the_connection_and_posts_nothing(
    sqlite_installation: Installation, clock: FixedClock, quickbooks: Books
) -> None:
    ledger, target = ledger_of(sqlite_installation, clock, quickbooks)
    ledger.post()
    fake = quickbooks.loopback.fake
    token = fake.refresh_token
    fake.disconnect()

    JournalDelivery(ledger.installation, "ledger", target).step()

    hold = ledger.read(lambda unit: unit.connections.hold("ledger"))
    assert "authorize the app anew as an administrator" in hold.remedy
    assert only(ledger).status is DeliveryStatus.PENDING
    assert quickbooks.held() == {}
    fake.refresh_token = token
    clock.advance(timedelta(days=1))
    worker = JournalDelivery(ledger.installation, "ledger", write_books(quickbooks.table, FakeHost()))
    for _ in range(3):
        worker.step()
    assert ledger.read(lambda unit: unit.connections.hold("ledger")) is None
    (lines,) = quickbooks.held().values()
    assert sorted(lines, key=lambda line: -line.amount) == expected(quickbooks)
