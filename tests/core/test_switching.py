"""A switch of connections: how far it is, and what its plan says."""

from gateway.core.ports.connections import ConnectionUse
from gateway.core.switching import (
    PlannedCustomer,
    Presence,
    Problem,
    ProblemKind,
    Severity,
    SwitchPlan,
    SwitchProgress,
)

NO_CURRENCY = Problem(ProblemKind.CURRENCY_NOT_ENABLED, "JPY is not enabled", "Enable it")
NO_CARD = Problem(ProblemKind.PAYMENT_METHOD_MISSING, "there is no card", "Ask for one")


def planned(customer: str, *problems: Problem, presence: Presence = Presence.MISSING) -> PlannedCustomer:
    return PlannedCustomer(customer, "old", presence, problems=problems)


def test_a_switch_is_done_when_nobody_is_pending_or_parked() -> None:
    progress = SwitchProgress(moved=3, given_up=1) + SwitchProgress(moved=1, pending=2, parked=1)

    assert progress == SwitchProgress(moved=4, given_up=1, pending=2, parked=1)
    assert (progress.total, progress.is_done) == (8, False)
    assert SwitchProgress(moved=3, given_up=1).is_done


def test_a_currency_that_is_not_enabled_blocks_and_a_missing_card_warns() -> None:
    assert (NO_CURRENCY.severity, NO_CARD.severity) == (Severity.BLOCKS, Severity.WARNS)
    assert planned("acme", NO_CARD, NO_CURRENCY).blocking == (NO_CURRENCY,)


def test_a_plan_tells_who_is_blocked_and_who_is_warned() -> None:
    fine, warned, blocked = planned("fine"), planned("warned", NO_CARD), planned("blocked", NO_CARD, NO_CURRENCY)
    plan = SwitchPlan("new", (fine, warned, blocked, planned("there", presence=Presence.KNOWN)))

    assert plan.blocked == [blocked]
    assert plan.warned == [warned]
    assert (plan.count_of(Presence.MISSING), plan.count_of(Presence.KNOWN)) == (3, 1)


def test_documents_that_are_not_done_with_are_open() -> None:
    assert ConnectionUse(customers=9, pending=1, parked=2, unpaid=4).open_documents == 7
