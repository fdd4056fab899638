"""Customers and subscriptions: made once, and never two that price the same usage."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from gateway.core.addressee import Addressee
from gateway.core.errors import InvalidDefinition, InvalidValue, NotFound
from gateway.core.subscriptions.subscription import Subscription
from gateway.services.customers import (
    CustomerDetails,
    KeyTaken,
    SubscriptionRequest,
    create_customer,
    subscribe,
    update_customer,
)
from gateway.services.deliver_invoice import payment_days_of
from gateway.services.installation import Installation
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, document


def request(**terms: Any) -> SubscriptionRequest:
    return replace(SubscriptionRequest("acme", "pro", JANUARY), **terms)


def subscribed(company: Company, **terms: Any) -> Subscription:
    create_customer(company.installation, "acme", "Acme")
    return subscribe(company.installation, request(**terms))


def test_a_customer_created_again_is_the_same_one(installation: Installation) -> None:
    first = create_customer(installation, "acme", "Acme", "billing@acme.example")

    assert create_customer(installation, "acme", "Acme", "billing@acme.example") == first
    with pytest.raises(KeyTaken, match="Customer 'acme' exists with other data"):
        create_customer(installation, "acme", "Another")


@pytest.mark.parametrize(
    ("key", "name", "email"),
    [("", "Acme", None), ("acme", " ", None), ("acme", "Acme", "a\0b"), ("x" * 256, "Acme", None)],
)
def test_a_customer_needs_usable_texts(
    sqlite_installation: Installation, key: str, name: str, email: str | None
) -> None:
    with pytest.raises(InvalidDefinition):
        create_customer(sqlite_installation, key, name, email)


def test_an_update_tells_all_faults_at_once(sqlite_installation: Installation) -> None:
    create_customer(sqlite_installation, "acme", "Acme")

    with pytest.raises(InvalidDefinition) as refused:
        update_customer(sqlite_installation, "acme", "", "", CustomerDetails(country="Germany"))

    assert [path for path, _ in refused.value.faults] == ["name", "email", "country"]


def test_an_invoice_keeps_whom_it_was_for_and_is_due_by_the_terms_of_its_day(company: Company) -> None:
    there = CustomerDetails(("Main Street 1",), "US", ("EIN 1",), payment_days=14)
    create_customer(company.installation, "acme", "Acme", "pay@acme.example", details=there)
    subscribe(company.installation, request(plan="pro"))
    company.bill(FEBRUARY)
    update_customer(company.installation, "acme", "Acme Ltd")
    company.bill(MARCH)

    first, *_, last = [each for each in company.invoices() if each.number]
    assert first.addressee == Addressee("Acme", "pay@acme.example", ("Main Street 1",), "US", ("EIN 1",))
    assert last.addressee == Addressee("Acme Ltd")
    assert first.finalized_at is not None
    assert last.finalized_at is not None
    assert first.due_on == first.finalized_at.date() + timedelta(days=14)
    assert last.due_on == last.finalized_at.date() + timedelta(days=30)
    told = [company.read(partial(payment_days_of, each)) for each in (first, last, replace(last, due_on=None))]
    assert told == [14, 30, None]


def test_a_customer_that_is_unknown_cannot_be_described(sqlite_installation: Installation) -> None:
    with pytest.raises(NotFound, match="Customer 'nobody' does not exist"):
        update_customer(sqlite_installation, "nobody", "Nobody")


def test_a_subscription_is_billed_by_the_calendar_unless_an_anchor_says_otherwise(company: Company) -> None:
    found = subscribed(company, starts_at=datetime(2026, 1, 17, 9, tzinfo=UTC), time_zone="America/New_York")

    assert (found.key, found.plan_version, found.anchor) == (
        "acme/pro",
        1,
        datetime(2026, 1, 1, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ("day", "2026-04-30T04:00:00+00:00"),
        ("week", "2026-04-27T04:00:00+00:00"),
        ("month", "2026-04-01T04:00:00+00:00"),
        ("quarter", "2026-04-01T04:00:00+00:00"),
        ("half_year", "2026-01-01T05:00:00+00:00"),
        ("year", "2026-01-01T05:00:00+00:00"),
    ],
)
def test_the_calendar_begins_at_local_midnight(sqlite_company: Company, interval: str, expected: str) -> None:
    definitions = document()
    definitions["plans"][0]["interval"] = interval
    sqlite_company.define(definitions)
    at = datetime(2026, 5, 1, 3, 59, tzinfo=UTC)

    found = subscribed(sqlite_company, starts_at=at, time_zone="America/New_York")

    assert found.anchor == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"by_anniversary": True}, "2026-01-17T05:00:00+00:00"),
        ({"billing_day": 10}, "2026-01-10T05:00:00+00:00"),
        ({"billing_day": 31}, "2026-01-31T05:00:00+00:00"),
    ],
)
def test_periods_begin_on_the_anniversary_or_on_a_day_of_the_month(
    sqlite_company: Company, terms: dict[str, Any], expected: str
) -> None:
    found = subscribed(
        sqlite_company, starts_at=datetime(2026, 1, 17, 9, tzinfo=UTC), time_zone="America/New_York", **terms
    )

    assert found.anchor == datetime.fromisoformat(expected)


def test_an_anchor_of_ones_own_is_kept(sqlite_company: Company) -> None:
    anchor = datetime(2026, 1, 31, tzinfo=UTC)

    assert subscribed(sqlite_company, anchor=anchor).anchor == anchor


def test_a_subscription_requested_again_is_the_same_one(company: Company) -> None:
    first = subscribed(company)
    definitions = document()
    definitions["plans"][0]["name"] = "Professional"
    company.define(definitions)

    assert subscribe(company.installation, request()) == first
    assert subscribe(company.installation, request(plan_version=1)) == first
    with pytest.raises(KeyTaken, match="Subscription 'acme/pro' exists with other data"):
        subscribe(company.installation, request(plan_version=2))
    with pytest.raises(KeyTaken, match="Subscription 'acme/pro' exists with other data"):
        subscribe(company.installation, request(starts_at=FEBRUARY))


def test_a_key_of_another_customer_is_taken(company: Company) -> None:
    subscribed(company, key="main")
    create_customer(company.installation, "globex", "Globex")

    with pytest.raises(KeyTaken, match="Subscription 'main' is another customer's"):
        subscribe(company.installation, request(customer="globex", key="main"))


def test_two_that_price_the_same_meter_at_one_time_are_refused(company: Company) -> None:
    subscribed(company, ends_at=MARCH)

    with pytest.raises(InvalidDefinition, match="the meters 'calls', 'traffic', 'users' from 2026-01-01"):
        subscribe(company.installation, request(key="second", starts_at=MARCH - timedelta(microseconds=1)))
    following = subscribe(company.installation, request(key="second", starts_at=MARCH))
    assert following.starts_at == MARCH


def test_two_with_other_meters_may_run_together(sqlite_company: Company) -> None:
    price = {"key": "support", "name": "Support", "model": "flat", "amount": "10", "timing": "in_advance"}
    plan = {"key": "support", "name": "Support", "currency": "EUR", "interval": "month", "prices": [price]}
    sqlite_company.define({"plans": [plan]})
    subscribed(sqlite_company)

    assert subscribe(sqlite_company.installation, request(plan="support")).plan == "support"


def test_only_one_of_two_requested_at_once_is_made(company: Company) -> None:
    create_customer(company.installation, "acme", "Acme")

    def attempt(key: str) -> bool:
        try:
            subscribe(company.installation, request(key=key))
        except InvalidDefinition:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(attempt, ["one", "two", "three", "four"]))

    assert sum(made) == 1


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"customer": "nobody"}, NotFound),
        ({"plan": "nothing"}, NotFound),
        ({"plan_version": 9}, NotFound),
        ({"time_zone": "Mars/Olympus"}, InvalidValue),
        ({"ends_at": JANUARY}, InvalidValue),
        ({"starts_at": JANUARY.replace(tzinfo=None)}, InvalidValue),
        ({"key": ""}, InvalidValue),
    ],
)
def test_what_cannot_be_is_refused(sqlite_company: Company, terms: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        subscribed(sqlite_company, **terms)

    assert not isinstance(refused.value, InvalidDefinition)


def test_usage_from_before_the_subscription_was_made_is_billed_to_it(company: Company) -> None:
    create_customer(company.installation, "acme", "Acme")
    company.call("2026-01-05T12:00:00Z", times=4)
    company.projector.catch_up()

    subscribe(company.installation, request())
    company.bill(FEBRUARY)

    assert company.invoices()[1].lines[1].quantity == 4
