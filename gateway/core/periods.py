"""Billing periods: half-open spans found as anchor + n x interval in the subscription's zone."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from gateway.core.errors import InvalidValue
from gateway.core.faults import require
from gateway.core.time import local_instant

interval_count_max = 366


class IntervalUnit(StrEnum):
    """What a billing interval counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_MONTHS = {IntervalUnit.MONTH: 1, IntervalUnit.YEAR: 12}
_DAYS = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7}


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

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    @property
    def length(self) -> timedelta:
        """Elapsed time, so a day on which clocks change has 23 or 25 hours."""
        return self.end - self.start

    def clip(self, start: datetime, end: datetime | None) -> "BillingPeriod | None":
        """The part of this period in `[start, end)`; None if there is none."""
        first, last = max(self.start, start), self.end if end is None else min(self.end, end)
        return BillingPeriod(first, last) if first < last else None

    def share_of(self, whole: "BillingPeriod") -> Fraction:
        """This period's length as an exact fraction of `whole`, by the microsecond."""
        return Fraction(self.length // timedelta(microseconds=1), whole.length // timedelta(microseconds=1))


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
        return local_instant(_step(wall, self.interval, n), self.zone)

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

    def _estimate(self, instant: datetime) -> int:
        local, anchor = instant.astimezone(self.zone), self.anchor.astimezone(self.zone)
        if self.interval.unit in _MONTHS:
            months = (local.year - anchor.year) * 12 + local.month - anchor.month
            return months // (_MONTHS[self.interval.unit] * self.interval.count)
        # Plain UTC difference: Python subtracts two times of one zone as wall time, an hour off across a change.
        days = (instant.astimezone(UTC) - self.anchor.astimezone(UTC)).days
        return days // (_DAYS[self.interval.unit] * self.interval.count)


def _step(wall: datetime, interval: Interval, n: int) -> datetime:
    if interval.unit in _DAYS:
        return wall + timedelta(days=_DAYS[interval.unit] * interval.count * n)
    months = wall.month - 1 + _MONTHS[interval.unit] * interval.count * n
    year, month = wall.year + months // 12, months % 12 + 1
    return wall.replace(year=year, month=month, day=min(wall.day, monthrange(year, month)[1]))
