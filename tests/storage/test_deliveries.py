"""The outbox: claims, fences, journals and references."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.core.delivery import Delivery, DeliveryStatus, Step, StepRecord
from gateway.core.errors import IllegalTransition, InvalidValue, NotFound
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from tests.storage.examples import NOON, delivery, invoice, store_subscription

LEASE = timedelta(minutes=1)
LATER = NOON + timedelta(minutes=5)


def _add(database: Database, *deliveries: Delivery) -> None:
    def add(unit: UnitOfWork) -> None:
        for each in deliveries:
            unit.deliveries.add(each)

    database.transact(add)


def _claim(database: Database, connection: str = "main", now: object = NOON) -> Delivery | None:
    return database.transact(lambda unit: unit.deliveries.claim(connection, now, now + LEASE))


def _parked(database: Database) -> Delivery:
    _add(database, delivery())
    claimed = _claim(database)
    parked = replace(
        claimed, status=DeliveryStatus.PARKED, attempts=50, due_at=None, reason="no such tax id", remedy="enter one"
    )
    assert database.transact(lambda unit: unit.deliveries.settle(parked))
    return parked


def test_a_delivery_comes_back_as_it_was_added(database: Database) -> None:
    _add(database, delivery())
    assert database.read(lambda unit: unit.deliveries.by_document(["inv_1", "inv_2"])) == {"inv_1": [delivery()]}


def test_a_document_goes_to_a_connection_once(database: Database) -> None:
    _add(database, delivery())
    with pytest.raises(IntegrityError):
        _add(database, delivery(2, document_id="inv_1"))
    _add(database, delivery(3, document_id="inv_1", connection="shadow"))


def test_a_pending_delivery_has_to_say_when_it_is_due(database: Database) -> None:
    with pytest.raises(IntegrityError):
        _add(database, delivery(due_at=None))


def test_what_is_due_longest_is_claimed_first(database: Database) -> None:
    second = delivery(2, due_at=NOON - timedelta(seconds=1))
    _add(database, delivery(1), second, delivery(3, connection="other"), delivery(4, due_at=LATER))
    assert _claim(database) == replace(second, fence=1)
    assert _claim(database) == replace(delivery(1), fence=1)
    assert _claim(database) is None


def test_a_document_does_not_wait_for_moves(database: Database) -> None:
    moves = [delivery(number, document_id=f"mov_{number}") for number in range(1, 4)]
    late = delivery(9, due_at=NOON + timedelta(seconds=1))
    _add(database, *moves, late)
    claimed = [_claim(database, now=LATER) for _ in range(4)]
    assert [each.document_id for each in claimed if each] == [late.document_id, "mov_1", "mov_2", "mov_3"]


def test_a_delivery_whose_lease_has_ended_is_claimed_with_the_next_fence(database: Database) -> None:
    _add(database, delivery())
    assert _claim(database) == delivery(fence=1)
    assert _claim(database, now=NOON + LEASE - timedelta(microseconds=1)) is None
    assert _claim(database, now=NOON + LEASE) == delivery(fence=2)


def test_no_two_workers_claim_the_same_delivery(database: Database, second_database: Database) -> None:
    _add(database, *(delivery(number) for number in range(20)))
    together = Barrier(2)

    def claim_all(door: Database) -> list[str]:
        together.wait()
        claimed = []
        while (found := _claim(door)) is not None:
            claimed.append(found.id)
        return claimed

    with ThreadPoolExecutor(2) as pool:
        claims = [pool.submit(claim_all, door) for door in (database, second_database)]
    assert sorted(claims[0].result() + claims[1].result()) == sorted(f"dlv_{number}" for number in range(20))


def test_a_worker_past_its_lease_changes_nothing(database: Database) -> None:
    _add(database, delivery())
    stale = _claim(database)
    current = _claim(database, now=LATER)
    assert not database.transact(lambda unit: unit.deliveries.renew(stale, LATER + LEASE))
    assert not database.transact(lambda unit: unit.deliveries.start_step(stale, Step.PUT, LATER))
    assert not database.transact(lambda unit: unit.deliveries.finish_step(stale, Step.PUT, "in_9"))
    delivered = replace(stale, status=DeliveryStatus.DELIVERED, due_at=None)
    assert not database.transact(lambda unit: unit.deliveries.settle(delivered))
    assert database.read(lambda unit: unit.deliveries.page(DeliveryFilter(), None, 9)) == [current]
    assert database.read(lambda unit: unit.deliveries.steps("dlv_1")) == {}


def test_a_renewed_lease_keeps_others_away(database: Database) -> None:
    _add(database, delivery())
    claimed = _claim(database)
    assert database.transact(lambda unit: unit.deliveries.renew(claimed, LATER + LEASE))
    assert _claim(database, now=LATER) is None


def test_a_step_is_journalled_before_and_after_its_call(database: Database) -> None:
    _add(database, delivery())
    claimed = _claim(database)
    assert database.transact(lambda unit: unit.deliveries.start_step(claimed, Step.PUT, NOON))
    assert database.read(lambda unit: unit.deliveries.steps("dlv_1")) == {Step.PUT: StepRecord(Step.PUT, NOON, NOON)}
    assert database.transact(lambda unit: unit.deliveries.finish_step(claimed, Step.PUT, "in_9"))
    done = StepRecord(Step.PUT, NOON, NOON, "in_9")
    assert database.read(lambda unit: unit.deliveries.steps("dlv_1")) == {Step.PUT: done}


def test_a_step_that_starts_again_takes_the_place_of_its_earlier_start(database: Database) -> None:
    _add(database, delivery())
    claimed = _claim(database)
    database.transact(lambda unit: unit.deliveries.start_step(claimed, Step.PUT, NOON))
    database.transact(lambda unit: unit.deliveries.start_step(claimed, Step.PUT, LATER, revision=1))
    again = StepRecord(Step.PUT, first_started_at=NOON, started_at=LATER, revision=1)
    assert database.read(lambda unit: unit.deliveries.steps("dlv_1")) == {Step.PUT: again}


def test_the_starts_of_a_step_are_found_by_customer(database: Database) -> None:
    def store_invoices(unit: UnitOfWork) -> None:
        store_subscription(unit, customers=2)
        for number, customer in ((1, "acme-1"), (2, "acme-1"), (3, "acme-2")):
            unit.invoices.add(invoice(number, customer=customer), ())

    database.transact(store_invoices)
    _add(database, *(delivery(number) for number in (1, 2, 3)), delivery(4, document_id="inv_1", connection="other"))
    for connection, at in (("main", LATER), ("main", NOON), ("main", NOON), ("other", NOON)):
        claimed = _claim(database, connection)
        database.transact(lambda unit, claimed=claimed, at=at: unit.deliveries.start_step(claimed, Step.CUSTOMER, at))
    found = database.read(lambda unit: unit.deliveries.starts("main", Step.CUSTOMER, "acme-1"))
    assert found == [StepRecord(Step.CUSTOMER, at, at) for at in (NOON, LATER)]


def test_a_settled_delivery_gives_up_its_lease(database: Database) -> None:
    _add(database, delivery())
    failed = replace(_claim(database), attempts=1, due_at=NOON + timedelta(seconds=2), reason="time-out")
    assert database.transact(lambda unit: unit.deliveries.settle(failed))
    assert _claim(database, now=NOON + timedelta(seconds=2)) == replace(failed, fence=2)


def test_a_parked_delivery_is_due_again_once_it_is_resumed(database: Database) -> None:
    parked = _parked(database)
    assert _claim(database, now=LATER) is None
    resumed = database.transact(lambda unit: unit.deliveries.resume("dlv_1", LATER))
    assert resumed == delivery(fence=parked.fence + 1, due_at=LATER)
    assert _claim(database, now=LATER) == replace(resumed, fence=resumed.fence + 1)


def test_only_a_parked_delivery_can_be_resumed(database: Database) -> None:
    _add(database, delivery())
    with pytest.raises(IllegalTransition, match="Delivery dlv_1 is pending; only a parked one can be resumed"):
        database.transact(lambda unit: unit.deliveries.resume("dlv_1", NOON))
    with pytest.raises(NotFound, match="Delivery 'dlv_9' does not exist"):
        database.transact(lambda unit: unit.deliveries.resume("dlv_9", NOON))


def test_deliveries_are_paged_by_id_and_filtered(database: Database) -> None:
    parked = _parked(database)
    _add(database, delivery(2), delivery(3))
    first = database.read(lambda unit: unit.deliveries.page(DeliveryFilter(), None, 2))
    rest = database.read(lambda unit: unit.deliveries.page(DeliveryFilter(), first[-1].id, 2))
    assert [found.id for found in first + rest] == ["dlv_1", "dlv_2", "dlv_3"]
    by_status = DeliveryFilter(status=DeliveryStatus.PARKED)
    assert database.read(lambda unit: unit.deliveries.page(by_status, None, 9)) == [parked]
    by_document = DeliveryFilter(document_id="inv_3")
    assert database.read(lambda unit: unit.deliveries.page(by_document, None, 9)) == [delivery(3)]


def test_the_next_delivery_is_due_when_it_is_due_or_its_lease_ends(database: Database) -> None:
    assert database.read(lambda unit: unit.deliveries.next_due_at("main")) is None
    _add(database, delivery(1), delivery(2, due_at=LATER), delivery(3, connection="other", due_at=NOON - LEASE))
    assert database.read(lambda unit: unit.deliveries.next_due_at("main")) == NOON
    _claim(database)
    assert database.read(lambda unit: unit.deliveries.next_due_at("main")) == NOON + LEASE


def test_references_lead_both_ways(database: Database) -> None:
    database.transact(lambda unit: unit.deliveries.put_ref("main", "invoice", "inv_1", "in_9"))
    database.transact(lambda unit: unit.deliveries.put_ref("main", "invoice", "inv_1", "in_9"))
    database.transact(lambda unit: unit.deliveries.put_ref("other", "invoice", "inv_1", "in_9"))
    assert database.read(lambda unit: unit.deliveries.refs("main", "invoice", ["inv_1", "inv_2"])) == {"inv_1": "in_9"}
    assert database.read(lambda unit: unit.deliveries.refs("main", "customer", ["inv_1"])) == {}
    assert database.read(lambda unit: unit.deliveries.our_id("main", "invoice", "in_9")) == "inv_1"
    assert database.read(lambda unit: unit.deliveries.our_id("main", "invoice", "in_8")) is None


def test_a_document_cannot_become_another_one_of_the_provider(database: Database) -> None:
    database.transact(lambda unit: unit.deliveries.put_ref("main", "invoice", "inv_1", "in_1"))
    with pytest.raises(InvalidValue, match="the invoice inv_1 is in_1 and in_2 is None; it cannot be in_2"):
        database.transact(lambda unit: unit.deliveries.put_ref("main", "invoice", "inv_1", "in_2"))
    with pytest.raises(InvalidValue, match="the invoice inv_2 is None and in_1 is inv_1; it cannot be in_1"):
        database.transact(lambda unit: unit.deliveries.put_ref("main", "invoice", "inv_2", "in_1"))


def test_how_far_changes_were_seen_is_remembered_per_connection(database: Database) -> None:
    assert database.read(lambda unit: unit.deliveries.changes_seen("main")) is None
    for seen in (NOON, LATER):
        database.transact(lambda unit, seen=seen: unit.deliveries.set_changes_seen("main", seen))
    assert database.read(lambda unit: unit.deliveries.changes_seen("main")) == LATER
    assert database.read(lambda unit: unit.deliveries.changes_seen("other")) is None
