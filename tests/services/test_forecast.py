"""Forecasts: what running periods will come to, from the days before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.forecasting.projection import ForecastMethod
from gateway.core.numbers import plain
from gateway.services import daily_usage
from gateway.services.change_plan import change_plan
from gateway.services.forecast import Forecast, forecasts
from gateway.services.projected_revenue import forecasts_of_customers, projected_revenue
from gateway.services.record_phases import Change, Moment
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, Counting, document

NOON = datetime(2026, 1, 16, 12, tzinfo=UTC)
ON_THE_11TH = datetime(2026, 3, 11, tzinfo=UTC)


def forecast(company: Company, subscription_id: str, at: datetime | None = None) -> Forecast:
    return forecasts(company.installation, company.projector, [subscription_id], at)[subscription_id]


def amounts(lines: Any) -> list[tuple[str, str, str]]:
    return [
        ("/".join([each.price, *(value for _, value in each.dimensions)]), plain(each.quantity), str(each.amount))
        for each in lines
    ]


def use_every_day(company: Company, customer: str = "acme", days: int = 69) -> None:
    """Two calls of one user and half a gigabyte on each day from New Year on."""
    for day in range(days):
        at = f"{JANUARY + timedelta(days=day, hours=9):%Y-%m-%dT%H:%M:%SZ}"
        company.call(at, "ann", customer, times=2)
        company.upload(at, "0.5", customer=customer)


def test_half_way_through_a_first_period_it_comes_to_twice_as_much_usage(company: Company) -> None:
    subscription = company.sign()
    company.clock.set(NOON)
    company.call("2026-01-05T12:00:00Z", "ann", times=4)
    company.upload("2026-01-06T12:00:00Z", "1.5")

    found = forecast(company, subscription.id)

    assert amounts(found.lines) == [
        ("base", "1", "49.00"),
        ("calls", "8", "9.45"),
        ("users", "2", "8.00"),
        ("traffic/eu", "3", "0.38"),
    ]
    shown = found.range
    assert [str(each) for each in (shown.low, shown.expected, shown.high)] == ["65.78", "66.83", "67.87"]
    assert (found.method, found.at) == (ForecastMethod.STRAIGHT_LINE, NOON)


def test_after_some_weeks_days_say_what_is_still_to_come(company: Company) -> None:
    subscription = company.sign()
    company.clock.set(ON_THE_11TH)
    use_every_day(company)

    found = forecast(company, subscription.id)

    # Two calls and half a gigabyte on each of 31 days, of one user.
    assert amounts(found.lines) == [
        ("base", "1", "49.00"),
        ("calls", "62", "62.91"),
        ("users", "1", "4.00"),
        ("traffic/eu", "15.5", "1.94"),
    ]
    assert (found.method, str(found.range.low), str(found.range.high)) == (ForecastMethod.HISTORY, "117.85", "117.85")


def test_a_forecast_of_the_past_knows_nothing_of_what_followed(sqlite_company: Company) -> None:
    subscription = sqlite_company.sign()
    sqlite_company.clock.set(ON_THE_11TH)
    use_every_day(sqlite_company)
    before = forecast(sqlite_company, subscription.id)
    sqlite_company.clock.set(MARCH + timedelta(days=31))
    sqlite_company.call("2026-03-12T12:00:00Z", "bob", times=1000)

    found = forecast(sqlite_company, subscription.id, ON_THE_11TH)

    assert (found.lines, found.amounts, found.method) == (before.lines, before.amounts, before.method)


def test_at_the_end_of_a_period_it_came_to_what_the_invoice_says(company: Company) -> None:
    subscription = company.sign(ends_at=FEBRUARY)
    company.call("2026-01-05T12:00:00Z", "ann", times=4)
    company.upload("2026-01-06T12:00:00Z", "8")

    found = forecast(company, subscription.id)
    company.bill(MARCH)

    billed = [line for each in company.invoices() for line in each.lines]
    assert (found.at, sorted(amounts(found.lines))) == (FEBRUARY, sorted(amounts(billed)))
    assert (found.method, found.range.low) == (ForecastMethod.CERTAIN, found.range.high)


def test_true_ups_and_fees_in_arrears_are_expected(sqlite_company: Company) -> None:
    definitions = document()
    definitions["plans"][0]["prices"][0]["timing"] = "in_arrears"
    sqlite_company.define(definitions)
    subscription = sqlite_company.sign()
    sqlite_company.clock.set(NOON)

    found = amounts(forecast(sqlite_company, subscription.id).lines)

    assert (found[0], found[-1]) == (("base", "1", "49.00"), ("minimum", "1", "10.00"))


def test_a_free_trial_comes_to_nothing_for_certain(sqlite_company: Company) -> None:
    subscription = sqlite_company.sign(trial_ends_at=FEBRUARY)
    sqlite_company.clock.set(NOON)
    sqlite_company.call("2026-01-05T12:00:00Z", times=4)

    found = forecast(sqlite_company, subscription.id)

    assert (found.lines, found.method, str(found.range.high)) == ((), ForecastMethod.CERTAIN, "0.00")


def test_days_before_a_change_of_the_plan_count_if_it_prices_the_same_meters(sqlite_company: Company) -> None:
    subscription = sqlite_company.sign()
    definitions = document()
    definitions["plans"][0]["prices"][1]["tiers"] = [{"unit_amount": "2.00"}]
    sqlite_company.clock.set(MARCH)
    sqlite_company.define(definitions)
    change_plan(sqlite_company.installation, Change(subscription.id, Moment.NOW, "ada", "p"), "pro", 2)
    sqlite_company.clock.set(ON_THE_11TH)
    use_every_day(sqlite_company)

    found = forecast(sqlite_company, subscription.id)

    assert (found.method, amounts(found.lines)[1]) == (ForecastMethod.HISTORY, ("calls", "62", "124.00"))


def test_a_day_on_which_it_began_says_nothing(sqlite_company: Company) -> None:
    begun = datetime(2026, 1, 1, 12, tzinfo=UTC)
    subscription = sqlite_company.sign(starts_at=begun, anchor=JANUARY)
    sqlite_company.clock.set(ON_THE_11TH)
    use_every_day(sqlite_company)
    sqlite_company.call("2026-01-01T13:00:00Z", times=1000)

    found = forecast(sqlite_company, subscription.id)

    assert amounts(found.lines)[1] == ("calls", "62", "62.91")


def test_many_values_of_a_unique_count_are_not_read(sqlite_company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daily_usage, "values_max", 0)
    subscription = sqlite_company.sign()
    sqlite_company.clock.set(ON_THE_11TH)
    use_every_day(sqlite_company)

    found = forecast(sqlite_company, subscription.id)

    assert (found.method, amounts(found.lines)[2]) == (ForecastMethod.MIXED, ("users", "3", "12.00"))


def test_statements_do_not_grow_with_subscriptions(company: Company) -> None:
    ids = []
    for number in range(4):
        ids.append(company.sign(f"customer-{number}").id)
        company.call("2026-01-05T12:00:00Z", customer=f"customer-{number}")
    company.projector.catch_up()

    def statements(asked: list[str], at: datetime | None) -> int:
        counting = Counting(company.installation.storage)
        assert len(forecasts(company.on(counting).installation, company.projector, asked, at)) == len(asked)
        return counting.statements

    assert statements(ids, None) == statements(ids[:1], None)
    assert statements(ids, NOON) == statements(ids[:1], NOON)


def test_customers_come_to_something_together(sqlite_company: Company) -> None:
    for customer in ("acme", "beta"):
        sqlite_company.sign(customer)
    sqlite_company.sign("gamma", starts_at=MARCH + timedelta(days=30))
    sqlite_company.clock.set(ON_THE_11TH)
    use_every_day(sqlite_company)

    found = forecasts_of_customers(sqlite_company.installation, sqlite_company.projector)
    [total] = projected_revenue(found)

    # acme's 117.85, and of beta the fee and the minimum, on its past of nothing.
    assert [each.customer for each in total.forecasts] == ["acme", "beta"]
    assert (str(total.range.expected), total.currency, str(total.expected_on_a_line)) == ("176.85", "USD", "0.00")


def test_more_subscriptions_than_may_be_are_refused(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.sign("beta")

    with pytest.raises(InvalidValue, match="2 subscriptions are more than 1; ask for one customer, or use `gateway"):
        forecasts_of_customers(sqlite_company.installation, sqlite_company.projector, subscriptions_max=1)
