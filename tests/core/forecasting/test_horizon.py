"""The days between now and the end of a period, and past days that had as many before them."""

from datetime import date

import pytest

from gateway.core.forecasting.horizon import Horizon, day_parts
from gateway.core.periods.period import BillingPeriod
from tests.core.samples import NEW_YORK, at, local, month

UTC_ZONE = type(NEW_YORK)("UTC")


def horizon(as_of: str, days: int = 3) -> Horizon:
    """Of a period of January's first days."""
    return Horizon.of(BillingPeriod(at("2026-01-01"), at(f"2026-01-0{days + 1}")), at(as_of), UTC_ZONE)


def test_whole_days_are_still_to_come_at_midnight() -> None:
    assert horizon("2026-01-02") == Horizon(date(2026, 1, 2), 1, (day_parts, day_parts))


def test_a_part_of_today_is_still_to_come() -> None:
    assert horizon("2026-01-02T18:00") == Horizon(date(2026, 1, 2), 1, (360, day_parts))


def test_before_its_start_all_of_a_period_is_still_to_come() -> None:
    assert horizon("2025-12-24", days=2) == Horizon(date(2026, 1, 1), 0, (day_parts, day_parts))


def test_a_period_that_ends_within_a_day_has_a_part_of_it() -> None:
    found = Horizon.of(BillingPeriod(at("2026-01-01"), at("2026-01-02T06:00")), at("2026-01-01"), UTC_ZONE)

    assert found.parts == (day_parts, 360)


def test_days_are_those_of_the_zone_however_long_they_are() -> None:
    period = BillingPeriod(local("2026-03-01"), local("2026-04-01"))

    found = Horizon.of(period, local("2026-03-08"), NEW_YORK)  # clocks go forward on this day

    assert (found.today, found.elapsed, found.parts) == (date(2026, 3, 8), 7, (day_parts,) * 24)


def test_days_of_the_week_are_added_from_today_on() -> None:
    found = Horizon.of(month(1), at("2026-01-23T12:00"), UTC_ZONE)

    assert found.by_weekday() == (720 + 1440, 2880, 1440, 1440, 1440, 1440, 1440)


@pytest.mark.parametrize(
    ("days", "before", "origins"),
    [
        (30, 14, ()),  # 27, 25, ... 15 are seven
        (31, 14, (28, 26, 24, 22, 20, 18, 16, 14)),
        (31, 15, ()),
        (1000, 14, tuple(range(997, 941, -2))),
    ],
)
def test_origins_are_every_second_day_with_days_before_and_behind(
    days: int, before: int, origins: tuple[int, ...]
) -> None:
    assert Horizon(date(2026, 1, 2), 1, (day_parts,) * 3).origins(days, before) == origins


def test_a_forecast_reads_as_many_days_as_its_origins_look_back() -> None:
    found = Horizon(date(2026, 1, 11), 10, (day_parts,) * 21)

    assert (found.history_days_max(31), found.history_days_max(7)) == (56 + 21 + 31, 56 + 21 + 28)
