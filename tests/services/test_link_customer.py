"""Customers that a provider has under an id of its own are found by that, and never taken for another."""

from dataclasses import replace

import pytest

from gateway.core.customer_links import CustomerLink
from gateway.core.delivery import Delivered, DeliveryStatus, delivered_kind
from gateway.core.errors import InvalidDefinition, NotFound
from gateway.core.switching import Presence
from gateway.plugin_api import DocumentKind, Retryable
from gateway.plugin_guard import guarded
from gateway.services.installation import Installation
from gateway.services.link_customer import CustomerThere, LinkRefused, look_up, new_link, request_link, store_link
from gateway.services.settle_delivery import settle_by_hand
from gateway.testing import customer_document
from tests.services.switching import TwoProviders, instead
from tests.services.test_plan_switch import raising
from tests.support import FixedClock


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(installation, clock, customers=2)


@pytest.fixture
def sqlite_world(sqlite_installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(sqlite_installation, clock, customers=2)


def at_new(world: TwoProviders, our_id: str = "theirs") -> str:
    """A customer that somebody made at the new provider."""
    return world.new.put_customer(customer_document(id=our_id), f"by hand {our_id}").ref


def link_to(world: TwoProviders, ref: str, customer: str = "acme-1", connection: str = "new") -> CustomerLink:
    return new_link(world.installation, customer, connection, ref, "ada")


def linked(world: TwoProviders, ref: str, customer: str = "acme-1", connection: str = "new") -> CustomerThere:
    asked = link_to(world, ref, customer, connection)
    there = look_up(world.installation, guarded({"new": world.new, "main": world.old}[connection]), asked)
    world.installation.storage.transact(lambda unit: store_link(unit, world.installation, asked))
    return there


def ref_of(world: TwoProviders, connection: str = "new") -> str | None:
    return world.installation.storage.read(
        lambda unit: unit.deliveries.refs(connection, DocumentKind.CUSTOMER, ["cus_1"])
    ).get("cus_1")


def test_a_customer_that_is_linked_is_known_and_not_made_again(world: TwoProviders) -> None:
    ref = at_new(world)
    assert linked(world, ref) == replace(linked(world, ref), is_linked=False)
    assert linked(world, ref).is_linked
    planned = world.plan().customers[0]
    assert (planned.presence, planned.ref) == (Presence.KNOWN, ref)
    world.begin(customers=["acme-1"])
    world.deliver_all()
    assert (world.connection_of(), world.at_new()) == ("new", ["theirs"])


def test_a_plan_names_the_way_to_link(sqlite_world: TwoProviders) -> None:
    [problem] = sqlite_world.plan().customers[0].problems
    assert problem.remedy.startswith("`gateway customers link acme-1 --connection new --ref ID` if it is there already")


def test_what_is_not_there_is_refused(sqlite_world: TwoProviders) -> None:
    with pytest.raises(LinkRefused, match=r"new has no customer 'nobody': .*; look up its id at new"):
        linked(sqlite_world, "nobody")


def test_what_is_another_customer_of_ours_is_refused(world: TwoProviders) -> None:
    carries = at_new(world, "cus_2")
    with pytest.raises(LinkRefused, match="is customer 'acme-2' already, so it cannot be 'acme-1'"):
        linked(world, carries)
    ref = at_new(world)
    linked(world, ref, "acme-2")
    with pytest.raises(LinkRefused, match="is customer 'acme-2' already"):
        linked(world, ref)
    assert ref_of(world) is None


def test_a_link_that_another_process_was_first_with_is_refused(world: TwoProviders) -> None:
    ref = at_new(world)
    late = link_to(world, ref)
    look_up(world.installation, guarded(world.new), late)
    linked(world, ref, "acme-2")
    with pytest.raises(LinkRefused, match="is customer 'acme-2' already"):
        world.installation.storage.transact(lambda unit: store_link(unit, world.installation, late))


def test_one_that_was_made_there_may_be_replaced_as_long_as_nothing_hangs_on_it(world: TwoProviders) -> None:
    first, second = at_new(world, "one"), at_new(world, "two")
    linked(world, first)
    linked(world, second)
    assert ref_of(world) == second
    world.begin(customers=["acme-1"])
    world.deliver_all()
    with pytest.raises(LinkRefused, match=f"At new 'acme-1' is {second}, where its documents are or go; merge {first}"):
        linked(world, first)


@pytest.mark.parametrize("is_delivered", [True, False])
def test_documents_that_are_there_or_wait_keep_their_customer(sqlite_world: TwoProviders, is_delivered: bool) -> None:
    world = sqlite_world
    world.finalize(1)
    if is_delivered:
        world.deliver("main")
    else:
        world.installation.storage.transact(lambda unit: unit.deliveries.put_ref("main", "customer", "cus_1", "x"))
    world.begin()
    world.deliver_all()
    other = world.old.put_customer(customer_document(id="theirs"), "by hand").ref
    with pytest.raises(LinkRefused, match="where its documents are or go"):
        linked(world, other, connection="main")


def test_how_the_customer_stands_there_is_shown(sqlite_world: TwoProviders) -> None:
    world = sqlite_world
    ref = at_new(world)
    there = look_up(world.installation, guarded(world.new), link_to(world, ref))
    assert there.standing is not None
    silent = instead(world.new, capabilities=replace(world.new.capabilities, tells_standing=False))
    assert look_up(world.installation, guarded(silent), link_to(world, ref)).standing is None


@pytest.mark.parametrize(
    ("customer", "connection", "ref", "error"),
    [
        ("nobody", "new", "x", NotFound),
        ("acme-1", "nowhere", "x", NotFound),
        ("acme-1", "new", " ", InvalidDefinition),
        ("acme-1", "new", "x" * 256, InvalidDefinition),
    ],
)
def test_what_is_not_known_is_refused(
    sqlite_world: TwoProviders, customer: str, connection: str, ref: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        linked(sqlite_world, ref, customer, connection)


def requested(world: TwoProviders, ref: str) -> str:
    asked = link_to(world, ref)
    return world.installation.storage.transact(lambda unit: request_link(unit, world.installation, asked))


def test_a_link_that_is_requested_is_looked_up_by_the_worker(world: TwoProviders) -> None:
    ref = at_new(world)
    requested(world, ref)
    assert ref_of(world) is None
    report = world.deliver()
    assert report is not None
    assert delivered_kind(report.document_id) is Delivered.LINK
    assert (report.status, ref_of(world)) == (DeliveryStatus.DELIVERED, ref)


def test_a_link_that_leads_nowhere_is_parked_with_what_to_do(sqlite_world: TwoProviders) -> None:
    requested(sqlite_world, "nobody")
    sqlite_world.deliver()
    [parked] = sqlite_world.deliveries()
    assert (parked.status, parked.remedy) == (
        DeliveryStatus.PARKED,
        "look up its id at new, link that, and settle the delivery (`gateway deliveries settle`)",
    )
    assert parked.reason is not None
    assert parked.reason.startswith("new has no customer 'nobody'")
    assert sqlite_world.use("new").open_documents == 0, "it keeps nobody from taking the connection away"


def test_a_link_that_leads_nowhere_can_be_dismissed(sqlite_world: TwoProviders) -> None:
    world = sqlite_world
    delivery = requested(world, "nobody")
    world.deliver()
    world.installation.storage.transact(
        lambda unit: settle_by_hand(unit, world.installation, delivery, "ada", "It was a typing error")
    )
    [dismissed] = world.deliveries()
    assert dismissed.reason == "Settled by hand by ada: It was a typing error"
    assert ref_of(world) is None


def test_a_link_is_looked_up_again_when_the_provider_did_not_answer(sqlite_world: TwoProviders) -> None:
    world = sqlite_world
    ref = at_new(world)
    requested(world, ref)
    world.deliver(provider=instead(world.new, fetch=raising(Retryable("no answer"))))
    assert ref_of(world) is None
    world.deliver_all()
    assert ref_of(world) == ref
