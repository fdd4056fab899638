"""Windows of time for charts: hours, days and months as a zone's clocks show them."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gateway.core.errors import InvalidValue
from gateway.core.periods import BillingPeriod
from gateway.core.time import local_date, local_instant

windows_max = 10_000
_HOUR = timedelta(hours=1)


class Window(StrEnum):
    """How long a window is; a day has 23 or 25 hours where clocks change."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


def split(span: BillingPeriod, window: Window | None, zone: ZoneInfo) -> list[BillingPeriod]:
    """The windows of `span`, the first and last cut to it; all of it where `window` is None.

    Raises `InvalidValue` for more than `windows_max`.
    """
    windows: list[BillingPeriod] = []
    start = span.start
    for end in _ends(span, window, zone):
        if len(windows) == windows_max:
            raise InvalidValue(f"More than {windows_max} windows; ask for a shorter span or longer windows")
        windows.append(BillingPeriod(start, end))
        start = end
    return windows


def _ends(span: BillingPeriod, window: Window | None, zone: ZoneInfo) -> Iterator[datetime]:
    """The ends of windows after the start of `span`, in order, the last one its own."""
    start = span.start
    while window is not None and (end := _next(start, window, zone)) < span.end:
        yield end
        start = end
    yield span.end


def _next(instant: datetime, window: Window, zone: ZoneInfo) -> datetime:
    """The first instant after `instant` at which a window begins."""
    if window is Window.HOUR:
        # Elapsed time, because an hour that clocks repeat is two of them.
        local = (instant + _HOUR).astimezone(zone)
        past_hour = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return max(instant + _HOUR - past_hour, instant + timedelta(minutes=1))
    day = local_date(instant, zone)
    end = instant
    while end <= instant:
        # Again where a zone skipped a whole day.
        day = _following(day, window)
        end = local_instant(datetime.combine(day, time()), zone)
    return end


def _following(day: date, window: Window) -> date:
    if window is Window.DAY:
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
