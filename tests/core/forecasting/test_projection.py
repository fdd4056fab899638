"""With what quantities a period ends: by its past, in a straight line, or in part by each."""

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from gateway.core.forecasting.daily_usage import DailyUsage, SeriesKey, units_of
from gateway.core.forecasting.projection import Counted, ForecastMethod, Projection, has_daily_history, project
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Aggregation, Meter
from gateway.core.metering.quantities import RoundingMode, UnitRounding
from tests.core.samples import at, meter, meter_version, month

JANUARY = month(1)
ON_THE_21ST = at("2026-01-21")
TODAY = date(2026, 1, 21)
CALLS: SeriesKey = ("calls", ())


def counted(
    daily: DailyUsage | None, *quantities: MeteredQuantity, as_of: str = "2026-01-21", **meters: Meter
) -> Counted:
    return Counted(quantities, JANUARY, at(as_of), ZoneInfo("UTC"), meters, daily)


def history(days: int = 60, **series: str) -> DailyUsage:
    """The same quantity on each of the days before the 21st of January."""
    added = {(key, ()): [units_of(Decimal(each))] * days for key, each in series.items()}
    return DailyUsage(TODAY - timedelta(days=days), days, added, {})


def quantity(amount: str, key: str = "calls", dimensions: tuple[tuple[str, str], ...] = ()) -> MeteredQuantity:
    return MeteredQuantity(key, 1, dimensions, Decimal(amount))


def ends(found: Projection) -> tuple[list[str], set[str], set[str]]:
    """What is expected, and the lower and higher outcomes of the first quantity."""
    low, high = ({str(each[side][0].quantity) for each in found.outcomes} for side in (0, 1))
    return [f"{each.meter}/{each.quantity}" for each in found.expected], low, high


def test_with_a_past_the_rest_comes_as_days_did() -> None:
    found = project(counted(history(calls="3"), quantity("100"), calls=meter(key="calls")))

    assert found.method is ForecastMethod.HISTORY
    assert ends(found) == (["calls/133"], {"133"}, {"133"})  # 11 days, and not 100 * 31 / 20
    assert len(found.outcomes) == 18  # origins: the 49th day, the 47th, ... the 15th


def test_with_a_short_past_it_goes_on_in_a_straight_line_with_a_margin() -> None:
    found = project(counted(history(20, calls="3"), quantity("100"), calls=meter(key="calls")))

    assert found.method is ForecastMethod.STRAIGHT_LINE
    assert ends(found) == (["calls/155"], {"139"}, {"172"})  # 55 more, less or more three tenths of it


def test_without_any_past_it_goes_on_in_a_straight_line() -> None:
    found = project(counted(None, quantity("100"), calls=meter(key="calls")))

    assert (found.method, len(found.outcomes)) == (ForecastMethod.STRAIGHT_LINE, 1)


def test_some_meters_go_by_their_past_and_others_in_a_line() -> None:
    meters = {"calls": meter(key="calls"), "seats": meter(Aggregation.WEIGHTED_SUM, key="seats")}

    found = project(counted(history(calls="3"), quantity("100"), quantity("20", "seats"), **meters))

    assert (found.method, ends(found)[0]) == (ForecastMethod.MIXED, ["calls/133", "seats/31"])
    assert {str(high[1].quantity) for _, high in found.outcomes} == {"34"}


def test_nothing_is_left_to_forecast_of_what_does_not_grow() -> None:
    highest = meter(Aggregation.MAX, key="calls")

    found = project(counted(history(), quantity("100"), calls=highest))

    assert (found.method, ends(found)) == (ForecastMethod.CERTAIN, (["calls/100"], {"100"}, {"100"}))


def test_nothing_is_left_to_forecast_at_the_end() -> None:
    found = project(counted(history(calls="3"), quantity("100"), as_of="2026-02-01", calls=meter(key="calls")))

    assert found.method is ForecastMethod.CERTAIN


def test_a_value_of_a_dimension_that_was_not_used_yet_may_still_come() -> None:
    eu, us = ("calls", (("zone", "eu"),)), ("calls", (("zone", "us"),))
    daily = DailyUsage(date(2025, 11, 22), 60, {CALLS: [0] * 60, eu: [units_of(Decimal("0.5"))] * 60}, {})

    found = project(counted(daily, quantity("7", dimensions=us[1]), calls=meter(key="calls", dimensions=("zone",))))

    # 11 halves in Europe, in parts as they came; what was used in America today alone stays as it is.
    assert [(each.dimensions, str(each.quantity)) for each in found.expected] == [
        (eu[1], "5.500000000000"),
        (us[1], "7"),
    ]


def test_a_meter_that_was_never_used_has_a_past_of_nothing() -> None:
    found = project(counted(history(calls="0"), calls=meter(key="calls")))

    assert (found.method, found.expected) == (ForecastMethod.HISTORY, ())


def test_of_a_unique_count_new_values_still_come() -> None:
    names = [frozenset({"ann", f"guest-{day}"}) for day in range(80)]
    daily = DailyUsage(TODAY - timedelta(days=80), 80, {}, {("users", ()): names})

    found = project(counted(daily, quantity("21", "users"), users=meter(Aggregation.UNIQUE_COUNT, key="users")))

    assert (found.method, ends(found)[0]) == (ForecastMethod.HISTORY, ["users/32"])  # a guest on each of 11 days


def test_a_series_with_fewer_origins_is_as_expected_at_the_others() -> None:
    daily = DailyUsage(
        TODAY - timedelta(days=60),
        60,
        {CALLS: [units_of(Decimal(3))] * 60},
        {("users", ()): [frozenset({f"guest-{day}"}) for day in range(60)]},
    )
    meters = {"calls": meter(key="calls"), "users": meter(Aggregation.UNIQUE_COUNT, key="users")}

    found = project(counted(daily, quantity("60"), quantity("20", "users"), **meters))

    # Users need the 20 days before an origin that have passed in the period; calls need a fortnight.
    assert len(found.outcomes) == 18
    assert {str(low[1].quantity) for low, _ in found.outcomes} == {"31"}


def test_days_after_today_are_not_looked_at() -> None:
    daily = history(60, calls="3")
    later = DailyUsage(daily.first, 70, {CALLS: [*daily.added[CALLS], *[units_of(Decimal(1000))] * 10]}, {})

    found = project(counted(later, quantity("100"), calls=meter(key="calls")))

    assert ends(found)[0] == ["calls/133"]


@pytest.mark.parametrize(
    ("of", "has_history"),
    [
        (meter(), True),
        (meter(Aggregation.SUM), True),
        (meter(Aggregation.UNIQUE_COUNT), True),
        (meter(Aggregation.MAX), False),
        (meter(Aggregation.SUM, recurring=True), False),
        (meter(rounding=UnitRounding(RoundingMode.UP)), False),
        (Meter("departures", "Departures", (meter_version(), meter_version(version=2))), False),
    ],
)
def test_days_say_what_is_added_up_or_met(of: Meter, has_history: bool) -> None:
    assert has_daily_history(of, by_transaction=False) is has_history
    assert not has_daily_history(of, by_transaction=True)
