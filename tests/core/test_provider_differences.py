"""What differs between what a provider holds and our documents, and what becomes of a difference."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.errors import IllegalTransition, InvalidValue
from gateway.core.held_documents import HeldDocument
from gateway.core.money import Money
from gateway.core.provider_differences import (
    DifferenceAnswer,
    DifferenceKind,
    DifferenceState,
    Finding,
    ProviderDifference,
    compare,
    missing,
    unknown_here,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TOTAL, TAX = Money(12_000, "EUR"), Money(2_000, "EUR")
HELD = HeldDocument(
    connection="main",
    kind="invoice",
    our_id="inv_1",
    ref="in_1",
    status="open",
    status_there="open",
    total=TOTAL,
    tax=TAX,
    agreed_total=TOTAL,
    agreed_tax=TAX,
    delivered_at=NOW,
    seen_at=NOW,
)
FINDING = Finding(DifferenceKind.TOTAL, "120.00 EUR", "119.00 EUR")
OPEN = ProviderDifference(
    "dif_1", "main", "invoice", "inv_1", "inv_1", "in_1", FINDING.kind, FINDING.ours, FINDING.theirs, NOW, NOW
)

SAME = ("unpaid", "unpaid")
ODD = {"status": "unknown", "status_there": "odd"}
Shown = tuple[str, str, str]


@pytest.mark.parametrize(
    ("changes", "is_void_here", "payment", "expected"),
    [
        ({}, False, SAME, []),
        ({}, False, None, []),
        ({"status": "void", "status_there": "failed"}, True, ("void", "void"), []),
        ({"status": "void", "status_there": "failed"}, False, ("unpaid", "void"), [("status", "issued", "failed")]),
        ({}, True, ("void", "unpaid"), [("status", "void", "open")]),
        ({"status": "draft", "status_there": ""}, False, SAME, [("status", "issued", "draft")]),
        ({"status": "draft"}, True, SAME, [("status", "void", "open")]),
        (ODD, False, ("paid", "unpaid"), [("unknown_status", "issued", "odd")]),
        ({"status": "paid"}, False, ("unpaid", "paid"), [("payment", "unpaid", "paid")]),
        ({"total": Money(11_900, "EUR")}, False, SAME, [("total", "120.00 EUR", "119.00 EUR")]),
        ({"total": Money(12_000, "USD")}, False, SAME, [("total", "120.00 EUR", "120.00 USD")]),
        ({"tax": Money(1_900, "EUR")}, False, SAME, [("tax", "20.00 EUR", "19.00 EUR")]),
        ({"tax": None}, False, SAME, []),
        ({"agreed_tax": None}, False, SAME, []),
        (
            {"total": Money(1, "EUR"), "tax": Money(2, "EUR")},
            False,
            SAME,
            [("total", "120.00 EUR", "0.01 EUR"), ("tax", "20.00 EUR", "0.02 EUR")],
        ),
    ],
)
def test_what_differs_is_named_with_both_values(
    changes: dict[str, object], is_void_here: bool, payment: tuple[str, str] | None, expected: list[Shown]
) -> None:
    found = compare(replace(HELD, **changes), is_void_here, payment)  # type: ignore[arg-type]
    assert [(each.kind, each.ours, each.theirs) for each in found] == expected


def test_what_is_missing_there_is_named_by_number_and_ref() -> None:
    assert missing("invoice", "INV-000001", "in_1") == Finding(
        DifferenceKind.MISSING_THERE, "invoice INV-000001 (in_1)", "nothing"
    )
    assert missing("credit_note", None, "cn_1").ours == "credit_note  (cn_1)"


def test_what_is_unknown_here_is_named_beside_what_we_know_by_the_id() -> None:
    assert unknown_here("invoice", "in_2", "inv_1", None).ours == "nothing"
    assert unknown_here("invoice", "in_2", "inv_1", "in_1") == Finding(
        DifferenceKind.UNKNOWN_HERE, "invoice in_1", "invoice in_2, which carries inv_1"
    )


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (DifferenceAnswer.ACCEPT, DifferenceState.ACCEPTED),
        (DifferenceAnswer.REDELIVER, DifferenceState.REDELIVERED),
        (DifferenceAnswer.RESOLVE, DifferenceState.RESOLVED),
    ],
)
def test_a_person_settles_an_open_difference_and_says_why(answer: DifferenceAnswer, state: DifferenceState) -> None:
    answered = OPEN.answered(answer, "key_1", "agreed with the customer", LATER)
    assert (answered.state, answered.closed_at, answered.actor, answered.note) == (
        state,
        LATER,
        "key_1",
        "agreed with the customer",
    )
    with pytest.raises(IllegalTransition, match=f"dif_1 is {state}; only an open one"):
        answered.answered(answer, "key_1", "again", LATER)


def test_an_answer_needs_a_note() -> None:
    with pytest.raises(InvalidValue, match="The note on a difference"):
        OPEN.answered(DifferenceAnswer.RESOLVE, "key_1", " ", LATER)


def test_one_that_is_resolved_settles_the_same_values_and_no_others() -> None:
    resolved = OPEN.answered(DifferenceAnswer.RESOLVE, "key_1", "a rounding difference", LATER)
    assert resolved.settles(FINDING)
    assert not resolved.settles(replace(FINDING, theirs="118.00 EUR"))
    assert not resolved.settles(replace(FINDING, kind=DifferenceKind.TAX))
    assert not OPEN.settles(FINDING)
    assert not OPEN.answered(DifferenceAnswer.REDELIVER, "key_1", "again", LATER).settles(FINDING)


def test_an_open_one_has_the_values_of_now_and_closes_when_they_are_the_same() -> None:
    seen = OPEN.seen_again(replace(FINDING, theirs="118.00 EUR"), LATER)
    assert (seen.theirs, seen.found_at, seen.seen_at, seen.state) == ("118.00 EUR", NOW, LATER, DifferenceState.OPEN)
    gone = seen.vanished(LATER)
    assert (gone.state, gone.closed_at) == (DifferenceState.VANISHED, LATER)


def test_a_document_is_told_by_our_id_or_else_by_theirs() -> None:
    assert OPEN.subject == "inv_1"
    assert replace(OPEN, document_id="").subject == "in_1"
