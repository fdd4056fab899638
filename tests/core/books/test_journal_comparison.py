"""What an accounting system holds, against what it was sent."""

from dataclasses import replace
from datetime import date

import pytest

from gateway.core.books.journal_comparison import JournalThere, Sent, compared, faults_of
from tests.core.books.test_journals import JOURNAL

NAMES = {"Bank": "Bank account"}
HELD = JournalThere(
    JOURNAL.number, "17", "USD", date(2013, 6, 30), (("Bank account", 1200, "", ""), ("Sales", -1200, "", ""))
)
SENT = Sent(JOURNAL, "17")


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"lines": HELD.lines[::-1]}, []),
        ({"currency": "EUR"}, ["it is in EUR, not USD"]),
        ({"number": "AJE-9"}, [f"its number is AJE-9, not {JOURNAL.number}"]),
        ({"number": ""}, [f"its number is gone, not {JOURNAL.number}"]),
        (
            {"lines": (HELD.lines[0], ("Sales", -1200, "Acme", "Europe"))},
            [
                "it lacks a credit of 12.00 USD on Sales",
                "it has a credit of 12.00 USD on Sales (Acme) (Europe) instead",
            ],
        ),
        ({"accounting_day": date(2013, 7, 1)}, ["its day is 2013-07-01, not 2013-06-30"]),
        ({"lines": HELD.lines[:1]}, ["it lacks a credit of 12.00 USD on Sales"]),
        (
            {"lines": (HELD.lines[0], ("Sales", -700, "", ""))},
            [
                "it lacks a credit of 12.00 USD on Sales",
                "it has a credit of 7.00 USD on Sales instead",
            ],
        ),
        (
            {"lines": (*HELD.lines, ("Tax", 5, "", ""), ("Tax", -5, "", ""))},
            ["it also has a credit of 0.05 USD on Tax, a debit of 0.05 USD on Tax"],
        ),
    ],
)
def test_each_difference_is_told(changes: dict[str, object], faults: list[str]) -> None:
    assert list(faults_of(JOURNAL, replace(HELD, **changes), NAMES)) == faults  # type: ignore[arg-type]


def differences(*there: JournalThere, sent: tuple[Sent, ...] = (SENT,)) -> list[tuple[str, str | None]]:
    """The kind of each difference, and our journal; every number that begins with the month is one like ours."""
    found = compared(sent, there, NAMES, lambda number: number.startswith("2013-06"))
    return [(each.kind.value, each.journal) for each in found]


def test_what_is_as_it_was_sent_is_no_difference() -> None:
    assert differences(HELD) == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"lines": (HELD.lines[0], ("Sales", -700, "", ""))}, "amount"),
        ({"lines": (*HELD.lines, ("Tax", 5, "", ""), ("Tax", -5, "", ""))}, "different"),
        ({"lines": (HELD.lines[0], ("Sales", -1200, "Acme", ""))}, "different"),
        ({"accounting_day": date(2013, 7, 1)}, "different"),
        ({"number": "AJE-9"}, "different"),
        ({"is_reversed": True}, "different"),
    ],
)
def test_what_was_edited_by_hand_is_told_from_what_moves_other_amounts(changes: dict[str, object], kind: str) -> None:
    assert differences(replace(HELD, **changes)) == [(kind, "jrn_1")]  # type: ignore[arg-type]


def test_what_we_undid_is_meant_to_be_undone() -> None:
    undone = Sent(replace(JOURNAL, reversed_by="jrn_2"), "17")
    assert differences(replace(HELD, is_reversed=True), sent=(undone,)) == []


def test_what_is_gone_was_deleted_unless_it_is_only_said_to_have_been_there() -> None:
    assert differences() == [("deleted", "jrn_1")]
    assert differences(sent=(Sent(JOURNAL, None),)) == [("missing", "jrn_1")]


def test_what_was_entered_again_after_it_was_deleted_is_found_by_its_number() -> None:
    assert differences(replace(HELD, ref="18")) == []


def test_a_second_journal_with_our_number_is_not_ours() -> None:
    assert differences(HELD, replace(HELD, ref="18")) == [("unknown", None)]
    assert differences(replace(HELD, ref="16"), HELD) == [("unknown", None)]


def test_numbers_that_are_not_like_ours_are_not_ours_to_judge() -> None:
    assert differences(HELD, replace(HELD, ref="18", number="AJE-1")) == []
