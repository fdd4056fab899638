"""Switching customers: each ends at the new connection, there once, whatever happens on the way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import DeliveryStatus
from gateway.core.errors import NotFound
from gateway.core.switching import SwitchProgress
from gateway.plugin_api import DocumentKind, ExternalDocument, ExternalStatus
from gateway.sandbox import Faults
from gateway.services.deliver_move import LONG_AGO
from gateway.services.follow_provider import apply_changes
from gateway.services.installation import Installation
from gateway.storage.database import open_database
from gateway.testing import customer_document
from tests.services.delivering import CrashPoints
from tests.services.processes import at_once
from tests.services.switching import TwoProviders, instead
from tests.support import FixedClock

NEW = ["cus_1", "cus_2", "cus_3"]


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(installation, clock, customers=3)


@pytest.fixture
def sqlite_world(sqlite_installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(sqlite_installation, clock)


def test_every_customer_is_made_at_the_new_connection_and_goes_there(world: TwoProviders) -> None:
    switches = world.begin()
    assert world.progress(switches) == SwitchProgress(pending=3)
    assert world.connection_of() is None, "until it is there its invoices go where they went"
    world.deliver_all()
    assert (world.progress(switches), world.at_new()) == (SwitchProgress(moved=3), NEW)
    assert [world.connection_of(number) for number in (1, 2, 3)] == ["new"] * 3


def test_only_those_that_are_named_go(world: TwoProviders) -> None:
    world.begin(customers=["acme-2"])
    world.deliver_all()
    assert (world.at_new(), world.connection_of(1), world.connection_of(2)) == (["cus_2"], None, "new")


def test_open_documents_stay_and_are_followed_where_they_are(world: TwoProviders) -> None:
    world.finalize(1)
    world.deliver("main")
    world.begin()
    world.deliver_all()
    world.finalize(2)
    world.deliver_all()
    assert [len(each.documents(DocumentKind.INVOICE)) for each in (world.old, world.new)] == [1, 1]
    world.old.pay(world.old.documents(DocumentKind.INVOICE)[0].ref)
    assert apply_changes(world.installation, "main", world.old) == 1
    assert (world.use("main").open_documents, world.use("new").open_documents) == (0, 1)
    assert world.new.documents(DocumentKind.INVOICE)[0].status is ExternalStatus.OPEN


def test_a_customer_that_carries_our_id_is_found(world: TwoProviders) -> None:
    world.new.put_customer(customer_document(id="cus_2"), "by hand")
    world.begin()
    world.deliver_all()
    assert world.at_new() == NEW


def test_a_switch_that_is_begun_again_goes_on(world: TwoProviders) -> None:
    first = world.begin()
    world.deliver()
    assert world.begin() == first
    world.deliver_all()
    assert (world.begin(), world.at_new()) == ([], NEW)


def test_who_is_there_by_default_stays_there_whatever_the_default_becomes(world: TwoProviders) -> None:
    assert world.begin("main") == []
    assert world.connection_of() == "main"


def test_a_later_switch_takes_the_place_of_an_earlier_one(world: TwoProviders) -> None:
    first = world.begin()
    world.begin("third", ["acme-1"])
    world.begin("main", ["acme-2"])
    world.deliver_all()
    assert world.progress(first) == SwitchProgress(moved=1, given_up=2)
    assert [world.connection_of(number) for number in (1, 2, 3)] == [None, "main", "new"]
    assert world.at_new() == ["cus_3"], "nobody is made there in vain"


def test_a_move_that_is_taken_over_under_way_does_not_arrive(world: TwoProviders) -> None:
    def switch_back(*arguments: Any) -> ExternalDocument:
        world.begin("main", ["acme-1"])
        return world.new.put_customer(*arguments)

    first = world.begin(customers=["acme-1"])
    world.deliver(provider=instead(world.new, put_customer=switch_back))
    world.deliver_all()
    assert (world.connection_of(), world.progress(first)) == ("main", SwitchProgress(given_up=1))


def test_a_parked_move_goes_on_when_it_is_switched_again(sqlite_world: TwoProviders) -> None:
    world = sqlite_world
    world.new._settings = world.new._settings.model_copy(update={"faults": Faults(decline=1)})
    switches = world.begin()
    world.deliver()
    assert world.progress(switches) == SwitchProgress(parked=1)
    world.new._settings = world.new._settings.model_copy(update={"faults": Faults()})
    assert world.begin() == switches
    world.deliver_all()
    assert (world.progress(switches), world.at_new()) == (SwitchProgress(moved=1), ["cus_1"])


def test_a_parked_move_that_is_given_up_is_done_with(sqlite_world: TwoProviders) -> None:
    world = sqlite_world
    world.new._settings = world.new._settings.model_copy(update={"faults": Faults(decline=1)})
    world.begin()
    world.deliver()
    world.begin("main")
    world.deliver_all()
    [delivery] = world.deliveries()
    assert (delivery.status, delivery.reason) == (DeliveryStatus.DELIVERED, "A later switch took its place")


def test_a_currency_that_the_provider_does_not_take_parks_the_move(sqlite_world: TwoProviders) -> None:
    world = sqlite_world
    capabilities = replace(world.new.capabilities, currencies=frozenset({"USD"}))
    world.begin()
    report = world.deliver(provider=instead(world.new, capabilities=capabilities))
    assert report is not None
    assert report.reason == "Customer 'acme-1' is billed in EUR, not taken by sandbox"
    assert world.at_new() == []


@pytest.mark.parametrize(("target", "customers"), [("nowhere", None), ("new", ["nobody"])])
def test_what_is_not_known_is_refused(world: TwoProviders, target: str, customers: list[str] | None) -> None:
    with pytest.raises(NotFound, match=f"'{(customers or [target])[0]}'"):
        world.begin(target, customers)


def test_a_process_that_ends_at_every_point_in_turn_gets_there(
    sqlite_installation: Installation, clock: FixedClock
) -> None:
    """One world for all points: each process goes one point further than the one before it."""
    world = TwoProviders.of(sqlite_installation, clock)
    passed: list[str] = []
    for crash_at in range(1, 60):
        points = CrashPoints(crash_at)
        if world.begin_mortally(points) and world.deliver_mortally(points) and world.connection_of() == "new":
            break
        passed += points.passed[-1:]
        clock.advance(timedelta(seconds=61))
    assert world.connection_of() == "new"
    assert {"before put_customer", "after put_customer", "before a transaction", "after a transaction"} <= set(passed)
    assert world.at_new() == ["cus_1"]


@pytest.mark.parametrize("hours", [0, 25])
@pytest.mark.parametrize("crash_at", range(1, 15))
def test_a_process_that_ends_anywhere_leaves_one_customer(
    sqlite_installation: Installation, clock: FixedClock, crash_at: int, hours: int
) -> None:
    world = TwoProviders.of(sqlite_installation, clock)
    points = CrashPoints(crash_at)
    if world.begin_mortally(points):
        world.deliver_mortally(points)
    clock.advance(timedelta(hours=hours, seconds=61))
    world.begin()
    world.deliver_all()
    assert (world.connection_of(), world.at_new()) == ("new", ["cus_1"])
    known = world.installation.storage.read(lambda unit: unit.deliveries.refs("new", "customer", ["cus_1"]))
    there = world.new.find(DocumentKind.CUSTOMER, "cus_1", LONG_AGO)
    assert there is not None
    assert known == {"cus_1": there.ref}


def test_two_processes_at_once_switch_each_customer_once(world: TwoProviders, database_url: str) -> None:
    storage = open_database(database_url, synchronous="OFF")
    other = replace(world, installation=replace(world.installation, storage=storage))

    def switch(one: TwoProviders) -> None:
        one.begin()
        for _ in range(10):
            one.deliver()

    at_once(lambda: switch(world), lambda: switch(other))
    storage.close()
    world.deliver_all()
    assert world.at_new() == NEW
    assert len(world.deliveries()) == 3, "who begins second finds the moves of the first"
    assert [world.connection_of(number) for number in (1, 2, 3)] == ["new"] * 3
