"""How cases write instants, days, intervals and rules of proration, and how they are answered in kind."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gateway.core.periods.period import BillingPeriod, Interval, IntervalUnit
from gateway.core.periods.proration import Proration
from gateway.core.time import local_date, local_midnight, read_instant, read_zone
from tests.corpus.given import Given

Shown = Callable[[datetime], object]


def is_day(text: str) -> bool:
    """Whether a case writes a day rather than an instant."""
    return "T" not in text


def moment(text: str, zone: ZoneInfo) -> datetime:
    """The instant that a case writes, or the local midnight of the day that it writes."""
    return local_midnight(date.fromisoformat(text), zone) if is_day(text) else read_instant(text)


def like(text: str, zone: ZoneInfo) -> Shown:
    """How to answer where the case writes `text`: with days or with instants."""
    return (lambda instant: local_date(instant, zone)) if is_day(text) else (lambda instant: instant)


def zone_of(given: Given) -> ZoneInfo:
    """The case's zone; UTC if it names none."""
    return read_zone(given.take("time_zone", "UTC"))


def interval_of(given: Given) -> Interval:
    """The case's interval; `30_days` and the like count days."""
    unit, count = given.take("interval", "month"), int(given.take("interval_count", 1))
    days, _, counted = unit.partition("_")
    if days.isdecimal() and counted == "days":
        return Interval(IntervalUnit.DAY, int(days))
    return Interval(IntervalUnit(unit), count)


def proration_of(given: Given) -> Proration:
    """By what parts are measured: a count of days that is not the calendar's, else the granularity."""
    granularity, day_count = given.take("granularity", "second"), given.take("day_count")
    return Proration(granularity if day_count is None else day_count)


def take_granularity(given: Given) -> None:
    """Pass over the granularity where the question has no parts to measure: it is a label there."""
    given.take("granularity")


def period_of(given: Given, zone: ZoneInfo) -> BillingPeriod | None:
    """The span that the fields of an object state; None if it states no end."""
    starts = given.take("from")
    if starts is None:
        return None
    if (ends := given.take("to_exclusive")) is not None:
        return BillingPeriod(moment(starts, zone), moment(ends, zone))
    if (last := given.take("to_inclusive")) is not None:
        return BillingPeriod.of_days(date.fromisoformat(starts), date.fromisoformat(last), zone)
    return None


def spans(period: BillingPeriod, shown: Shown) -> dict[str, object]:
    """A period under the names that answers have for its ends."""
    last_second = period.last_second
    return {"from": shown(period.start), "to_exclusive": shown(period.end), "to_inclusive": last_second}
