"""Webhook endpoints, messages and sendings in storage."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.errors import NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.core.ports.webhooks import ClaimedSending, SendingFilter
from gateway.core.webhooks import (
    SendingStatus,
    WebhookEndpoint,
    WebhookEvent,
    WebhookMessage,
    WebhookSecret,
    WebhookSending,
)
from gateway.storage.database import Database
from tests.storage.examples import NOON

LEASE = timedelta(minutes=1)
LATER = NOON + timedelta(minutes=5)


def endpoint(number: int = 1, **changes: Any) -> WebhookEndpoint:
    secrets = (WebhookSecret("whsec_bmV3"), WebhookSecret("whsec_b2xk", LATER))
    made = WebhookEndpoint(f"whe_{number}", "https://example.com/hooks", NOON, secrets, description="ours")
    return replace(made, **changes)


def message(number: int = 1, **changes: Any) -> WebhookMessage:
    made = WebhookMessage(f"msg_{number}", WebhookEvent.INVOICE_FINALIZED, NOON + timedelta(seconds=number), "{}")
    return replace(made, **changes)


def sending(number: int = 1, endpoint_id: str = "whe_1", **changes: Any) -> WebhookSending:
    at = NOON + timedelta(seconds=number)
    return replace(WebhookSending(f"msg_{number}", endpoint_id, at, due_at=at), **changes)


def store(
    database: Database, endpoints: Sequence[WebhookEndpoint], messages: int, sendings: Sequence[WebhookSending]
) -> None:
    def put(unit: UnitOfWork) -> None:
        for each in endpoints:
            unit.webhooks.put_endpoint(each)
        for number in range(1, messages + 1):
            unit.webhooks.add_message(message(number))
        unit.webhooks.put_sendings(sendings)

    database.transact(put)


def claim(database: Database, now: Any = LATER, limit: int = 8) -> list[ClaimedSending]:
    return database.transact(lambda unit: unit.webhooks.claim(now, now + LEASE, limit))


def claimed_ids(database: Database, now: Any = LATER, limit: int = 8) -> list[tuple[str, str]]:
    return [(each.sending.message_id, each.sending.endpoint_id) for each in claim(database, now, limit)]


def test_endpoints_come_back_as_they_were_put(database: Database) -> None:
    events = frozenset({WebhookEvent.INVOICE_HELD, WebhookEvent.DELIVERY_PARKED})
    second = endpoint(2, events=events, failing_since=NOON, disabled_at=LATER, disabled_reason="gone")
    store(database, [second, endpoint()], 0, [])
    changed = endpoint(url="https://example.org/", signing_secrets=(WebhookSecret("whsec_bmV3ZXI="),))
    database.transact(lambda unit: unit.webhooks.put_endpoint(changed))

    assert database.read(lambda unit: unit.webhooks.endpoints()) == [changed, second]
    assert database.transact(lambda unit: unit.webhooks.lock_endpoint("whe_2")) == second


def test_an_unknown_endpoint_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match="There is no webhook endpoint 'whe_9'"):
        database.transact(lambda unit: unit.webhooks.lock_endpoint("whe_9"))


def test_what_is_due_longest_of_each_endpoint_is_claimed_once(database: Database) -> None:
    store(database, [endpoint(), endpoint(2)], 2, [sending(2), sending(1), sending(1, "whe_2")])

    (first, other) = claim(database)

    assert (first.sending.message_id, first.sending.attempts) == ("msg_1", 1)
    assert (first.message, first.endpoint) == (message(), endpoint())
    assert other.endpoint == endpoint(2)
    assert claim(database) == []


def test_an_endpoint_gets_one_message_at_a_time(database: Database) -> None:
    store(database, [endpoint()], 2, [sending(1), sending(2)])
    (first,) = claim(database)
    assert claim(database) == []

    done = replace(first.sending, status=SendingStatus.DELIVERED, due_at=None, settled_at=LATER)
    assert database.transact(lambda unit: unit.webhooks.settle(done))

    assert claimed_ids(database) == [("msg_2", "whe_1")]


def test_a_lease_that_ended_lets_another_worker_in_and_the_late_one_out(database: Database) -> None:
    store(database, [endpoint()], 1, [sending()])
    (late,) = claim(database)
    (other,) = claim(database, LATER + LEASE)

    assert other.sending.attempts == 2
    assert not database.transact(lambda unit: unit.webhooks.settle(late.sending))
    assert database.transact(lambda unit: unit.webhooks.settle(other.sending))


def test_nothing_is_claimed_before_it_is_due_nor_of_an_endpoint_that_is_disabled(database: Database) -> None:
    off = endpoint(2, disabled_at=NOON, disabled_reason="moved")
    store(database, [endpoint(), off], 1, [sending(due_at=LATER), sending(1, "whe_2")])

    assert claimed_ids(database, LATER - timedelta(microseconds=1)) == []
    assert claimed_ids(database, LATER) == [("msg_1", "whe_1")]


def test_so_many_are_claimed_at_once_and_no_more(database: Database) -> None:
    store(database, [endpoint(each) for each in (1, 2, 3)], 1, [sending(1, f"whe_{each}") for each in (1, 2, 3)])

    assert claimed_ids(database, limit=2) == [("msg_1", "whe_1"), ("msg_1", "whe_2")]
    assert claimed_ids(database) == [("msg_1", "whe_3")]


def test_sendings_are_listed_newest_first_by_page_endpoint_and_status(database: Database) -> None:
    failed = sending(2, status=SendingStatus.FAILED, due_at=None, status_code=500, failure="down", settled_at=LATER)
    store(database, [endpoint(), endpoint(2)], 3, [sending(1), failed, sending(3), sending(3, "whe_2")])

    def listed(after: Any = None, limit: int = 9, **matching: Any) -> list[tuple[WebhookSending, WebhookMessage]]:
        return database.read(lambda unit: unit.webhooks.sendings(SendingFilter(**matching), after, limit))

    assert listed(limit=3) == [(sending(3, "whe_2"), message(3)), (sending(3), message(3)), (failed, message(2))]
    assert listed((failed.occurred_at, "msg_2", "whe_1")) == [(sending(1), message(1))]
    assert listed(endpoint_id="whe_2") == [(sending(3, "whe_2"), message(3))]
    assert listed(status=SendingStatus.FAILED) == [(failed, message(2))]


def test_removing_an_endpoint_removes_what_is_on_its_way_to_it(database: Database) -> None:
    store(database, [endpoint(), endpoint(2)], 1, [sending(), sending(1, "whe_2")])

    database.transact(lambda unit: unit.webhooks.remove_endpoint("whe_1"))

    assert database.read(lambda unit: unit.webhooks.endpoints()) == [endpoint(2)]
    assert database.read(lambda unit: unit.webhooks.sending("msg_1", "whe_1")) is None
    assert database.read(lambda unit: unit.webhooks.sending("msg_1", "whe_2")) == sending(1, "whe_2")


def test_old_messages_are_forgotten_unless_they_are_on_their_way(database: Database) -> None:
    done = {"status": SendingStatus.DELIVERED, "due_at": None, "settled_at": LATER}
    store(database, [endpoint()], 4, [sending(1, **done), sending(2), sending(3, **done)])

    assert database.transact(lambda unit: unit.webhooks.forget(NOON + timedelta(seconds=3), 9)) == 1
    assert database.transact(lambda unit: unit.webhooks.forget(LATER, 1)) == 1
    assert database.transact(lambda unit: unit.webhooks.forget(LATER, 9)) == 1
    assert database.read(lambda unit: unit.webhooks.messages_since(NOON, 9)) == [message(2)]
