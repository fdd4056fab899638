"""Windows of time: minutes, hours, days and months as a zone's clocks show them."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gateway.core.errors import InvalidValue
from gateway.core.periods.period import BillingPeriod
from gateway.core.time import local_date, local_instant

windows_max = 10_000
_INSTANT = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


class Window(StrEnum):
    """How long a window is; a day has 23 or 25 hours where clocks change."""

    MINUTE = "minute"
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


def windows_from(start: datetime, window: Window, zone: ZoneInfo) -> Iterator[BillingPeriod]:
    """The endless row of windows from `start` on, the first cut to it."""
    while True:
        end = _next(start, window, zone)
        yield BillingPeriod(start, end)
        start = end


def window_at(instant: datetime, window: Window, zone: ZoneInfo) -> datetime:
    """The start of the window that holds `instant`: the same for all instants of a window, another for all others."""
    return _STARTS[window](instant, zone)


def span_around(instants: Iterable[datetime], window: Window, zone: ZoneInfo) -> BillingPeriod:
    """The shortest span of whole windows that holds all `instants`, of which there is at least one."""
    found = sorted(instants)
    return BillingPeriod(window_at(found[0], window, zone), _next(found[-1], window, zone))


def span_through(start: datetime, last: datetime) -> BillingPeriod:
    """The span from `start` through the second of `last`, as documents write it that include both of their ends."""
    return BillingPeriod(start, last.replace(microsecond=0) + _SECOND)


def _ends(span: BillingPeriod, window: Window | None, zone: ZoneInfo) -> Iterator[datetime]:
    """The ends of windows after the start of `span`, in order, the last one its own."""
    start = span.start
    while window is not None and (end := _next(start, window, zone)) < span.end:
        yield end
        start = end
    yield span.end


def _next(instant: datetime, window: Window, zone: ZoneInfo) -> datetime:
    """The first instant after `instant` at which a window begins."""
    if window is Window.MINUTE:
        return _minute(instant, zone) + _MINUTE
    if window is Window.HOUR:
        return _hour_end(instant, zone)
    day = local_date(instant, zone)
    end = instant
    while end <= instant:
        # Again where a zone skipped a whole day.
        day = _following(day, window)
        end = _midnight(day, zone)
    return end


def _minute(instant: datetime, _zone: ZoneInfo) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _hour(instant: datetime, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone)
    return instant - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def _hour_end(instant: datetime, zone: ZoneInfo) -> datetime:
    """An hour of elapsed time after the hour began, or where clocks change by a part of an hour before that."""
    begun = _hour(instant, zone)
    end = begun + _HOUR
    if _hour(end - _INSTANT, zone) == begun:
        return end
    first = instant.replace(microsecond=0) + _SECOND
    return first + _SECOND * bisect_left(
        range(3_600), True, key=lambda more: _hour(first + _SECOND * more, zone) != begun
    )


def _day(instant: datetime, zone: ZoneInfo) -> datetime:
    return _latest_midnight(local_date(instant, zone), Window.DAY, instant, zone)


def _month(instant: datetime, zone: ZoneInfo) -> datetime:
    return _latest_midnight(local_date(instant, zone).replace(day=1), Window.MONTH, instant, zone)


def _latest_midnight(day: date, window: Window, instant: datetime, zone: ZoneInfo) -> datetime:
    """The start of `day`, or of what follows where clocks went back over its midnight."""
    following = _midnight(_following(day, window), zone)
    return following if following <= instant else _midnight(day, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return local_instant(datetime.combine(day, time()), zone)


def _following(day: date, window: Window) -> date:
    if window is Window.DAY:
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


_STARTS: Mapping[Window, Callable[[datetime, ZoneInfo], datetime]] = {
    Window.MINUTE: _minute,
    Window.HOUR: _hour,
    Window.DAY: _day,
    Window.MONTH: _month,
}
