"""What a person has done elsewhere is settled by hand, with who did it and why."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.core.errors import IllegalTransition, InvalidValue, NotFound
from gateway.core.invoicing.invoice import PaymentStatus
from gateway.plugin_api import Permanent
from gateway.services.settle_delivery import settle_by_hand
from tests.services.correcting import answering, credit, delivered, void
from tests.services.delivering import World

REMEDY = "by hand at main, then settle the delivery (`gateway deliveries settle`)"


def without(world: World, **capabilities: Any) -> Any:
    """The provider, which declares something else."""
    provider = answering(world)
    type(provider).capabilities = replace(world.provider.capabilities, **capabilities)  # type: ignore[misc]
    return provider


def refusing(*_: object) -> None:
    raise Permanent("declined")


def parked(world: World) -> Delivery:
    (found,) = (each for each in world.deliveries() if each.status is DeliveryStatus.PARKED)
    return found


def settle(world: World, delivery_id: str, reason: str = "Paid out by bank transfer") -> Delivery:
    world.installation.storage.transact(
        lambda unit: settle_by_hand(unit, world.installation, delivery_id, "ada", reason)
    )
    return next(each for each in world.deliveries() if each.id == delivery_id)


def test_a_credit_note_that_no_plugin_can_make_is_settled_by_hand(world: World) -> None:
    note = credit(world, delivered(world))
    world.deliver(without(world, credit_dispositions=frozenset()))
    waiting = parked(world)
    assert (waiting.document_id, waiting.remedy) == (note, f"give it back {REMEDY}")

    settled = settle(world, waiting.id)

    assert (settled.status, settled.remedy) == (DeliveryStatus.DELIVERED, None)
    assert settled.reason == "Settled by hand by ada: Paid out by bank transfer"
    assert settled.fence == waiting.fence + 1, "a worker that had it before changes nothing any more"
    assert world.deliver() is None


def test_what_waits_behind_it_goes_on(sqlite_world: World) -> None:
    world = sqlite_world
    final = delivered(world)
    credit(world, final, 100)
    world.deliver(answering(world, put_credit_note=refusing))
    later = credit(world, final, 200)
    assert world.deliver() is None

    settle(world, parked(world).id)

    report = world.deliver()
    assert report is not None
    assert report.document_id == later


def test_what_was_voided_by_hand_is_void_here(sqlite_world: World) -> None:
    final = delivered(sqlite_world)
    void(sqlite_world, final)
    sqlite_world.deliver(without(sqlite_world, voids=False))

    settle(sqlite_world, parked(sqlite_world).id)

    assert sqlite_world.stored(final).payment_status is PaymentStatus.VOID


def test_an_invoice_is_not_settled_by_hand(sqlite_world: World) -> None:
    sqlite_world.finalize()
    sqlite_world.deliver(answering(sqlite_world, put_invoice=refusing))
    waiting = parked(sqlite_world)

    with pytest.raises(IllegalTransition, match="of invoice cannot be settled by hand; void the invoice, or mend"):
        settle(sqlite_world, waiting.id)
    assert parked(sqlite_world) == waiting


def test_only_what_is_parked_is_settled(sqlite_world: World) -> None:
    note = credit(sqlite_world, delivered(sqlite_world))
    waiting = next(each for each in sqlite_world.deliveries() if each.document_id == note)
    with pytest.raises(IllegalTransition, match="is pending; only a parked one can be settled"):
        settle(sqlite_world, waiting.id)
    with pytest.raises(NotFound, match="'dlv_none' does not exist"):
        settle(sqlite_world, "dlv_none")


@pytest.mark.parametrize("reason", ["", " ", "x" * 10_000])
def test_a_reason_is_asked_for(sqlite_world: World, reason: str) -> None:
    credit(sqlite_world, delivered(sqlite_world))
    sqlite_world.deliver(answering(sqlite_world, put_credit_note=refusing))
    with pytest.raises(InvalidValue, match="The reason to settle a delivery"):
        settle(sqlite_world, parked(sqlite_world).id, reason)


def test_each_delivery_is_about_somebody(world: World) -> None:
    final = delivered(world)
    credit(world, final)
    world.clock.advance(timedelta(seconds=1))
    other = world.finalize(2)
    ids = [each.id for each in world.deliveries()]

    found = world.installation.storage.read(lambda unit: unit.deliveries.customers([*ids, "dlv_none"]))

    assert sorted(found) == sorted(ids)
    assert set(found.values()) == {final.customer, other.customer}
