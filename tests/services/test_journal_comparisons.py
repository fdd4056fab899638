"""What accounting systems hold is compared with what they were sent: by request, and once a day by itself."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.core.books.journal_comparison import JournalComparison, JournalDifferenceKind
from gateway.core.money import Money
from gateway.plugin_api import JournalReversal, Retryable
from gateway.services.compare_journals import (
    after_failure,
    compare_journals,
    compare_next,
    every,
    request_comparison,
    schedule_comparisons,
)
from gateway.services.installation import Installation
from gateway.services.post_journals import reverse_journal
from gateway.services.settle_delivery import settle_by_hand
from gateway.workers.journal_delivery import JournalDelivery
from tests.services.journaling import JUNE, BooksInMemory, Ledger
from tests.support import FixedClock

JULY = "2013-07"


@pytest.fixture
def ledger(sqlite_installation: Installation, clock: FixedClock) -> Ledger:
    """June, posted and delivered as journal 1, on SQLite."""
    made = Ledger.of(sqlite_installation, clock)
    made.book()
    made.post()
    made.deliver_all()
    return made


@pytest.fixture
def either_ledger(installation: Installation, clock: FixedClock) -> Ledger:
    """The same, on both databases."""
    made = Ledger.of(installation, clock)
    made.book()
    made.post()
    made.deliver_all()
    return made


def found(ledger: Ledger, month: str = JUNE) -> list[tuple[str, str]]:
    result = compare_journals(ledger.installation, "ledger", ledger.target, "default", month)
    return [(each.kind.value, each.told) for each in result.differences]


def edit(ledger: Ledger, **changes: object) -> None:
    ledger.target.held["1"] = replace(ledger.target.held["1"], **changes)  # type: ignore[arg-type]


def number_of(ledger: Ledger) -> str:
    return ledger.target.held["1"].number


def test_what_is_there_as_it_was_sent_does_not_differ(ledger: Ledger) -> None:
    assert found(ledger) == []


def test_a_journal_that_somebody_deleted_there_is_named(ledger: Ledger) -> None:
    del ledger.target.held["1"]
    assert found(ledger) == [("deleted", "it was there as 1, and somebody deleted it")]


def test_a_journal_that_was_only_said_to_be_there_is_missing(sqlite_installation: Installation) -> None:
    clock = FixedClock()
    ledger = Ledger.of(sqlite_installation, clock)
    ledger.book()
    ledger.post()
    ledger.target.account_names = {}
    ledger.deliver()
    (parked,) = ledger.deliveries()
    ledger.installation.storage.transact(
        lambda unit: settle_by_hand(unit, ledger.installation, parked.id, "ada", "Entered by hand")
    )
    assert found(ledger) == [("missing", "somebody said that it is there, and it is not")]


def test_amounts_that_somebody_changed_there_are_named(ledger: Ledger) -> None:
    debit, credit, tax = ledger.target.held["1"].lines
    edit(ledger, lines=(replace(debit, amount=Money(1100, "USD")), replace(credit, amount=Money(900, "USD")), tax))
    told = (
        "it lacks a debit of 12.00 USD on Receivables, a credit of 10.00 USD on Sales; it has a debit of 11.00 USD on"
        " Receivables, a credit of 9.00 USD on Sales instead"
    )
    assert found(ledger) == [("amount", told)]


def test_another_day_is_named_wherever_it_is(ledger: Ledger) -> None:
    edit(ledger, accounting_day=date(2013, 7, 2))
    assert found(ledger) == [("different", "its day is 2013-07-02, not 2013-06-30")]


def test_another_number_is_named_and_not_taken_for_a_deletion(ledger: Ledger) -> None:
    number = number_of(ledger)
    edit(ledger, number="AJE-17")
    assert found(ledger) == [("different", f"its number is AJE-17, not {number}")]


def test_what_somebody_undid_there_is_named(ledger: Ledger) -> None:
    edit(ledger, is_reversed=True)
    assert found(ledger) == [("different", "somebody undid it there")]


def test_what_we_never_sent_under_a_number_like_ours_is_named(ledger: Ledger) -> None:
    original = ledger.target.held["1"]
    ledger.target.held["7"] = replace(original, ref="7", number=original.number.replace("-1-", "-5-"))
    ledger.target.held["8"] = replace(original, ref="8", number="AJE-1")
    assert found(ledger) == [("unknown", "7 has a number like ours, and was not sent by this gateway")]


def test_a_second_journal_with_our_number_is_named(ledger: Ledger) -> None:
    ledger.target.held["7"] = replace(ledger.target.held["1"], ref="7")
    assert found(ledger) == [("unknown", "7 has a number like ours, and was not sent by this gateway")]


def test_a_reversal_in_another_month_is_no_stranger_there(ledger: Ledger) -> None:
    (journal,) = ledger.read(lambda unit: list(unit.journals.by_ids(["jrn_" + "1".zfill(26)]).values()))
    reverse_journal(ledger.installation, journal.id, date(2013, 7, 3))
    ledger.deliver_all()
    assert found(ledger, JULY) == []
    assert found(ledger) == []


def test_a_journal_on_its_way_is_no_stranger(ledger: Ledger) -> None:
    ledger.book("late", 500)
    (late,) = ledger.post()
    arrived = replace(ledger.target.held["1"], ref="2", number=late.number)
    ledger.target.held["2"] = arrived
    assert found(ledger) == []


def test_what_was_undone_natively_is_as_it_should_be(sqlite_installation: Installation) -> None:
    ledger = Ledger.of(sqlite_installation, FixedClock())
    ledger.target = BooksInMemory(replace(BooksInMemory.capabilities, reversal=JournalReversal.NATIVE))
    ledger.book()
    (journal,) = ledger.post()
    ledger.deliver_all()
    reverse_journal(ledger.installation, journal.id)
    ledger.deliver_all()
    assert ledger.target.held["1"].is_reversed
    assert found(ledger) == []


def test_a_comparison_that_is_asked_for_is_made_by_the_worker(ledger: Ledger) -> None:
    ledger.target.held.clear()
    assert request_comparison(ledger.installation, "default", JUNE) == ["ledger"]
    assert compare_next(ledger.installation, "ledger", ledger.target)
    assert not compare_next(ledger.installation, "ledger", ledger.target)
    (comparison,) = ledger.read(lambda unit: unit.journals.comparisons("default", JUNE))
    assert [each.kind for each in comparison.differences] == [JournalDifferenceKind.DELETED]
    assert comparison.compared == 1


class NotNow(BooksInMemory):
    """An accounting system that lists nothing for now."""

    def journals(self, start: date, end: date) -> object:  # type: ignore[override]
        raise Retryable("not now")


def comparison(ledger: Ledger) -> JournalComparison:
    (only,) = ledger.read(lambda unit: unit.journals.comparisons("default", None))
    assert isinstance(only, JournalComparison)
    return only


def test_a_comparison_that_fails_says_why(ledger: Ledger) -> None:
    request_comparison(ledger.installation, "default", JUNE)
    compare_next(ledger.installation, "ledger", NotNow())
    assert comparison(ledger).fault == "not now"


def test_each_month_is_compared_once_a_day_by_itself(either_ledger: Ledger) -> None:
    ledger = either_ledger
    assert schedule_comparisons(ledger.installation, "ledger") == 1
    assert compare_next(ledger.installation, "ledger", ledger.target)
    assert (comparison(ledger).month, comparison(ledger).differences) == (JUNE, ())
    ledger.target.held.clear()

    ledger.clock.advance(every - timedelta(seconds=1))
    assert schedule_comparisons(ledger.installation, "ledger") == 0
    ledger.clock.advance(timedelta(seconds=1))
    assert schedule_comparisons(ledger.installation, "ledger") == 1
    assert compare_next(ledger.installation, "ledger", ledger.target)
    assert [each.kind for each in comparison(ledger).differences] == [JournalDifferenceKind.DELETED]


def test_a_comparison_that_failed_is_made_again_after_an_hour(either_ledger: Ledger) -> None:
    ledger = either_ledger
    schedule_comparisons(ledger.installation, "ledger")
    compare_next(ledger.installation, "ledger", NotNow())
    assert schedule_comparisons(ledger.installation, "ledger") == 0

    ledger.clock.advance(after_failure)

    assert schedule_comparisons(ledger.installation, "ledger") == 1
    assert compare_next(ledger.installation, "ledger", ledger.target)
    assert comparison(ledger).fault is None


def test_months_of_long_ago_are_compared_by_request_alone(ledger: Ledger) -> None:
    ledger.clock.set(datetime(2014, 9, 1, tzinfo=UTC))
    assert schedule_comparisons(ledger.installation, "ledger") == 0


def test_a_worker_compares_when_nothing_is_to_be_delivered(ledger: Ledger) -> None:
    ledger.target.held.clear()
    worker = JournalDelivery(ledger.installation, "ledger", ledger.target)
    worker.step()
    assert [each.kind for each in comparison(ledger).differences] == [JournalDifferenceKind.DELETED]
