"""Questions about what is billed at a date: by the calendar, by the anniversary or on a day of the month."""

from collections.abc import Callable, Mapping
from datetime import datetime

from gateway.core.periods.anchors import (
    anniversary_schedule,
    calendar_schedule,
    day_of_month_schedule,
    on_day_of_month,
)
from gateway.core.periods.period import BillingPeriod, BillingSchedule
from gateway.core.plans.plan import Timing
from gateway.core.subscriptions.cycles import cycles_billed, whole_cycles_billed
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import local_date, local_midnight
from tests.corpus.adapters.periods.reading import (
    interval_of,
    like,
    moment,
    proration_of,
    spans,
    take_granularity,
    zone_of,
)
from tests.corpus.given import Given

Answer = Mapping[str, object]

_BY_BILLING_TIME = {"anniversary": anniversary_schedule, "calendar": calendar_schedule}

_BY_TIMING = {Timing.IN_ARREARS: BillingSchedule.last_ended, Timing.IN_ADVANCE: BillingSchedule.period_at}


class _Subscribed:
    """A subscription by the calendar or its anniversary; its periods are whole local days."""

    def __init__(self, given: Given) -> None:
        self.zone = zone_of(given)
        subscribed = given.take("subscription_at")
        self.at, self.shown = moment(subscribed, self.zone), like(subscribed, self.zone)
        self.schedule = _BY_BILLING_TIME[given.take("billing_time")](self.at, interval_of(given), self.zone)
        self.first_day = local_midnight(local_date(self.at, self.zone), self.zone)

    def span(self, period: BillingPeriod, ends_at: datetime | None = None) -> Answer:
        """The part of a period that it is subscribed for."""
        return spans(period.clip(self.first_day, ends_at) or period, self.shown)


def _in_arrears(given: Given) -> Answer:
    subscribed = _Subscribed(given)
    return subscribed.span(subscribed.schedule.last_ended(moment(given.take("billing_at"), subscribed.zone)))


def _in_advance(given: Given) -> Answer:
    subscribed = _Subscribed(given)
    return subscribed.span(subscribed.schedule.period_at(moment(given.take("billing_at"), subscribed.zone)))


def _when_terminated(given: Given) -> Answer:
    subscribed = _Subscribed(given)
    # The final bill is made later and is for the same period, whenever that is.
    given.take("billing_at")
    ended_at = moment(given.take("terminated_at"), subscribed.zone)
    return subscribed.span(subscribed.schedule.period_at(ended_at), ended_at)


def _days_billed(given: Given) -> Answer:
    subscribed = _Subscribed(given)
    take_granularity(given)
    find = _BY_TIMING[Timing(given.take("billing", "in_arrears"))]
    whole = find(subscribed.schedule, moment(given.take("billing_at"), subscribed.zone))
    return {"days": whole.days(subscribed.zone)}


def _all_in_arrears(given: Given) -> Answer:
    subscribed = _Subscribed(given)
    take_granularity(given)
    periods = subscribed.schedule.periods_from(subscribed.first_day)
    inclusive = ([each.start, each.last_second] for each in periods)
    return {"periods_inclusive": inclusive, "first_usage_from": subscribed.at}


class _OnDayOfMonth:
    """A subscription that is billed on a day of the month from its start on."""

    def __init__(self, given: Given, starts: str, day: str) -> None:
        self.zone = zone_of(given)
        started = given.take(starts)
        self.starts_at, self.shown = moment(started, self.zone), like(started, self.zone)
        self.interval = interval_of(given)
        self.schedule = day_of_month_schedule(int(given.take(day)), self.starts_at, self.interval, self.zone)

    def span(self, period: BillingPeriod) -> Answer:
        """The part of a period since it started."""
        return spans(period.clip(self.starts_at, None) or period, self.shown)

    def subscription(self, ends_at: datetime | None) -> Subscription:
        """It as the core bills it."""
        return Subscription(
            id="sub_1",
            key="acme/plan",
            customer="acme",
            plan="plan",
            plan_version=1,
            interval=self.interval,
            starts_at=self.starts_at,
            ends_at=ends_at,
            anchor=self.schedule.anchor,
            time_zone=self.zone.key,
        )


