"""The horizon: the days between now and the end of a period, and the days in the past that were like them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.core.periods.period import BillingPeriod
from gateway.core.time import MICROSECOND, local_date, local_midnight

day_parts = 1440
"""A day is told in so many parts, those of a part of a day rounded down: its minutes, where clocks do not change."""

days_before_min = 14
"""An origin has two weeks before it, so that each day of the week was seen twice."""

origins_max = 28
origins_min = 8
_days_between_origins = 2
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Horizon:
    """The days still to come from `today` on, each with how many of its parts are; `elapsed` days have passed."""

    today: date
    elapsed: int
    parts: tuple[int, ...]

    @classmethod
    def of(cls, period: BillingPeriod, at: datetime, zone: ZoneInfo) -> "Horizon":
        """What is left of `period` at an instant of it."""
        start, today = max(period.start, at), local_date(max(period.start, at), zone)
        days = (local_date(period.end - MICROSECOND, zone) - today).days + 1
        parts = tuple(_parts(BillingPeriod(start, period.end), today + number * _DAY, zone) for number in range(days))
        return cls(today, (today - local_date(period.start, zone)).days, parts)

    @property
    def days(self) -> int:
        """How many days it touches."""
        return len(self.parts)

    def by_weekday(self) -> tuple[int, ...]:
        """The parts still to come of today's day of the week, and of the six that follow it."""
        return tuple(sum(self.parts[number::7]) for number in range(7))

    def origins(self, days: int, days_before: int = days_before_min) -> tuple[int, ...]:
        """The past days from which to forecast as many days ahead as now, all of them among the `days` before today.

        The latest first, every second day, `origins_max` at most; none where there are fewer than `origins_min`.
        Each has `days_before` before it. Every second one tells as much as every one: neighbours share most days.
        """
        last = days - self.days
        found = tuple(range(last, days_before - 1, -_days_between_origins))[:origins_max]
        return found if len(found) >= origins_min else ()

    def history_days_max(self, period_days: int) -> int:
        """How many days before today say all that a forecast of a period of so many days reads."""
        return origins_max * _days_between_origins + self.days + max(period_days, 4 * 7)


def _parts(left: BillingPeriod, day: date, zone: ZoneInfo) -> int:
    """How many of a day's parts lie in what is left."""
    whole = BillingPeriod(local_midnight(day, zone), local_midnight(day + _DAY, zone))
    part = whole.clip(left.start, left.end)
    return 0 if part is None else day_parts * (part.length // MICROSECOND) // (whole.length // MICROSECOND)
