"""Times are read as RFC 3339 and nothing else, and are UTC inside."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.time import (
    from_microseconds,
    instant_text,
    local_date,
    local_instant,
    microseconds,
    read_instant,
    read_zone,
    utc,
)
from tests.core.samples import instants

some_instant = instants("1970-01-01", "8999-12-31")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00Z"),
        ("2026-01-31t09:30:00z", "2026-01-31T09:30:00Z"),
        ("2026-01-31 09:30:00Z", "2026-01-31T09:30:00Z"),
        ("2026-01-31T09:30:00+05:45", "2026-01-31T03:45:00Z"),
        ("2026-01-31T09:30:00-00:00", "2026-01-31T09:30:00Z"),
        ("2026-01-31T09:30:00.5Z", "2026-01-31T09:30:00.500000Z"),
        ("2026-01-31T09:30:00.123456Z", "2026-01-31T09:30:00.123456Z"),
        ("2026-01-31T09:30:00.1234565Z", "2026-01-31T09:30:00.123457Z"),
        ("2024-02-29T23:59:59.999999999Z", "2024-03-01T00:00:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("8999-12-31T23:59:59Z", "8999-12-31T23:59:59Z"),
    ],
)
def test_an_rfc_3339_time_is_read_to_the_microsecond(text: str, instant: str) -> None:
    assert instant_text(read_instant(text)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1767225600",
        "2026-01-31",
        "20260131T0930Z",
        "2026-W05-6T09:30:00Z",
        "2026-031T09:30:00Z",
        "2026-01-31T09:30Z",
        "2026-1-31T09:30:00Z",
        "2026-01-31T09:30:00+05",
        "2026-01-31T09:30:00+0545",
        "2026-01-31T09:30:00,5Z",
        "2026-01-31T09:30:00.1234567890Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T09:30:00 Z",
        " 2026-01-31T09:30:00Z",
        "+2026-01-31T09:30:00Z",
        "\u0662026-01-31T09:30:00Z",
    ],
)
def test_other_forms_of_iso_8601_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="is not an RFC 3339 time; write it like"):
        read_instant(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2016-12-31T23:59:60Z", "is a leap second"),
        ("2026-01-31T09:30:00", "has no offset; write it like 2026-01-31T09:30:00Z"),
        ("2026-02-29T09:30:00Z", "is not a time"),
        ("2026-13-01T09:30:00Z", "is not a time"),
        ("2026-01-31T09:60:00Z", "is not a time"),
        ("2026-01-31T09:30:00+24:00", "is not a time"),
        ("1969-12-31T23:59:59Z", "is outside the years 1970 to 8999"),
        ("1970-01-01T00:00:00+00:01", "is outside the years 1970 to 8999"),
        ("9000-01-01T00:00:00Z", "is outside the years 1970 to 8999"),
        ("9999-12-31T23:59:59-23:59", "is outside the years 1970 to 8999"),
        ("0001-01-01T00:00:00+23:59", "is outside the years 1970 to 8999"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        read_instant(text)


def test_a_time_without_offset_is_never_guessed() -> None:
    with pytest.raises(InvalidValue, match="has no offset"):
        utc(datetime(2026, 1, 31, 9, 30))  # noqa: DTZ001


@given(some_instant)
def test_an_instant_survives_text_and_microseconds(instant: datetime) -> None:
    assert read_instant(instant_text(instant)) == instant
    assert from_microseconds(microseconds(instant)) == instant


@given(some_instant, st.integers(-1439, 1439))
def test_the_offset_does_not_change_the_instant(instant: datetime, minutes: int) -> None:
    shifted = instant.astimezone(timezone(timedelta(minutes=minutes)))

    assert read_instant(shifted.isoformat()) == instant


@pytest.mark.parametrize(
    "name", ["", "Mars/Base", "America/New_York ", "../etc/passwd", "right/UTC", "localtime", "\0"]
)
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="is not an IANA time zone"):
        read_zone(name)


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("America/New_York", "2026-01-01T00:00", "2026-01-01T05:00:00Z"),
        ("America/New_York", "2026-07-01T00:00", "2026-07-01T04:00:00Z"),
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30:00Z"),  # skipped: 03:30 summer time
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"),  # twice: the first, in summer time
        ("Asia/Kathmandu", "2026-01-01T00:00", "2025-12-31T18:15:00Z"),
        ("Pacific/Kiritimati", "2026-01-01T00:00", "2025-12-31T10:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00:00Z"),  # midnight skipped: 01:00
        ("America/Havana", "2025-11-02T00:00", "2025-11-02T04:00:00Z"),  # midnight twice: the first
    ],
)
def test_wall_time_follows_rfc_5545_where_clocks_change(zone: str, wall: str, instant: str) -> None:
    assert instant_text(local_instant(datetime.fromisoformat(wall), read_zone(zone))) == instant


def test_a_day_is_the_one_on_the_local_calendar() -> None:
    assert local_date(read_instant("2026-01-01T04:59:59Z"), read_zone("America/New_York")).isoformat() == "2025-12-31"
