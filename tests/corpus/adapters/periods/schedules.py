"""Questions about a schedule with an anchor of its own."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.core.periods.anchors import Weekday, calendar_schedule
from gateway.core.periods.period import BillingPeriod, BillingSchedule
from gateway.core.time import local_days_between
from tests.corpus.adapters.periods.reading import (
    Shown,
    interval_of,
    like,
    moment,
    spans,
    take_granularity,
    zone_of,
)
from tests.corpus.given import Given


def _anchored(given: Given) -> tuple[BillingSchedule, ZoneInfo, Shown]:
    zone, anchor = zone_of(given), given.take("anchor")
    return BillingSchedule(moment(anchor, zone), interval_of(given), zone), zone, like(anchor, zone)


def _period_end(given: Given) -> Mapping[str, object]:
    schedule, zone, shown = _anchored(given)
    starts_at = moment(given.take("current_period_start"), zone)
    ends = given.take("subscription_end")
    running = schedule.period_at(starts_at).clip(starts_at, None if ends is None else moment(ends, zone))
    return {"period_end": None if running is None else shown(running.end)}


def _recurrence(
    name: str, find: Callable[[BillingSchedule, datetime], datetime]
) -> Callable[[Given], Mapping[str, object]]:
    def answer(given: Given) -> Mapping[str, object]:
        schedule, zone, shown = _anchored(given)
        return {name: shown(find(schedule, moment(given.take("instant"), zone)))}

    return answer


def _containing_instant(given: Given) -> Mapping[str, object]:
    schedule, zone, shown = _anchored(given)
    return spans(schedule.period_at(moment(given.take("instant"), zone)), shown)


def _periods(given: Given) -> Mapping[str, object]:
    schedule, zone, shown = _anchored(given)
    return _rows(schedule.periods_from(moment(given.take("subscription_start"), zone)), shown)


def _periods_of_second_phase(given: Given) -> Mapping[str, object]:
    schedule, zone, shown = _anchored(given)
    starts_at, phase_at = moment(given.take("subscription_start"), zone), moment(given.take("phase_2_start"), zone)
    return _rows(schedule.periods_from(max(starts_at, phase_at)), shown)


def _rows(periods: Iterator[BillingPeriod], shown: Shown) -> dict[str, object]:
    return {"periods": ([shown(each.start), shown(each.end)] for each in periods)}


def _period_ends(given: Given) -> Mapping[str, object]:
    schedule, zone, shown = _anchored(given)
    periods = schedule.periods_from(moment(given.take("subscription_start"), zone))
    return {"period_ends": (shown(each.end) for each in periods)}


def _calendar_boundary(given: Given) -> Mapping[str, object]:
    zone, starts = zone_of(given), given.take("subscription_start")
    week_starts_on = Weekday[given.take("week_starts_on", "monday").upper()]
    schedule = calendar_schedule(moment(starts, zone), interval_of(given), zone, week_starts_on)
    return {"anchor": like(starts, zone)(schedule.first_boundary_after(moment(starts, zone)))}


def _after_periods(given: Given) -> Mapping[str, object]:
    zone, starts = zone_of(given), given.take("start")
    take_granularity(given)
    schedule = BillingSchedule(moment(starts, zone), interval_of(given), zone)
    return {"date": like(starts, zone)(schedule.boundary(int(given.take("k"))))}


def _whole_periods(given: Given) -> Mapping[str, object]:
    zone = zone_of(given)
    take_granularity(given)
    starts_at, until = moment(given.take("from"), zone), moment(given.take("to"), zone)
    schedule = BillingSchedule(starts_at, interval_of(given), zone)
    return {"whole_periods": schedule.periods_completed(starts_at, until)}


def _local_days(given: Given) -> Mapping[str, object]:
    zone = zone_of(given)
    take_granularity(given)
    starts_at, ends_at = moment(given.take("from"), zone), moment(given.take("to"), zone)
    return {"days": local_days_between(starts_at, ends_at, zone)}


QUESTIONS: Mapping[str, Callable[[Given], Mapping[str, object]]] = {
    "end of the period that starts at current_period_start": _period_end,
    "next recurrence at or after": _recurrence("next", BillingSchedule.first_boundary_at_or_after),
    "next recurrence strictly after": _recurrence("next", BillingSchedule.first_boundary_after),
    "previous recurrence at or before": _recurrence("previous", BillingSchedule.last_boundary_at_or_before),
    "previous recurrence strictly before": _recurrence("previous", BillingSchedule.last_boundary_before),
    "period containing the instant": _containing_instant,
    "service periods": _periods,
    "service periods of the second phase": _periods_of_second_phase,
    "successive boundaries": _period_ends,
    "successive period ends": _period_ends,
    "first calendar boundary after the start": _calendar_boundary,
    "date after k periods": _after_periods,
    "whole periods between": _whole_periods,
    "local calendar days between": _local_days,
}
