"""Delivering: what fails is tried again later or parked with a remedy, and no broken answer is believed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.delivery import DeliveryStatus, attempts_max
from gateway.core.errors import IllegalTransition, NotFound
from gateway.core.money import Money
from gateway.plugin_api import (
    Ambiguous,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    NeedsAttention,
    Permanent,
    Retryable,
    Unsupported,
)
from gateway.services.deliver import deliver_next, resume_delivery
from tests.services.delivering import World
from tests.services.failing import failing


def park(world: World, **answers: Any) -> Any:
    """What becomes of a delivery whose provider answers so."""
    world.finalize()
    report = world.deliver(failing(world, **answers))
    (delivery,) = world.deliveries()
    assert report is not None
    assert (report.status, report.reason) == (delivery.status, delivery.reason)
    return delivery


@pytest.mark.parametrize(
    ("error", "reason", "remedy"),
    [
        (Permanent("the card was declined"), "the card was declined", "correct what the provider refuses"),
        (NeedsAttention("the key is wrong", "enter another"), "the key is wrong", "enter another"),
        (Unsupported("drafts"), "The provider does not support drafts", "deliver to a provider"),
    ],
)
@pytest.mark.parametrize("method", ["put_customer", "put_invoice", "issue_invoice"])
def test_what_will_never_work_is_parked_with_a_remedy(
    sqlite_world: World, method: str, error: Exception, reason: str, remedy: str
) -> None:
    delivery = park(sqlite_world, **{method: error})
    assert (delivery.status, delivery.reason, delivery.due_at) == (DeliveryStatus.PARKED, reason, None)
    assert delivery.remedy.startswith(remedy)
    sqlite_world.clock.advance(timedelta(days=1))
    assert sqlite_world.deliver() is None


@pytest.mark.parametrize("method", ["put_customer", "put_invoice", "issue_invoice"])
def test_a_parked_delivery_goes_on_where_it_stopped(sqlite_world: World, method: str) -> None:
    final = sqlite_world.finalize()
    sqlite_world.deliver(failing(sqlite_world, **{method: Permanent("declined")}))
    assert resume_delivery(sqlite_world.installation, "dlv_1").attempts == 0
    sqlite_world.deliver()
    sqlite_world.assert_delivered_once(final)


def test_only_a_parked_delivery_can_be_resumed(world: World) -> None:
    world.finalize()
    with pytest.raises(IllegalTransition):
        resume_delivery(world.installation, "dlv_1")
    with pytest.raises(NotFound):
        resume_delivery(world.installation, "dlv_2")


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (Retryable("busy"), timedelta(seconds=1)),
        (Retryable("busy", retry_after_seconds=90), timedelta(seconds=90)),
        (Retryable("busy", retry_after_seconds=0), timedelta(seconds=1)),
        (Retryable("busy", retry_after_seconds=10**12), timedelta(days=1)),
        (Ambiguous("no answer"), timedelta(seconds=1)),
        (KeyError("canary"), timedelta(seconds=1)),
    ],
)
def test_what_may_work_later_is_tried_later(sqlite_world: World, error: Exception, wait: timedelta) -> None:
    delivery = park(sqlite_world, put_invoice=error)
    assert delivery.status is DeliveryStatus.PENDING
    assert delivery.due_at == sqlite_world.clock.now() + wait
    assert (delivery.attempts, delivery.remedy) == (1, None)
    assert "canary" not in delivery.reason


def test_waiting_doubles_and_jitter_spreads_it(sqlite_world: World) -> None:
    sqlite_world.finalize()
    waits = []
    for _ in range(4):
        deliver_next(
            sqlite_world.installation, "main", failing(sqlite_world, put_customer=Retryable("busy")), lambda: 1023
        )
        (delivery,) = sqlite_world.deliveries()
        waits.append((delivery.due_at - sqlite_world.clock.now()) // timedelta(milliseconds=1))
        sqlite_world.clock.set(delivery.due_at)
    assert waits == [1499, 2999, 5998, 11996]


def test_what_fails_too_often_is_parked(sqlite_world: World) -> None:
    sqlite_world.finalize()
    for _ in range(attempts_max):
        sqlite_world.deliver(failing(sqlite_world, put_customer=Ambiguous("no answer")))
        sqlite_world.clock.advance(timedelta(hours=2))
    (delivery,) = sqlite_world.deliveries()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.PARKED, attempts_max)
    assert (delivery.reason, delivery.remedy) == (
        "no answer",
        "it failed 50 times: find out why, then resume the delivery",
    )


def answering(world: World, method: str, **changes: Any) -> dict[str, Any]:
    """A method that does its work and answers with something changed."""
    real = getattr(world.provider, method)
    return {method: lambda *arguments: replace(real(*arguments), **changes)}


@pytest.mark.parametrize("method", ["put_invoice", "issue_invoice"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"total": Money(1601, "EUR")}, "totals 16.01 EUR and ours 16.00 EUR"),
        ({"total": Money(1600, "USD"), "amount_paid": None, "tax": None}, "totals 16.00 USD and ours 16.00 EUR"),
        ({"total": None}, "totals nothing and ours 16.00 EUR"),
        ({"our_id": "inv_2"}, "carries 'inv_2' instead of 'inv_1'"),
        ({"our_id": ""}, "carries '' instead of 'inv_1'"),
        ({"status": ExternalStatus.VOID}, "was voided at the provider"),
    ],
)
def test_an_answer_that_is_not_about_our_invoice_is_not_believed(
    sqlite_world: World, method: str, changes: dict[str, Any], reason: str
) -> None:
    delivery = park(sqlite_world, **answering(sqlite_world, method, **changes))
    assert delivery.status is DeliveryStatus.PARKED
    assert reason in delivery.reason
    assert delivery.remedy


OTHER_KIND = ExternalDocument(DocumentKind.CREDIT_NOTE, "cn_1", "inv_1", ExternalStatus.OPEN)


@pytest.mark.parametrize("garbage", [None, {}, "in_1", 7, object(), OTHER_KIND])
@pytest.mark.parametrize("method", ["put_customer", "put_invoice", "issue_invoice"])
def test_garbage_is_an_unknown_outcome(sqlite_world: World, method: str, garbage: object) -> None:
    final = sqlite_world.finalize()
    report = sqlite_world.deliver(failing(sqlite_world, **{method: lambda *_: garbage}))
    assert report is not None
    assert report.status is DeliveryStatus.PENDING
    sqlite_world.deliver_until_settled()
    sqlite_world.assert_delivered_once(final)


def test_an_invoice_that_stays_a_draft_is_not_delivered(sqlite_world: World) -> None:
    delivery = park(sqlite_world, **answering(sqlite_world, "issue_invoice", status=ExternalStatus.DRAFT))
    assert delivery.status is DeliveryStatus.PENDING
