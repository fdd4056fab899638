"""Local days: which a span touches, and for how many of them something is there."""

from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from gateway.core.periods.days import active_days, days_from, days_of, share_by_days
from gateway.core.periods.period import BillingPeriod
from tests.core.samples import local

ZONE = "Pacific/Auckland"
AUCKLAND = ZoneInfo(ZONE)


def span(start: str, end: str) -> BillingPeriod:
    return BillingPeriod(local(start, ZONE), local(end, ZONE))


MARCH = span("2026-03-01", "2026-04-01")
TOUCHED = [
    # a span on the wall in Auckland, how many days it touches
    ("2026-03-01", "2026-04-01", 31),
    ("2026-03-01", "2026-03-01T00:00:01", 1),
    ("2026-03-01T23:00", "2026-03-02T01:00", 2),
    ("2026-03-01T08:00", "2026-03-01T20:00", 1),
    ("2026-03-01T12:00", "2026-03-02", 1),
]


@pytest.mark.parametrize(("start", "end", "days"), TOUCHED)
def test_a_span_touches_the_days_of_its_zone(start: str, end: str, days: int) -> None:
    assert len(days_of(span(start, end), AUCKLAND)) == days


LEFT = [
    # an instant on the wall in Auckland, days of March from its own on
    ("2026-02-10", 31),
    ("2026-03-01", 31),
    ("2026-03-31T08:00", 1),
    ("2026-03-30T20:00", 2),
]


@pytest.mark.parametrize(("instant", "days"), LEFT)
def test_days_are_left_from_that_of_an_instant_on(instant: str, days: int) -> None:
    assert days_from(local(instant, ZONE), MARCH, AUCKLAND) == days


ACTIVE = [
    # what is added (+) and removed (-) on the wall in Auckland, days of March on which it is there
    ("+2026-03-10T08:00", 22),
    ("+2026-03-10T08:00 -2026-03-10T20:00", 1),
    ("+2026-03-10T20:00 -2026-03-11T08:00", 2),
    ("+2026-03-10T08:00 -2026-03-10T09:00 +2026-03-10T20:00 -2026-03-11T08:00", 2),
    ("+2026-02-10 -2026-03-02T08:00", 2),
    ("+2026-02-10 -2026-02-11", 0),
    ("-2026-03-10", 0),
    ("", 0),
]


@pytest.mark.parametrize(("operations", "days"), ACTIVE)
def test_a_value_is_there_on_whole_days_of_the_zone(operations: str, days: int) -> None:
    told = [(local(each[1:], ZONE), each[0] == "-") for each in operations.split()]

    assert active_days(told, days_of(MARCH, AUCKLAND), AUCKLAND) == days


def test_a_share_by_days_is_exact() -> None:
    assert share_by_days(10, 31) == Fraction(10, 31)
