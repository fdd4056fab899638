"""Billing periods: half-open spans found as anchor + n x interval in the subscription's zone."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from gateway.core.errors import InvalidValue
from gateway.core.faults import require
from gateway.core.time import MICROSECOND, local_days_between, local_instant, local_midnight

interval_count_max = 366


class IntervalUnit(StrEnum):
    """What a billing interval counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


MONTHS = {IntervalUnit.MONTH: 1, IntervalUnit.QUARTER: 3, IntervalUnit.HALF_YEAR: 6, IntervalUnit.YEAR: 12}
_DAYS = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7}
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """`count` units, such as every 3 months."""

    unit: IntervalUnit
    count: int = 1

    def __post_init__(self) -> None:
        is_possible = 1 <= self.count <= interval_count_max
        require(("interval_count", None if is_possible else f"{self.count} is not 1 to {interval_count_max}"))


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """The half-open span `[start, end)` in UTC: an event on a boundary belongs to the later period."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise InvalidValue(f"A period must end after it starts: {self.start} to {self.end}")

    @classmethod
    def of_days(cls, first: date, last: date, zone: ZoneInfo) -> "BillingPeriod":
        """All of the local days from `first` to `last`, both of them included."""
        return cls(local_midnight(first, zone), local_midnight(last + timedelta(days=1), zone))

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    @property
    def length(self) -> timedelta:
        """Elapsed time, so a day on which clocks change has 23 or 25 hours."""
        return self.end - self.start

    @property
    def last_second(self) -> datetime:
        """The last full second, for documents that write a period with both of its ends included."""
        return self.end - _SECOND

    def days(self, zone: ZoneInfo) -> int:
        """How many local days begin after its start and up to its end."""
        return local_days_between(self.start, self.end, zone)

    def clip(self, start: datetime, end: datetime | None) -> "BillingPeriod | None":
        """The part of this period in `[start, end)`; None if there is none."""
        first, last = max(self.start, start), self.end if end is None else min(self.end, end)
        return BillingPeriod(first, last) if first < last else None

    def share_of(self, whole: "BillingPeriod") -> Fraction:
        """This period's length as an exact fraction of `whole`, by the microsecond."""
        return Fraction(self.length // MICROSECOND, whole.length // MICROSECOND)


@dataclass(frozen=True, slots=True)
class BillingSchedule:
    """The endless row of periods around `anchor` (UTC) whose wall time in `zone` every boundary shares."""

    anchor: datetime
    interval: Interval
    zone: ZoneInfo

    def boundary(self, n: int) -> datetime:
        """Boundary `n` in UTC; boundary 0 is the anchor.

        The day is always taken from the original anchor, so one on the 31st falls on 28 or 29 February and on
        31 March again.
        """
        if n == 0:
            return self.anchor.astimezone(UTC)  # its wall time may be the second of two
        wall = self.anchor.astimezone(self.zone).replace(tzinfo=None)
        return local_instant(step(wall, self.interval, n, wall.day), self.zone)

    def index_at(self, instant: datetime) -> int:
        """The number of the period that contains `instant`."""
        n = self._estimate(instant)
        while self.boundary(n) > instant:
            n -= 1
        while self.boundary(n + 1) <= instant:
            n += 1
        return n

    def period(self, n: int) -> BillingPeriod:
        """The period from boundary `n` to the next."""
        return BillingPeriod(self.boundary(n), self.boundary(n + 1))

    def period_at(self, instant: datetime) -> BillingPeriod:
        """The period that contains `instant`."""
        return self.period(self.index_at(instant))

    def first_boundary_after(self, instant: datetime) -> datetime:
        """The earliest boundary later than `instant`."""
        return self.period_at(instant).end

    def first_boundary_at_or_after(self, instant: datetime) -> datetime:
        """`instant` itself if it is a boundary, else the one that follows it."""
        found = self.period_at(instant)
        return found.start if found.start == instant else found.end

    def last_boundary_at_or_before(self, instant: datetime) -> datetime:
        """`instant` itself if it is a boundary, else the one before it."""
        return self.period_at(instant).start

    def last_boundary_before(self, instant: datetime) -> datetime:
        """The latest boundary earlier than `instant`."""
        return self.last_boundary_at_or_before(instant - MICROSECOND)

    def last_ended(self, instant: datetime) -> BillingPeriod:
        """The last period that is over at `instant`."""
        return self.period_at(self.last_boundary_before(self.last_boundary_at_or_before(instant)))

    def periods_from(self, start: datetime) -> Iterator[BillingPeriod]:
        """The endless row of periods from `start` on; the first begins there and is short if that is no boundary."""
        while True:
            # Looked up rather than counted: a local day that a zone skipped altogether is no period.
            found = BillingPeriod(start, self.first_boundary_after(start))
            yield found
            start = found.end

    def periods_completed(self, start: datetime, until: datetime) -> int:
        """How many of the periods from `start` on are over at `until`, a short first one included."""
        indices = range(self.index_at(start), self.index_at(until))
        return len({self.boundary(n + 1) for n in indices})

    def _estimate(self, instant: datetime) -> int:
        local, anchor = instant.astimezone(self.zone), self.anchor.astimezone(self.zone)
        if self.interval.unit in MONTHS:
            months = (local.year - anchor.year) * 12 + local.month - anchor.month
            return months // (MONTHS[self.interval.unit] * self.interval.count)
        # Plain UTC difference: Python subtracts two times of one zone as wall time, an hour off across a change.
        days = (instant.astimezone(UTC) - self.anchor.astimezone(UTC)).days
        return days // (_DAYS[self.interval.unit] * self.interval.count)


def step(wall: datetime, interval: Interval, n: int, day_of_month: int) -> datetime:
    """`n` intervals after a wall time; those of months on `day_of_month`, or on the last day of shorter months."""
    if interval.unit in _DAYS:
        return wall + timedelta(days=_DAYS[interval.unit] * interval.count * n)
    months = wall.month - 1 + MONTHS[interval.unit] * interval.count * n
    year, month = wall.year + months // 12, months % 12 + 1
    return wall.replace(year=year, month=month, day=min(day_of_month, monthrange(year, month)[1]))
