"""Months of the books as texts such as `2013-06`, which sort by time."""

import re
from datetime import date

from gateway.core.errors import InvalidValue

_MONTH = re.compile(r"(?!0000)\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)


def read_month(text: str) -> str:
    """`text`, if it names a month. Raises `InvalidValue`."""
    if _MONTH.fullmatch(text):
        return text
    raise InvalidValue(f"{text[:40]!r} is not a month; write it like 2013-06")


def month_of(day: date) -> str:
    """The month that a day is in."""
    return day.isoformat()[:7]


def first_day(month: str) -> date:
    """The day that a month begins with."""
    return date.fromisoformat(f"{month}-01")


def month_after(month: str) -> str:
    """The month that follows."""
    year, number = _parts(month)
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def month_before(month: str) -> str:
    """The month that went before."""
    year, number = _parts(month)
    return f"{year - (number == 1):04}-{(number - 2) % 12 + 1:02}"


def _parts(month: str) -> tuple[int, int]:
    year, number = month.split("-")
    return int(year), int(number)
