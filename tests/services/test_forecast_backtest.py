"""Back-tests: what forecasts would have said of periods that are over, beside what came."""

from datetime import date, timedelta

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.forecasting.projection import ForecastMethod
from gateway.services.forecast_backtest import ForecastBacktest, PastForecast, backtest_forecasts
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company

APRIL = MARCH + timedelta(days=31)


def backtest(
    company: Company, days: tuple[int, ...] = (10,), customers: tuple[str, ...] | None = None
) -> list[PastForecast]:
    asked = ForecastBacktest(JANUARY, APRIL, days, customers)
    return backtest_forecasts(company.installation, company.projector, asked)


def use(company: Company, first: int, days: int, times: int) -> None:
    for day in range(first, first + days):
        company.call(f"{JANUARY + timedelta(days=day, hours=9):%Y-%m-%dT%H:%M:%SZ}", times=times)


def test_each_period_that_is_over_is_judged_by_what_came(company: Company) -> None:
    company.sign()
    company.clock.set(APRIL)
    use(company, 0, 59, times=1)
    use(company, 59, 10, times=1)
    use(company, 69, 21, times=2)

    found = backtest(company)

    # March: 31 calls were to be expected on the 11th, 52 came. 49.00 and 4.00 for one user are in each amount.
    assert [(each.begun_on, each.forecast.method, str(each.judged.actual)) for each in found] == [
        (date(2026, 1, 1), ForecastMethod.STRAIGHT_LINE, "85.22"),
        (date(2026, 2, 1), ForecastMethod.STRAIGHT_LINE, "82.25"),
        (date(2026, 3, 1), ForecastMethod.HISTORY, "106.01"),
    ]
    march = found[-1].judged
    assert (str(march.forecast.expected), str(march.line), march.is_within) == ("85.22", "93.22", False)


def test_forecasts_after_more_days_than_a_period_has_are_left_out(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.clock.set(APRIL)

    found = backtest(sqlite_company, days=(10, 28, 30))

    assert [(each.begun_on.month, each.day) for each in found] == [
        (1, 10),
        (1, 28),
        (1, 30),
        (2, 10),
        (3, 10),
        (3, 28),
        (3, 30),
    ]


def test_a_period_that_still_runs_is_not_judged(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.sign("beta")
    sqlite_company.clock.set(MARCH)

    assert {each.begun_on.month for each in backtest(sqlite_company, customers=("acme",))} == {1, 2}


def test_progress_is_told(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.clock.set(APRIL)
    told: list[tuple[int, int]] = []
    asked = ForecastBacktest(JANUARY, MARCH, (10,))

    backtest_forecasts(sqlite_company.installation, sqlite_company.projector, asked, lambda *done: told.append(done))

    assert told == [(1, 2), (2, 2)]


def test_what_cannot_be_tested_says_why(sqlite_company: Company) -> None:
    sqlite_company.clock.set(MARCH)

    with pytest.raises(InvalidValue, match="No billing period lies between"):
        backtest(sqlite_company)
    with pytest.raises(InvalidValue, match="must end after it starts at 2026-02-01"):
        ForecastBacktest(FEBRUARY, FEBRUARY, (10,))
    for days in ((), (0, 10)):
        with pytest.raises(InvalidValue, match="name days from 1"):
            ForecastBacktest(JANUARY, FEBRUARY, days)
