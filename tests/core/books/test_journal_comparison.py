"""What an accounting system holds, against what it was sent."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.core.books.journal_comparison import JournalThere, compared, faults_of
from tests.core.books.test_journals import JOURNAL

NAMES = {"Bank": "Bank account"}
HELD = JournalThere(
    JOURNAL.number, "17", "USD", date(2013, 6, 30), (("Bank account", 1200, "", ""), ("Sales", -1200, "", ""))
)
PLACE = ("ledger", "default")


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"lines": HELD.lines[::-1]}, []),
        ({"currency": "EUR"}, ["it is in EUR, not USD"]),
        ({"accounting_day": date(2013, 7, 1)}, ["its day is 2013-07-01, not 2013-06-30"]),
        ({"lines": HELD.lines[:1]}, ["it lacks 1200 minor units on the credit side of Sales"]),
        (
            {"lines": (HELD.lines[0], ("Sales", -700, "", ""))},
            [
                "it lacks 1200 minor units on the credit side of Sales",
                "it has 700 minor units on the credit side of Sales instead",
            ],
        ),
        (
            {"lines": (*HELD.lines, ("Tax", 5, "", ""), ("Tax", -5, "", ""))},
            ["it also has 5 minor units on the credit side of Tax"],
        ),
    ],
)
def test_each_difference_is_told(changes: dict[str, object], faults: list[str]) -> None:
    assert list(faults_of(JOURNAL, replace(HELD, **changes), NAMES)) == faults  # type: ignore[arg-type]


def test_what_is_as_it_was_sent_is_no_difference() -> None:
    assert list(compared([JOURNAL], {HELD.number: HELD}, NAMES, PLACE)) == []


def test_what_is_missing_changed_or_unknown_is() -> None:
    other = replace(JOURNAL, id="jrn_2", revision=2)
    unknown = replace(HELD, number=replace(JOURNAL, revision=3).number)
    there = {
        HELD.number: replace(HELD, currency="EUR"),
        unknown.number: unknown,
        "AJE-1": replace(HELD, number="AJE-1"),
    }
    found = [(each.kind.value, each.journal) for each in compared([JOURNAL, other], there, NAMES, PLACE)]
    assert found == [("different", "jrn_1"), ("missing", "jrn_2"), ("unknown", None)]
