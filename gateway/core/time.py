"""Instants and zones: everything is aware UTC inside; zones appear only where people set boundaries."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.core.errors import InvalidValue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = EPOCH
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_RFC_3339 = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<minute>(?:[01]\d|2[0-3]):\d\d):(?P<second>\d\d)"
    r"(?:\.(?P<fraction>\d{1,9}))?(?P<offset>[Zz]|[+-]\d\d:\d\d)?",
    re.ASCII,
)
# Names whose meaning depends on the machine, or that count leap seconds.
_NO_ZONES = ("right/", "posix/", "posixrules", "localtime", "Factory")


def utc(instant: datetime) -> datetime:
    """`instant` in UTC. Raises `InvalidValue` if it has no offset or lies outside the years 1970 to 8999."""
    if instant.tzinfo is None:
        raise InvalidValue(f"{instant.isoformat()} has no offset; write it like {instant.isoformat()}Z")
    # Compared before converting: a time on the edge of year 9999 overflows in astimezone, but not here.
    if EARLIEST <= instant < LATEST:
        return instant.astimezone(UTC)
    raise InvalidValue(f"{instant.isoformat()} is outside the years {EARLIEST.year} to {LATEST.year - 1}")


def read_instant(text: str) -> datetime:
    """The UTC instant of an RFC 3339 text with offset, rounded half-up to the microsecond.

    Raises `InvalidValue` for anything else, also for other forms of ISO 8601 and for leap seconds.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise InvalidValue(f"{text[:40]!r} is not an RFC 3339 time; write it like 2026-01-31T09:30:00Z")
    if match["second"] == "60":
        raise InvalidValue(f"{text!r} is a leap second, which has no place here; send the second before or after it")
    if match["offset"] is None:
        raise InvalidValue(f"{text!r} has no offset; write it like {text}Z")
    return utc(_instant(text, match)) + _fraction(match["fraction"] or "")


def _instant(text: str, match: re.Match[str]) -> datetime:
    try:
        return datetime.fromisoformat(f"{match['day']}T{match['minute']}:{match['second']}{match['offset'].upper()}")
    except ValueError as error:
        raise InvalidValue(f"{text!r} is not a time: {error}") from None


def _fraction(digits: str) -> timedelta:
    nanoseconds = int(digits.ljust(9, "0"))
    return timedelta(microseconds=(nanoseconds + 500) // 1000)


def read_zone(name: str) -> ZoneInfo:
    """The IANA zone called `name`. Raises `InvalidValue` if there is none."""
    try:
        if name.startswith(_NO_ZONES):
            raise ValueError(name)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValue(f"{name!r} is not an IANA time zone such as America/New_York") from None


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970, the form in which instants are stored and compared."""
    return (instant - EPOCH) // MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The UTC instant `count` microseconds after 1970."""
    return EPOCH + MICROSECOND * count


def instant_text(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z`, microseconds only where there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant at which clocks in `zone` show `wall` (naive).

    A wall time that a change of clocks skips counts as if the change had not happened yet, so 02:30 becomes 03:30
    summer time; one that occurs twice is its first occurrence. (RFC 5545, section 3.3.5.)
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day in `zone` at `instant`."""
    return instant.astimezone(zone).date()


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which `day` begins in `zone`; where clocks skip midnight, the first that they show."""
    return local_instant(datetime.combine(day, time()), zone)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day of a zone is over."""
    return local_midnight(day + timedelta(days=1), zone)


def local_days_between(start: datetime, end: datetime, zone: ZoneInfo) -> int:
    """How often the calendar day in `zone` changes from `start` to `end`; a day of 23 or 25 hours counts as one."""
    return (local_date(end, zone) - local_date(start, zone)).days
