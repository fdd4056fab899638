"""Reviews: what may be decided, and by whom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.errors import IllegalTransition, InvalidValue
from gateway.core.gate.review import (
    Decision,
    Review,
    ReviewKind,
    ReviewStatus,
    SecondPersonNeeded,
    require_second_person,
)
from tests.core.samples import at

NOW = at("2026-02-01")
REVIEW = Review("rev_1", ReviewKind.INVOICE, "inv_1", NOW, "acme")
LATER = NOW + timedelta(days=2)


@pytest.mark.parametrize("decision", [Decision.ACCEPT_RECOUNT, Decision.RE_RATE, Decision.VOID])
def test_a_decision_resolves_a_review(decision: Decision) -> None:
    decided = REVIEW.decided(decision, "ada", NOW)
    assert (decided.status, decided.decision, decided.decided_by, decided.resolved_at) == (
        ReviewStatus.RESOLVED,
        decision,
        "ada",
        NOW,
    )


def test_to_wait_leaves_it_open_until_another_decision_is_made() -> None:
    waiting = REVIEW.decided(Decision.WAIT, "ada", NOW, LATER)
    assert (waiting.status, waiting.waits_until, waiting.resolved_at) == (ReviewStatus.WAITING, LATER, None)
    accepted = waiting.decided(Decision.ACCEPT_RECOUNT, "bob", NOW)
    assert (accepted.status, accepted.waits_until, accepted.decided_by) == (ReviewStatus.RESOLVED, None, "bob")


@pytest.mark.parametrize(
    ("decision", "until", "fault"),
    [
        (Decision.WAIT, None, "A time is given to wait until, and for no other decision"),
        (Decision.VOID, LATER, "A time is given to wait until, and for no other decision"),
        (Decision.WAIT, NOW, "is over; wait until a time that is to come"),
    ],
)
def test_a_time_is_given_to_wait_until(decision: Decision, until: object, fault: str) -> None:
    with pytest.raises(InvalidValue, match=fault):
        REVIEW.decided(decision, "ada", NOW, until)  # type: ignore[arg-type]


def test_nothing_more_is_decided_once_it_is_resolved() -> None:
    resolved = REVIEW.resolved(NOW)
    with pytest.raises(IllegalTransition, match="Review rev_1 is resolved"):
        resolved.decided(Decision.VOID, "ada", NOW)
    with pytest.raises(IllegalTransition, match="Review rev_1 is resolved"):
        resolved.assigned_to("ada")


def test_a_difference_is_answered_and_not_decided() -> None:
    with pytest.raises(IllegalTransition, match="answer that, and the review is resolved"):
        replace(REVIEW, kind=ReviewKind.PROVIDER_DIFFERENCE).decided(Decision.VOID, "ada", NOW)


def test_a_review_is_somebodys_or_nobodys() -> None:
    assert REVIEW.assigned_to("ada").assigned_to(None) == REVIEW
    with pytest.raises(InvalidValue, match="The assignee of a review is empty"):
        REVIEW.assigned_to(" ")


def test_whoever_was_concerned_before_is_no_second_person() -> None:
    require_second_person("bob", frozenset({"ada"}))
    with pytest.raises(SecondPersonNeeded, match="'ada' assigned the review or corrected its events"):
        require_second_person("ada", frozenset({"ada"}))
