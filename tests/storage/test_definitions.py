"""Event types, meters, plans, customers and subscriptions."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.core.errors import InvalidValue, NotFound
from gateway.core.metering.meter import Meter
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.storage.database import Database
from tests.storage.examples import NOON, customer, meter, plan, store_subscription, subscription
from tests.storage.statements import statements_of


def test_every_change_of_definitions_grows_their_version(database: Database) -> None:
    assert database.transact(lambda unit: unit.definitions.bump_version()) == 1
    assert database.transact(lambda unit: unit.definitions.bump_version()) == 2
    assert database.read(lambda unit: unit.definitions.version()) == 2


def test_event_types_that_were_declared_stay(database: Database) -> None:
    database.transact(lambda unit: unit.definitions.add_event_types(["request", "login"]))
    database.transact(lambda unit: unit.definitions.add_event_types(["login", "upload"]))
    database.transact(lambda unit: unit.definitions.add_event_types([]))
    assert database.read(lambda unit: unit.definitions.event_types()) == {"request", "login", "upload"}


def test_a_meter_comes_back_as_it_was_stored(database: Database) -> None:
    database.transact(lambda unit: unit.definitions.add_meter(meter(versions=2)))
    assert database.read(lambda unit: unit.definitions.meters()) == {"traffic": meter(versions=2)}


def test_a_meter_that_is_stored_again_gets_its_new_versions(database: Database) -> None:
    database.transact(lambda unit: unit.definitions.add_meter(meter(versions=1)))
    renamed = Meter("traffic", "Traffic out", meter(versions=3).versions)
    database.transact(lambda unit: unit.definitions.add_meter(renamed))
    assert database.read(lambda unit: unit.definitions.meters()) == {"traffic": renamed}


def test_a_plan_version_comes_back_as_it_was_published(database: Database) -> None:
    database.transact(lambda unit: unit.definitions.add_plan_version(plan()))
    assert database.read(lambda unit: unit.definitions.plan_version("standard", 1)) == plan()


def test_the_newest_plan_version_is_the_default(database: Database) -> None:
    for version in (1, 2, 10):
        database.transact(lambda unit, version=version: unit.definitions.add_plan_version(plan(version)))
    assert database.read(lambda unit: unit.definitions.plan_version("standard")).version == 10
    assert database.read(lambda unit: unit.definitions.plan_version("standard", 2)).version == 2
    assert [found.version for found in database.read(lambda unit: unit.definitions.plans())] == [1, 2, 10]


def test_a_published_plan_version_cannot_be_published_again(database: Database) -> None:
    database.transact(lambda unit: unit.definitions.add_plan_version(plan()))
    with pytest.raises(IntegrityError):
        database.transact(lambda unit: unit.definitions.add_plan_version(plan()))


def test_a_plan_without_time_of_publication_is_refused(database: Database) -> None:
    with pytest.raises(InvalidValue, match="Plan 'standard' version 1 is not published"):
        database.transact(lambda unit: unit.definitions.add_plan_version(replace(plan(), published_at=None)))


def test_an_unknown_plan_is_named(database: Database) -> None:
    with pytest.raises(NotFound, match="Plan 'gold' does not exist"):
        database.read(lambda unit: unit.definitions.plan_version("gold"))
    with pytest.raises(NotFound, match="Version 3 of plan 'gold' does not exist"):
        database.read(lambda unit: unit.definitions.plan_version("gold", 3))


def test_a_customer_comes_back_as_it_was_stored(database: Database) -> None:
    assert database.transact(lambda unit: unit.definitions.add_customer(customer(), NOON))
    assert database.read(lambda unit: unit.definitions.customers_by_key(["acme-1", "nobody"])) == {"acme-1": customer()}
    assert database.read(lambda unit: unit.definitions.customer_keys()) == {"acme-1"}


def test_a_key_that_is_taken_is_not_given_to_another_customer(database: Database) -> None:
    database.transact(lambda unit: unit.definitions.add_customer(customer(), NOON))
    other = Customer("cus_2", "acme-1", "Another")
    assert not database.transact(lambda unit: unit.definitions.add_customer(other, NOON))
    assert database.read(lambda unit: unit.definitions.customers_by_key(["acme-1"])) == {"acme-1": customer()}


def test_customers_are_paged_by_the_bytes_of_their_keys(database: Database) -> None:
    keys = ["Zeta", "a b", "a-b", "a1", "alpha", "beta", "Ärger", "日本"]

    def store(unit: UnitOfWork) -> None:
        for number, key in enumerate(reversed(keys)):
            unit.definitions.add_customer(Customer(f"cus_{number}", key, key), NOON)

    database.transact(store)
    expected = sorted(keys, key=str.encode)
    first = database.read(lambda unit: unit.definitions.customers(None, 3))
    rest = database.read(lambda unit: unit.definitions.customers(first[-1].key, 100))
    assert [found.key for found in first + rest] == expected
    assert [found.key for found in database.read(lambda unit: unit.definitions.customers(None, 9, "beta"))] == ["beta"]
    assert database.read(lambda unit: unit.definitions.customer_count()) == len(keys)


def test_an_unknown_customer_cannot_be_locked(database: Database) -> None:
    database.transact(lambda unit: unit.definitions.add_customer(customer(), NOON))
    assert database.transact(lambda unit: unit.definitions.lock_customer("acme-1")) == customer()
    with pytest.raises(NotFound, match="Customer 'nobody' does not exist"):
        database.transact(lambda unit: unit.definitions.lock_customer("nobody"))


def test_a_subscription_comes_back_to_the_microsecond(database: Database) -> None:
    stored = subscription(ends_at=datetime(2026, 5, 5, 5, 5, 5, 999_999, tzinfo=UTC), anchor=NOON)

    def store(unit: UnitOfWork) -> None:
        unit.definitions.add_customer(customer(), NOON)
        unit.definitions.add_subscription(stored)

    database.transact(store)
    assert database.read(lambda unit: unit.definitions.subscriptions_by_id(["sub_1", "none"])) == {"sub_1": stored}


def test_subscriptions_are_in_the_order_of_customer_and_start(database: Database) -> None:
    early = datetime(2025, 6, 1, tzinfo=UTC)

    def store(unit: UnitOfWork) -> None:
        store_subscription(unit, customers=3)
        unit.definitions.add_subscription(subscription(9, "acme-1", starts_at=early, anchor=early))

    database.transact(store)
    every = [found.id for found in database.read(lambda unit: unit.definitions.subscriptions())]
    some = [found.id for found in database.read(lambda unit: unit.definitions.subscriptions(["acme-3", "acme-1"]))]
    assert every == ["sub_9", "sub_1", "sub_2", "sub_3"]
    assert some == ["sub_9", "sub_1", "sub_3"]
    assert database.read(lambda unit: unit.definitions.subscriptions([])) == []


def test_the_number_of_statements_does_not_grow_with_the_number_of_subscriptions(database: Database) -> None:
    database.transact(lambda unit: store_subscription(unit, customers=30))
    everyone = [f"acme-{number}" for number in range(1, 31)]
    one = statements_of(database, lambda unit: unit.definitions.subscriptions(everyone[:1]))
    assert statements_of(database, lambda unit: unit.definitions.subscriptions(everyone)) == one


def test_as_many_ids_as_there_are_fit_into_one_question(database: Database) -> None:
    database.transact(store_subscription)
    ids = [f"sub_{number}" for number in range(70_000)]
    assert list(database.read(lambda unit: unit.definitions.subscriptions_by_id(ids))) == ["sub_1"]
