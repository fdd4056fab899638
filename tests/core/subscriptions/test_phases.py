"""Phases: a history that only grows, and what it says at every instant."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import IllegalTransition
from gateway.core.periods.period import BillingPeriod, Interval, IntervalUnit
from gateway.core.periods.proration import Proration, share_of
from gateway.core.plans.plan import FlatFee, PlanVersion, Price, Timing
from gateway.core.subscriptions import phases as core
from gateway.core.subscriptions.phases import (
    SubscriptionHistory,
    billed_plan,
    cancelled,
    changed_plan,
    paused,
    reactivated,
    resumed,
    trial_ended,
)
from gateway.core.subscriptions.subscription import Subscription, SubscriptionStatus, boundaries
from tests.core.samples import BASE, DEPARTURES, MINIMUM, at, plan, subscription

Change = Callable[[SubscriptionHistory, datetime], Sequence[Subscription]]

OTHER = replace(plan(BASE, DEPARTURES), plan="other")
YEARLY = replace(OTHER, interval=Interval(IntervalUnit.YEAR))


def to(wanted: PlanVersion) -> Change:
    return lambda history, instant: changed_plan(history, wanted, instant)


def history(*changes: tuple[Change, str], **terms: object) -> SubscriptionHistory:
    """A subscription of January, and changes of it at days."""
    found = SubscriptionHistory((subscription(**terms),))
    for change, day in changes:
        found = after(found, change, at(day))
    return found


def after(found: SubscriptionHistory, change: Change, instant: datetime) -> SubscriptionHistory:
    added = [
        replace(phase, id=f"sub_{len(found.recorded) + place}", phase_of=found.first.id)
        for place, phase in enumerate(change(found, instant), 1)
    ]
    return found.with_phases(added)


def told(found: SubscriptionHistory) -> list[str]:
    """Start, plan and status of what holds."""
    return [f"{phase.starts_at:%m-%d} {phase.plan} {phase.status}" for phase in found.phases]


HISTORIES = [
    # changes, what holds
    ([], ["01-01 airport active"]),
    ([(to(OTHER), "2026-02-15")], ["01-01 airport active", "02-15 other active"]),
    ([(paused, "2026-02-10")], ["01-01 airport active", "02-10 airport paused"]),
    (
        [(paused, "2026-02-10"), (resumed, "2026-02-20")],
        ["01-01 airport active", "02-10 airport paused", "02-20 airport active"],
    ),
    ([(cancelled, "2026-03-01"), (to(OTHER), "2026-02-15")],
     ["01-01 airport active", "02-15 other active", "03-01 other ended"]),
    ([(cancelled, "2026-03-01"), (paused, "2026-02-15")],
     ["01-01 airport active", "02-15 airport paused", "03-01 airport ended"]),
    ([(cancelled, "2026-03-01"), (reactivated, "2026-02-15")], ["01-01 airport active"]),
    ([(cancelled, "2026-03-01"), (reactivated, "2026-03-10")],
     ["01-01 airport active", "03-01 airport ended", "03-10 airport active"]),
    ([(to(OTHER), "2026-03-01"), (to(plan(BASE)), "2026-02-01")], ["01-01 airport active"]),
    ([(to(OTHER), "2026-03-01"), (cancelled, "2026-03-01")], ["01-01 airport active", "03-01 other ended"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "holding"), HISTORIES)
def test_a_later_change_replaces_what_was_planned_from_then_on(
    changes: list[tuple[Change, str]], holding: list[str]
) -> None:
    assert told(history(*changes)) == holding


def test_a_trial_that_is_ended_keeps_what_was_agreed_for_later() -> None:
    trial = history(status=SubscriptionStatus.USAGE_TRIAL)
    trial = trial.with_phases([replace(trial.first, starts_at=at("2026-02-01"), status=SubscriptionStatus.ACTIVE)])
    trial = after(trial, to(OTHER), at("2026-02-10"))

    assert told(after(trial, trial_ended, at("2026-01-15"))) == [
        "01-01 airport usage_trial",
        "01-15 airport active",
        "02-10 other active",
    ]
    with pytest.raises(IllegalTransition, match="is active at 2026-02-05T00:00:00Z and cannot end a trial"):
        trial_ended(trial, at("2026-02-05"))


def test_a_trial_goes_on_with_another_plan() -> None:
    trial = history(status=SubscriptionStatus.TRIAL)
    trial = trial.with_phases([replace(trial.first, starts_at=at("2026-02-01"), status=SubscriptionStatus.ACTIVE)])

    assert told(after(trial, to(OTHER), at("2026-01-15"))) == [
        "01-01 airport trial",
        "01-15 other trial",
        "02-01 other active",
    ]


def test_an_agreed_end_is_no_cut_and_can_be_prolonged() -> None:
    prolonged = history((reactivated, "2026-03-01"), ends_at=at("2026-03-01"))

    first, second = prolonged.phases

    assert (first.ends_at, first.is_cut, first.fees_until) == (at("2026-03-01"), False, at("2026-03-01"))
    assert (second.starts_at, second.ends_at, prolonged.ends_at) == (at("2026-03-01"), None, None)


def test_a_cut_phase_bills_its_fees_until_its_agreed_end() -> None:
    cut = history((cancelled, "2026-02-10"), ends_at=at("2026-02-20"))

    assert [boundary.started for boundary in boundaries(cut.first, at("2026-02-01"))] == [
        boundary.started for boundary in boundaries(cut.phases[0], at("2026-02-01"))
    ]
    *_, last = boundaries(cut.phases[0], at("2026-03-01"))
    assert last.ended == BillingPeriod(at("2026-02-01"), at("2026-02-10"))
    assert last.unused == BillingPeriod(at("2026-02-10"), at("2026-02-20"))


@pytest.mark.parametrize("keeps_fees", [True, False])
def test_what_is_left_of_fees_comes_back_unless_they_are_kept(keeps_fees: bool) -> None:
    found = history()
    found = found.with_phases([replace(each, keeps_fees=keeps_fees) for each in cancelled(found, at("2026-02-10"))])

    *_, last = boundaries(found.phases[0], at("2026-03-01"))

    assert (last.unused is None) is keeps_fees


STATUSES = [
    ("2025-12-01", "active"),
    ("2026-01-01", "active"),
    ("2026-02-10", "paused"),
    ("2026-02-20", "active"),
    ("2026-03-01", "ended"),
]


@pytest.mark.parametrize(("day", "status"), STATUSES)
def test_the_status_is_that_of_the_phase(day: str, status: str) -> None:
    found = history((paused, "2026-02-10"), (resumed, "2026-02-20"), (cancelled, "2026-03-01"))

    assert found.status_at(at(day)) == status


def test_a_subscription_has_ended_after_its_agreed_end() -> None:
    found = history(ends_at=at("2026-02-01"))

    assert found.status_at(at("2026-02-01")) is SubscriptionStatus.ENDED
    assert found.ends_at == at("2026-02-01")


def test_only_what_is_not_idle_is_billed() -> None:
    found = history((paused, "2026-02-10"), (resumed, "2026-02-20"), (cancelled, "2026-03-01"))

    assert [f"{phase.starts_at:%m-%d}" for phase in found.billed] == ["01-01", "02-20"]
    assert {phase.whole_id for phase in found.phases} == {"sub_1"}
    assert (found.ends_at, found.time_zone) == (at("2026-03-01"), "UTC")


def test_the_cycle_restarts_where_the_interval_changes() -> None:
    same, other = history((to(OTHER), "2026-02-15")), history((to(YEARLY), "2026-02-15"))

    assert same.phases[1].period_at(at("2026-02-15")) == BillingPeriod(at("2026-02-15"), at("2026-03-01"))
    assert other.phases[1].period_at(at("2026-02-15")) == BillingPeriod(at("2026-02-15"), at("2027-02-15"))


REFUSED = [
    (resumed, "2026-02-15", "is active at 2026-02-15T00:00:00Z and cannot be resumed"),
    (reactivated, "2026-02-15", "goes on anyway; nothing was cancelled"),
    (paused, "2026-01-01", "starts at 2026-01-01T00:00:00Z; change it at a later time"),
    (paused, "2026-03-15", "is paused at 2026-03-15T00:00:00Z and cannot be paused"),
    (to(OTHER), "2026-03-15", "cannot be put on another plan"),
    (cancelled, "2026-04-15", "is ended at 2026-04-15T00:00:00Z and cannot be cancelled"),
    (paused, "2026-04-15", "cannot be paused"),
]


@pytest.mark.parametrize(("change", "day", "message"), REFUSED)
def test_a_change_that_cannot_follow_is_refused(change: Change, day: str, message: str) -> None:
    found = history((paused, "2026-03-01"), (cancelled, "2026-04-01")) if day > "2026-03" else history()

    with pytest.raises(IllegalTransition, match=message):
        after(found, change, at(day))


def test_a_history_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "phases_max", 1)

    with pytest.raises(IllegalTransition, match="has 1 phases; create another one"):
        history((paused, "2026-02-01"))


@pytest.mark.parametrize(
    ("status", "prices"),
    [("active", ["base", "departures"]), ("usage_trial", ["departures"]), ("trial", None), ("paused", None)],
)
def test_a_phase_bills_what_its_status_says(status: str, prices: list[str] | None) -> None:
    billed = billed_plan(plan(BASE, DEPARTURES, commitments=(MINIMUM,)), SubscriptionStatus(status))

    assert (billed and [price.key for price in billed.prices]) == prices


def test_a_trial_of_fees_alone_bills_nothing() -> None:
    fee = Price("base", "Base fee", FlatFee(Decimal(1)), timing=Timing.IN_ADVANCE)

    assert billed_plan(plan(fee), SubscriptionStatus.USAGE_TRIAL) is None


some_changes = st.lists(
    st.tuples(st.sampled_from([to(OTHER), to(plan(BASE)), to(YEARLY), paused, resumed, cancelled, reactivated]),
              st.integers(1, 400)),
    max_size=6,
)  # fmt: skip


@given(some_changes)
def test_phases_tile_the_life_of_a_subscription(changes: list[tuple[Change, int]]) -> None:
    found = _changed(changes)

    assert found.phases[0].starts_at == found.first.starts_at
    assert all(one.ends_at == other.starts_at for one, other in pairwise(found.phases))


@given(some_changes)
def test_what_is_billed_of_fees_less_what_comes_back_is_for_the_time_covered(changes: list[tuple[Change, int]]) -> None:
    for phase in _changed(changes).billed:
        paid = [
            sign * share_of(part, whole, Proration.SECOND, phase.zone)
            for each in boundaries(phase, at("2028-01-01"))
            for sign, part, whole in ((1, each.started, each.started_whole), (-1, each.unused, each.ended_whole))
            if part and whole
        ]
        used = [
            share_of(each.ended, each.ended_whole, Proration.SECOND, phase.zone)
            for each in boundaries(phase, at("2028-01-01"))
            if each.ended and each.ended_whole
        ]
        is_over = phase.ends_at is not None and phase.ends_at <= at("2028-01-01")
        assert sum(paid) == sum(used) if is_over else sum(paid) > sum(used)


def _changed(changes: list[tuple[Change, int]]) -> SubscriptionHistory:
    found = history()
    for change, days in changes:
        try:
            found = after(found, change, found.first.starts_at + timedelta(days=days))
        except IllegalTransition:
            continue
    return found
