"""Subscriptions are stored as phases: rows are added, and what holds is computed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory, cancelled, paused, resumed
from gateway.core.subscriptions.subscription import Subscription, SubscriptionStatus
from gateway.storage.database import Database
from tests.storage.examples import NOON, customer, store_subscription, subscription
from tests.storage.statements import statements_of

START = datetime(2026, 1, 1, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def record(unit: UnitOfWork, subscription_id: str, added: Sequence[Subscription]) -> SubscriptionHistory:
    """Store phases behind what a subscription has."""
    history = unit.definitions.subscription_histories([subscription_id])[subscription_id]
    count = len(history.recorded)
    phases = [
        replace(
            phase, id=f"{history.first.id}_{count + place}", phase_of=history.first.id, begun_at=history.first.starts_at
        )
        for place, phase in enumerate(added)
    ]
    unit.definitions.add_phases(history, phases, NOON)
    return history.with_phases(phases)


def store(unit: UnitOfWork) -> SubscriptionHistory:
    """A subscription that was paused for February, keeping its fees."""
    unit.definitions.add_customer(customer(), NOON)
    unit.definitions.add_subscription(subscription(starts_at=START, anchor=START))
    begun = unit.definitions.subscription_histories(["sub_1"])["sub_1"]
    stopped = record(unit, "sub_1", [replace(each, keeps_fees=True) for each in paused(begun, FEBRUARY)])
    return record(unit, "sub_1", resumed(stopped, MARCH))


def test_phases_come_back_in_the_order_in_which_they_were_recorded(database: Database) -> None:
    stored = database.transact(store)

    found = database.read(lambda unit: unit.definitions.subscription_histories(["sub_1"]))["sub_1"]

    assert found == stored
    assert [phase.status for phase in found.phases] == ["active", "paused", "active"]
    assert found.phases[0].keeps_fees


def test_a_subscription_is_found_by_any_of_its_phases(database: Database) -> None:
    stored = database.transact(store)

    found = database.read(lambda unit: unit.definitions.subscription_histories(["sub_1_2", "sub_1", "none"]))

    assert found == {"sub_1_2": stored, "sub_1": stored}


def test_what_counts_is_every_phase_that_is_billed(database: Database) -> None:
    database.transact(store)

    found = database.read(lambda unit: unit.definitions.subscriptions())

    assert [(each.id, each.starts_at, each.ends_at) for each in found] == [
        ("sub_1", START, FEBRUARY),
        ("sub_1_2", MARCH, None),
    ]
    assert {each.key for each in found} == {"acme-1/1"}


def test_phases_that_hold_are_found_by_their_ids(database: Database) -> None:
    database.transact(store)
    database.transact(lambda unit: record(unit, "sub_1", cancelled(_history(unit), FEBRUARY)))

    found = database.read(lambda unit: unit.definitions.subscriptions_by_id(["sub_1", "sub_1_1", "sub_1_3"]))

    assert sorted(found) == ["sub_1", "sub_1_3"]
    assert found["sub_1_3"].status is SubscriptionStatus.ENDED


def test_a_page_has_subscriptions_rather_than_phases(database: Database) -> None:
    stored = database.transact(store)

    page = database.read(lambda unit: unit.definitions.subscription_page(None, 10))
    more = database.read(lambda unit: unit.definitions.subscription_page(("acme-1", "sub_1"), 10, "acme-1"))

    assert page == [stored]
    assert more == []
    assert database.read(lambda unit: unit.definitions.subscription_count()) == 1


def test_the_number_of_statements_does_not_grow_with_the_number_of_histories(database: Database) -> None:
    database.transact(lambda unit: store_subscription(unit, customers=30))
    ids = [f"sub_{number}" for number in range(1, 31)]

    one = statements_of(database, lambda unit: unit.definitions.subscription_histories(ids[:1]))

    assert statements_of(database, lambda unit: unit.definitions.subscription_histories(ids)) == one


def _history(unit: UnitOfWork) -> SubscriptionHistory:
    return unit.definitions.subscription_histories(["sub_1"])["sub_1"]
