"""Following what becomes of invoices at the provider."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from gateway.core.invoicing.invoice import PaymentStatus
from gateway.plugin_api import BillingProvider, DocumentKind, ExternalDocument, ProviderError, Retryable
from gateway.sandbox import SandboxProvider
from gateway.services.follow_provider import FollowedChanges, apply_changes, first_look_back, follow, overlap
from gateway.services.installation import Installation
from gateway.testing import FakeHost, invoice_document
from tests.services.delivering import World
from tests.support import FixedClock


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> World:
    """Three delivered invoices, on SQLite and on PostgreSQL."""
    world = World.of(installation, clock)
    for number in (1, 2, 3):
        world.finalize(number)
        world.deliver()
    return world


def ref(world: World, our_id: str) -> str:
    (document,) = world.at_provider(DocumentKind.INVOICE, our_id)
    return document.ref


def payments(world: World) -> list[PaymentStatus]:
    invoices = world.installation.storage.read(lambda unit: unit.invoices.by_ids(["inv_1", "inv_2", "inv_3"]))
    return [invoices[key].payment_status for key in sorted(invoices)]


def look(world: World, provider: object = None) -> FollowedChanges:
    return follow(world.installation, "main", cast(BillingProvider, provider or world.provider))


class Listing:
    """A provider that lists what it is told, and remembers since when it was asked."""

    NAME = "listing"

    def __init__(self, *documents: Any) -> None:
        self._documents = documents
        self.since: list[datetime] = []

    def changes(self, since: datetime) -> Iterator[Any]:
        self.since.append(since)
        for document in self._documents:
            if isinstance(document, Exception):
                raise document
            yield document


def test_what_is_paid_given_up_or_voided_there_is_shown_here(world: World) -> None:
    world.provider.pay(ref(world, "inv_1"))
    world.provider.give_up(ref(world, "inv_2"))
    world.provider.void(ref(world, "inv_3"))
    assert apply_changes(world.installation, "main", world.provider) == 3
    assert payments(world) == [PaymentStatus.PAID, PaymentStatus.UNCOLLECTIBLE, PaymentStatus.VOID]


def test_looking_again_changes_nothing(world: World) -> None:
    world.provider.pay(ref(world, "inv_1"))
    assert look(world) == FollowedChanges(changed=1, unchanged=2)
    assert look(world) == FollowedChanges(changed=0, unchanged=3)
    assert payments(world) == [PaymentStatus.PAID, PaymentStatus.UNPAID, PaymentStatus.UNPAID]


def test_a_payment_that_is_taken_back_is_shown(world: World) -> None:
    world.provider.pay(ref(world, "inv_1"))
    look(world)
    world.provider.give_up(ref(world, "inv_1"))
    look(world)
    assert payments(world)[0] is PaymentStatus.UNCOLLECTIBLE


def test_documents_that_are_not_ours_are_counted_and_left_alone(world: World) -> None:
    customer = world.provider.documents(DocumentKind.CUSTOMER)[0]
    foreign = world.provider.put_invoice(invoice_document(customer.ref, [500], id="inv_2"), "by hand")
    world.provider.pay(foreign.ref)
    assert look(world) == FollowedChanges(unchanged=3, unknown=1)
    assert payments(world) == [PaymentStatus.UNPAID] * 3


def test_a_customer_among_the_changes_is_left_out(world: World) -> None:
    assert look(world, Listing(*world.provider.documents(DocumentKind.CUSTOMER))) == FollowedChanges()


def test_the_last_state_of_an_invoice_that_is_listed_twice_counts(world: World) -> None:
    (draft,) = world.at_provider(DocumentKind.INVOICE, "inv_1")
    paid = world.provider.pay(draft.ref)
    assert look(world, Listing(draft, paid)).changed == 1
    assert payments(world)[0] is PaymentStatus.PAID


def test_each_look_begins_a_little_before_the_last_one(world: World) -> None:
    listing = Listing()
    first = world.clock.now()
    look(world, listing)
    world.clock.advance(timedelta(hours=3))
    look(world, listing)
    world.clock.advance(timedelta(hours=1))
    look(world, listing)
    begins = [first - first_look_back, first, first + timedelta(hours=3)]
    assert listing.since == [begin - overlap for begin in begins]


def test_a_clock_that_was_ahead_for_a_while_hides_nothing(world: World) -> None:
    listing = Listing()
    before = world.clock.now()
    world.clock.set(before + timedelta(days=365))
    look(world, listing)
    world.clock.set(before)
    look(world, listing)
    assert listing.since[-1] == before - overlap


def test_a_look_that_fails_is_made_again_from_where_it_began(world: World) -> None:
    paid = world.provider.pay(ref(world, "inv_1"))
    failing = Listing(paid, Retryable("busy"))
    with pytest.raises(Retryable):
        look(world, failing)
    world.clock.advance(timedelta(days=60))
    calm = Listing(paid)
    look(world, calm)
    assert calm.since == failing.since


@pytest.mark.parametrize("garbage", [KeyError("canary"), None, "in_1", {}])
def test_a_plugin_that_breaks_while_listing_is_reported_as_a_provider_error(world: World, garbage: object) -> None:
    with pytest.raises(Retryable, match="changes") as broken:
        look(world, Listing(garbage))
    assert isinstance(broken.value, ProviderError)
    assert "canary" not in str(broken.value)


def test_many_changes_are_applied_in_short_transactions(sqlite_installation: Installation, clock: FixedClock) -> None:
    world = World.of(sqlite_installation, clock)
    world.finalize(1)
    world.deliver()
    (document,) = world.at_provider(DocumentKind.INVOICE, "inv_1")
    strangers = [replace(document, ref=f"stranger {number}") for number in range(250)]
    found = look(world, Listing(*strangers, world.provider.pay(document.ref)))
    assert found == FollowedChanges(changed=1, unknown=250)


def test_a_payment_by_itself_is_followed(sqlite_installation: Installation, clock: FixedClock) -> None:
    world = World.of(sqlite_installation, clock)
    world.provider = SandboxProvider("main", SandboxProvider.Settings(), FakeHost(), clock.now)
    final = world.finalize()
    world.deliver()
    clock.advance(timedelta(minutes=2))
    assert apply_changes(sqlite_installation, "main", world.provider) == 1
    assert world.stored(final).payment_status is PaymentStatus.PAID
    assert isinstance(world.provider.documents(DocumentKind.INVOICE)[0], ExternalDocument)