def _containing_date(given: Given) -> Answer:
    billed = _OnDayOfMonth(given, "billing_start", "billing_day")
    at = moment(given.take("date"), billed.zone)
    return billed.span(billed.schedule.period_at(max(at, billed.starts_at)))


def _elapsed(given: Given) -> Answer:
    billed = _OnDayOfMonth(given, "billing_start", "billing_day")
    at = moment(given.take("date"), billed.zone)
    return {"elapsed_cycles": billed.schedule.periods_completed(billed.starts_at, at)}


def _in_advance_on(given: Given) -> Answer:
    is_first = given.take("is_first_period", False)
    billed = _OnDayOfMonth(given, "invoice_date", "billing_day")
    running = billed.schedule.period_at(billed.starts_at)
    return billed.span(running) if is_first else spans(running, billed.shown)


def _in_arrears_on(given: Given) -> Answer:
    billed = _OnDayOfMonth(given, "billing_start", "billing_day")
    return billed.span(billed.schedule.last_ended(moment(given.take("invoice_date"), billed.zone)))


def _first_cycle_date(given: Given) -> Answer:
    billed = _OnDayOfMonth(given, "start", "billing_cycle_day")
    return {"first_cycle_date": billed.shown(billed.schedule.first_boundary_at_or_after(billed.starts_at))}


def _aligned(given: Given) -> Answer:
    proposed, day = given.take("proposed"), given.take("billing_cycle_day")
    zone = zone_of(given)
    at = moment(proposed, zone)
    schedule = day_of_month_schedule(int(day), at, interval_of(given), zone)
    found = schedule.first_boundary_at_or_after(at)
    return {"in_month": on_day_of_month(local_date(at, zone), int(day)), "next": like(proposed, zone)(found)}


def _end_in_advance(given: Given) -> Answer:
    billed = _OnDayOfMonth(given, "start", "billing_cycle_day")
    return billed.span(billed.schedule.period_at(moment(given.take("target_date"), billed.zone)))


def _cycles(given: Given) -> Answer:
    billed = _OnDayOfMonth(given, "start", "billing_cycle_day")
    ends, until = given.take("end"), moment(given.take("target_date"), billed.zone)
    subscription = billed.subscription(None if ends is None else moment(ends, billed.zone))
    timing, by = Timing(given.take("billing", "in_advance")), proration_of(given)
    return {
        "cycles": cycles_billed(subscription, until, timing, by),
        "whole_periods": whole_cycles_billed(subscription, until, timing),
    }


def _cycle_day(given: Given) -> Answer:
    zone = zone_of(given)
    return {"billing_cycle_day": local_date(moment(given.take("start"), zone), zone).day}


QUESTIONS: Mapping[str, Callable[[Given], Answer]] = {
    "period billed in arrears at billing_at": _in_arrears,
    "period billed in advance at billing_at": _in_advance,
    "period running when terminated": _when_terminated,
    "days in the billed period (denominator of one day's price)": _days_billed,
    "billed period in arrears": _all_in_arrears,
    "billed periods in arrears": _all_in_arrears,
    "period containing the date": _containing_date,
    "complete cycles elapsed at the date": _elapsed,
    "period billed in advance on this date": _in_advance_on,
    "period billed in arrears on this date": _in_arrears_on,
    "first billing cycle date on or after the start": _first_cycle_date,
    "cycle date in the month of the proposed date, and next cycle date on or after it": _aligned,
    "end of the period billed in advance": _end_in_advance,
    "number of monthly cycles billed in advance up to target_date": _cycles,
    "whole periods billed": _cycles,
    "billing cycle day of a subscription that starts at the instant": _cycle_day,
}
