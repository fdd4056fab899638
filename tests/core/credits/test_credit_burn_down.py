"""The burn-down: every credit granted is used, voided, expired or left, and every use knows its grant."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.credits.burn_down import (
    BeyondBalance,
    BurnDown,
    CreditEvent,
    CreditReset,
    CreditUse,
    CreditVoid,
    burn_down,
)
from gateway.core.credits.grant import CreditGrant, RollOver
from gateway.core.credits.movements import CreditBalances, CreditMovement, MovementKind, balances_after
from gateway.core.errors import InvalidValue
from gateway.core.periods.period import BillingSchedule, Interval, IntervalUnit
from tests.core.credits.credit_examples import amounts, event_lists, grant_lists, moments
from tests.core.credits.test_credits import grant
from tests.core.samples import NEW_YORK, at

FEBRUARY = at("2026-02-01")
K = MovementKind


def use(name: str, day: str, amount: str) -> CreditUse:
    """Usage in January 2026."""
    return CreditUse(name, at(f"2026-01-{day}"), Decimal(amount))


def told(run: BurnDown) -> list[str]:
    """Every movement in a line."""
    return [" ".join(filter(None, (one.kind, str(one.amount), one.grant, one.cause))) for one in run.movements]


def test_a_use_says_from_which_grants_it_was_taken() -> None:
    run = burn_down([grant("old", "30"), grant("new", "70", priority=60)], [use("inv1", "05", "80")], FEBRUARY)

    assert told(run) == ["granted 30 old", "granted 70 new", "used 30 old inv1", "used 50 new inv1"]
    assert [(one.grant, one.cause, one.amount) for one in run.takings] == [("old", "inv1", 30), ("new", "inv1", 50)]
    assert (run.closing.by_grant, run.used, run.available) == ({"old": 0, "new": 20}, 80, 100)


def test_overage_is_carried_and_paid_by_the_next_grant() -> None:
    late = grant("late", "100", effective_at=at("2026-01-10"))

    run = burn_down([grant("g", "50"), late], [use("u1", "05", "80"), use("u2", "06", "5")], FEBRUARY)

    assert told(run) == [
        "granted 50 g",
        "used 50 g u1",
        "overdrawn 30 u1",
        "overdrawn 5 u2",
        "granted 100 late",
        "recovered 30 late u1",
        "recovered 5 late u2",
    ]
    assert (run.closing.balance, run.closing.overage, run.closing.net) == (65, 0, 65)


def test_overage_that_nothing_pays_remains() -> None:
    run = burn_down([], [use("u1", "05", "50")], FEBRUARY)

    assert (run.closing.balance, run.closing.overage, run.closing.net) == (0, 50, -50)


def test_a_refill_lets_what_is_left_expire_and_pays_the_overage() -> None:
    daily = BillingSchedule(at("2026-01-01"), Interval(IntervalUnit.DAY), NEW_YORK)
    one = grant("g", "100", refills=daily, expires_at=at("2026-01-04"))

    run = burn_down([one], [use("u1", "01", "120"), use("u2", "03", "30")], FEBRUARY)

    assert told(run) == [
        "granted 100 g",
        "used 100 g u1",
        "overdrawn 20 u1",
        "granted 100 g",
        "recovered 20 g u1",
        "expired 80 g",
        "granted 100 g",
        "used 30 g u2",
        "expired 70 g",
    ]


def test_at_one_instant_grants_end_before_a_reset_and_begin_after_it_and_uses_come_last() -> None:
    rolls = RollOver(Decimal(10))
    grants = [
        grant("ends", roll_over=rolls, expires_at=at("2026-01-05")),
        grant("rolls", roll_over=rolls),
        grant("stays"),
        grant("begins", roll_over=rolls, effective_at=at("2026-01-05")),
    ]

    run = burn_down(grants, [use("u", "05", "5"), CreditReset(at("2026-01-05"))], FEBRUARY)

    assert told(run)[3:] == ["expired 100 ends", "expired 90 rolls", "granted 100 begins", "used 5 rolls u"]


@pytest.mark.parametrize(
    ("preserves_overage", "last", "balance"),
    [(True, ["granted 50 g", "recovered 10 g u"], 40), (False, ["forgiven 10 u", "granted 50 g"], 50)],
)
def test_a_reset_carries_overage_on_or_forgets_it(preserves_overage: bool, last: list[str], balance: int) -> None:
    one = grant("g", "100", roll_over=RollOver(Decimal(50), Decimal(50)))

    run = burn_down([one], [use("u", "05", "110"), CreditReset(at("2026-01-06"), preserves_overage)], FEBRUARY)

    assert told(run)[3:] == last
    assert (run.closing.balance, run.closing.overage) == (balance, 0)


def test_a_grant_voided_midway_covers_only_what_came_before() -> None:
    one = grant("g", "100", voided_at=at("2026-01-05 01:00"), expires_at=at("2026-01-31"))

    run = burn_down([one], [use("u1", "05 00:59", "50"), use("u2", "05 01:01", "50")], FEBRUARY)

    assert told(run) == ["granted 100 g", "used 50 g u1", "voided 50 g", "overdrawn 50 u2"]


def test_a_grant_voided_before_it_begins_gives_nothing() -> None:
    run = burn_down([grant("g", voided_at=at("2025-12-01"))], [], FEBRUARY)

    assert run.movements == ()


def test_a_void_takes_in_the_order_of_uses() -> None:
    void = CreditVoid("void1", at("2026-01-05"), Decimal(50))

    run = burn_down([grant("a", "20"), grant("b", "70", priority=60)], [void], FEBRUARY)

    assert told(run)[2:] == ["voided 20 a void1", "voided 30 b void1"]


def test_a_void_beyond_the_balance_takes_nothing() -> None:
    void = CreditVoid("void1", at("2026-01-05"), Decimal("30.01"))

    run = burn_down([grant("a", "30")], [void], FEBRUARY)

    assert run.refused == (BeyondBalance("void1", Decimal("30.01"), Decimal(30)),)
    assert str(run.refused[0]) == "30.01 is more than the balance of 30; ask for at most that"
    assert run.closing.balance == 30


def test_what_was_used_of_a_revoked_grant_is_owed_by_the_next() -> None:
    upgraded_at = at("2026-01-10")
    grants = [grant("old", "100", revoked_at=upgraded_at), grant("new", "1000", effective_at=upgraded_at)]

    run = burn_down(grants, [use("u", "05", "80")], FEBRUARY)

    assert told(run)[2:] == [
        "voided 20 old revoked:old",
        "clawed_back 80 revoked:old",
        "granted 1000 new",
        "recovered 80 new revoked:old",
    ]
    assert run.closing.balance == 920


def test_what_was_done_before_the_opening_is_not_done_again() -> None:
    grants = [grant("g", "100", expires_at=at("2026-01-20"))]
    events: list[CreditEvent] = [use("before", "04", "1"), use("after", "05", "10"), CreditReset(at("2026-01-05"))]
    opening = CreditBalances(at("2026-01-05"), {"g": Decimal(40), "gone": Decimal(0)}, {})

    run = burn_down(grants, events, FEBRUARY, opening)

    assert told(run) == ["used 10 g after", "expired 30 g"]


def test_a_late_grant_is_taken_up_at_its_own_start_and_pays_the_overage() -> None:
    opening = CreditBalances(at("2026-01-05"), {}, {"u": Decimal(40)})

    run = burn_down([grant("late", "100")], [], FEBRUARY, opening)

    assert told(run) == ["granted 100 late", "recovered 40 late u"]


def test_boundaries_at_the_end_of_a_run_have_happened_and_uses_have_not() -> None:
    run = burn_down([grant("g", "100")], [use("u", "01", "10")], at("2026-01-01"))

    assert told(run) == ["granted 100 g"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: use("u", "05", "-1"), "gives credit back"),
        (lambda: CreditVoid("v", FEBRUARY, Decimal(0)), "takes nothing back"),
        (lambda: CreditMovement(FEBRUARY, K.USED, Decimal(0)), "moves nothing"),
        (lambda: burn_down([grant("g"), grant("g")], [], FEBRUARY), "Two grants have one id"),
    ],
)
def test_what_moves_nothing_or_twice_is_refused(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        wrong()


@given(grants=grant_lists(), events=event_lists())
def test_what_was_granted_was_used_voided_expired_or_is_left(
    grants: list[CreditGrant], events: list[CreditEvent]
) -> None:
    run = burn_down(grants, events, FEBRUARY)

    gone = run.moved(K.USED, K.RECOVERED, K.VOIDED, K.EXPIRED)
    assert run.moved(K.GRANTED) == gone + run.closing.balance
    assert run.moved(K.OVERDRAWN, K.CLAWED_BACK) == run.moved(K.RECOVERED, K.FORGIVEN) + run.closing.overage
    assert run.used == sum(event.amount for event in events if isinstance(event, CreditUse))


@given(grants=grant_lists(), events=event_lists())
def test_no_grant_goes_below_zero_or_is_used_outside_its_span(
    grants: list[CreditGrant], events: list[CreditEvent]
) -> None:
    run, by_id = burn_down(grants, events, FEBRUARY), {one.id: one for one in grants}

    balances = CreditBalances(at("2026-01-01"))
    for movement in run.movements:
        balances = balances_after(balances, [movement], movement.at)
        assert all(left >= 0 for left in (*balances.by_grant.values(), *balances.overage_by_cause.values()))
        assert not (balances.balance and balances.overage) or movement.kind in (K.GRANTED, K.CLAWED_BACK, K.RECOVERED)
    assert all(by_id[one.grant or ""].is_usable(one.at) for one in run.movements if one.kind is K.USED)


@given(grants=grant_lists(), events=event_lists(), random=st.randoms())
def test_the_order_in_which_movements_are_told_does_not_matter(
    grants: list[CreditGrant], events: list[CreditEvent], random: Random
) -> None:
    shuffled = burn_down(random.sample(grants, len(grants)), random.sample(events, len(events)), FEBRUARY)

    assert shuffled == burn_down(grants, events, FEBRUARY)


@given(grants=grant_lists(), events=event_lists(), cut=moments)
def test_a_snapshot_in_between_changes_nothing(
    grants: list[CreditGrant], events: list[CreditEvent], cut: object
) -> None:
    first = burn_down(grants, events, cut)  # type: ignore[arg-type]

    assert first.followed_by(burn_down(grants, events, FEBRUARY, first.closing)) == burn_down(grants, events, FEBRUARY)


@given(grants=grant_lists(), amount=amounts, moment=moments, part=st.fractions(0, 1, max_denominator=4))
def test_splitting_a_use_changes_no_balance(
    grants: list[CreditGrant], amount: Decimal, moment: object, part: object
) -> None:
    first = amount * Decimal(part.numerator) / Decimal(part.denominator)  # type: ignore[attr-defined]
    parts = [CreditUse("a", moment, first), CreditUse("b", moment, amount - first)]  # type: ignore[arg-type]

    split = burn_down(grants, parts, FEBRUARY).closing
    whole = burn_down(grants, [CreditUse("u", moment, amount)], FEBRUARY).closing  # type: ignore[arg-type]

    assert (split.by_grant, split.overage) == (whole.by_grant, whole.overage)
