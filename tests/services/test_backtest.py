"""A back-test says what every subscriber would have paid by another version, and leaves everything as it is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.money import Money
from gateway.services import backtest as backtests
from gateway.services.backtest import Backtest, backtest
from gateway.services.customers import SubscriptionRequest, create_customer, subscribe
from gateway.services.pause_subscription import pause_subscription
from gateway.services.record_phases import Change
from gateway.services.resume_subscription import resume_subscription
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, document
from tests.services.quarter import APRIL, bill_a_quarter, dearer, pro


def test_a_backtest_has_discounts_and_taxes(sqlite_company: Company) -> None:
    bill_a_quarter(sqlite_company)

    [compared] = backtest(sqlite_company.installation, Backtest(dearer(pro(sqlite_company)), JANUARY, APRIL))

    # Three fees of 49.00 or 59.00, two of them less 10 %, and 20 % tax.
    assert (str(compared.before), str(compared.after)) == ("187.44", "221.04")


def test_a_backtest_tells_what_each_subscriber_would_have_paid(company: Company) -> None:
    company.sign("globex", starts_at=datetime(2026, 2, 1, tzinfo=UTC))
    company.sign("acme")
    company.call("2026-01-05T12:00:00Z", times=20, customer="acme")

    compared = backtest(company.installation, Backtest(dearer(pro(company)), JANUARY, MARCH))

    assert [(each.subscription.first.customer, str(each.before), str(each.after)) for each in compared] == [
        ("acme", "133.33", "153.33"),
        ("globex", "59.00", "69.00"),
    ]
    assert [each.difference for each in compared] == [Money(2000, "USD"), Money(1000, "USD")]


def test_a_backtest_counts_only_the_part_of_a_subscription_in_the_span(sqlite_company: Company) -> None:
    sqlite_company.sign("acme", ends_at=FEBRUARY)
    sqlite_company.sign("globex", starts_at=MARCH)

    compared = backtest(sqlite_company.installation, Backtest(dearer(pro(sqlite_company)), JANUARY, MARCH))

    assert [(each.subscription.first.customer, str(each.difference)) for each in compared] == [("acme", "10.00")]


def test_a_version_in_another_currency_cannot_be_compared(sqlite_company: Company) -> None:
    sqlite_company.sign()
    euro = replace(dearer(pro(sqlite_company)), currency="EUR")

    with pytest.raises(InvalidValue, match="is in USD, the other in EUR"):
        backtest(sqlite_company.installation, Backtest(euro, JANUARY, MARCH))


def test_a_trial_costs_nothing_by_either_version(sqlite_company: Company) -> None:
    sqlite_company.sign(trial_ends_at=FEBRUARY)

    [compared] = backtest(sqlite_company.installation, Backtest(dearer(pro(sqlite_company)), JANUARY, MARCH))

    assert (str(compared.before), str(compared.after)) == ("59.00", "69.00")


def test_the_phases_of_a_subscription_are_compared_as_one(sqlite_company: Company) -> None:
    sqlite_company.clock.set(JANUARY)
    made = sqlite_company.sign()
    pause_subscription(sqlite_company.installation, Change(made.id, FEBRUARY, "ada", "p1"))
    resume_subscription(sqlite_company.installation, Change(made.id, MARCH, "ada", "r1"))

    [compared] = backtest(sqlite_company.installation, Backtest(dearer(pro(sqlite_company)), JANUARY, APRIL))

    assert (compared.subscription.first.key, str(compared.difference)) == (made.key, "20.00")


def test_a_level_from_before_is_carried_into_the_time(sqlite_company: Company) -> None:
    definitions = document()
    definitions["event_types"].append("seats")
    definitions["meters"] = [
        {
            "key": "seats",
            "name": "Seats",
            "event_type": "seats",
            "aggregation": "last_ever",
            "value": "n",
            "unit": "seat",
        }
    ]
    definitions["plans"] = [
        {"key": "seats", "name": "Seats", "currency": "USD", "interval": "month", "prices": [PRICE]}
    ]
    sqlite_company.define(definitions)
    create_customer(sqlite_company.installation, "acme", "Acme")
    subscribe(sqlite_company.installation, SubscriptionRequest("acme", "seats", JANUARY))
    used = {"source": "test", "id": "1", "type": "seats", "customer": "acme", "properties": {"n": 3}}
    sqlite_company.record([{**used, "occurred_at": "2026-01-05T12:00:00Z"}])
    published = sqlite_company.read(lambda unit: unit.definitions.plan_version("seats"))

    [compared] = backtest(sqlite_company.installation, Backtest(published, FEBRUARY, MARCH))

    assert str(compared.before) == "6.00"


def test_many_subscribers_are_compared_in_several_passes(
    sqlite_company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        sqlite_company.sign(f"customer-{number}")
    asked, told = Backtest(dearer(pro(sqlite_company)), JANUARY, MARCH), list[tuple[int, int]]()
    at_once = backtest(sqlite_company.installation, asked)
    monkeypatch.setattr(backtests, "customers_per_pass", 2)

    compared = backtest(sqlite_company.installation, asked, lambda done, total: told.append((done, total)))

    assert compared == at_once
    assert [each.subscription.first.customer for each in compared] == [f"customer-{number}" for number in range(5)]
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_more_subscribers_than_may_be_are_refused_with_the_way_out(sqlite_company: Company) -> None:
    for number in range(2):
        sqlite_company.sign(f"customer-{number}")

    with pytest.raises(InvalidValue, match="has 2 subscribers; more than 1 are compared by `gateway backtest`"):
        backtest(sqlite_company.installation, Backtest(pro(sqlite_company), JANUARY, MARCH, subscribers_max=1))


PRICE = {"key": "seats", "name": "Seats", "meter": "seats", "model": "per_unit", "unit_amount": "2"}
