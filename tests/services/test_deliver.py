"""Delivering: an invoice is made and issued, and looked up before anything is sent again."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from gateway.core.delivery import DeliveryStatus, Step
from gateway.core.invoicing.invoice import PaymentStatus
from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    Capabilities,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    Permanent,
)
from gateway.services.deliver import deliver_next, resume_delivery
from tests.services.delivering import World
from tests.services.failing import Failing, failing
from tests.storage.examples import line


def test_a_finalized_invoice_is_made_and_issued(world: World) -> None:
    final = world.finalize()
    report = world.deliver()
    assert report is not None
    assert (report.document_id, report.status) == (final.id, DeliveryStatus.DELIVERED)
    world.assert_delivered_once(final)


def test_nothing_due_is_nothing_to_report(world: World) -> None:
    assert world.deliver() is None


def test_what_is_delivered_is_not_delivered_again(world: World) -> None:
    final = world.finalize()
    world.deliver()
    assert world.deliver() is None
    world.assert_delivered_once(final)


def test_a_customer_is_made_once_for_all_invoices(world: World) -> None:
    finals = [world.finalize(number, customer_number=1) for number in (1, 2, 3)]
    for _ in finals:
        world.deliver()
    for final in finals:
        world.assert_delivered_once(final)


def test_the_oldest_delivery_goes_first_and_other_connections_are_left_alone(world: World) -> None:
    world.finalize(1)
    world.clock.advance(timedelta(seconds=1))
    world.finalize(2)
    assert deliver_next(world.installation, "other", world.provider) is None
    assert [report.document_id for report in (world.deliver(), world.deliver()) if report] == ["inv_1", "inv_2"]


def test_an_invoice_for_nothing_is_paid_when_it_is_issued(world: World) -> None:
    world.finalize()
    provider = failing(
        world,
        issue_invoice=lambda ref, total, key: replace(
            world.provider.issue_invoice(ref, total, key), status=ExternalStatus.PAID
        ),
    )
    world.deliver(provider)
    invoice = world.installation.storage.read(lambda unit: unit.invoices.get("inv_1"))
    assert invoice.payment_status is PaymentStatus.PAID


def test_a_first_attempt_does_not_look_anything_up(world: World) -> None:
    world.finalize()
    provider = Failing(world.provider)
    world.deliver(cast(BillingProvider, provider))
    assert provider.calls == ["put_customer", "put_invoice", "issue_invoice"]


def test_after_a_lost_answer_it_is_looked_up_before_it_is_sent_again(world: World) -> None:
    world.finalize()
    world.deliver(failing(world, put_invoice=Ambiguous("no answer")))
    world.clock.advance(timedelta(minutes=1))
    provider = Failing(world.provider)
    world.deliver(cast(BillingProvider, provider))
    assert provider.calls == ["find", "put_invoice", "issue_invoice"]


def test_what_is_found_issued_is_neither_sent_nor_issued_again(world: World) -> None:
    final = world.finalize()

    def issue_and_die(invoice: Any, key: str, existing: Any = None) -> ExternalDocument:
        put = world.provider.put_invoice(invoice, key, existing)
        world.provider.issue_invoice(put.ref, invoice.total, "by hand")
        raise Ambiguous("no answer")

    world.deliver(failing(world, put_invoice=issue_and_die))
    world.clock.advance(timedelta(minutes=1))
    provider = Failing(world.provider)
    world.deliver(cast(BillingProvider, provider))
    assert "put_invoice" not in provider.calls
    world.assert_delivered_once(final)


def test_a_draft_is_found_long_after_it_was_made_however_often_it_was_tried_since(world: World) -> None:
    final = world.finalize()

    def make_and_die(*arguments: Any) -> ExternalDocument:
        world.provider.put_invoice(*arguments)
        raise Ambiguous("no answer")

    world.deliver(failing(world, put_invoice=make_and_die))
    for _ in range(3):
        world.clock.advance(timedelta(days=4))
        world.deliver(failing(world, put_invoice=Ambiguous("no answer")))
    world.clock.advance(timedelta(days=4))
    world.deliver()
    world.assert_delivered_once(final)


def test_an_invoice_whose_issue_was_not_answered_is_fetched_and_not_issued_again(world: World) -> None:
    final = world.finalize()

    def issue_and_die(*arguments: Any) -> ExternalDocument:
        world.provider.issue_invoice(*arguments)
        raise Ambiguous("no answer")

    world.deliver(failing(world, issue_invoice=issue_and_die))
    world.clock.advance(timedelta(minutes=1))
    provider = Failing(world.provider)
    world.deliver(cast(BillingProvider, provider))
    assert provider.calls == ["fetch"]
    world.assert_delivered_once(final)


def keys_of(world: World, attempts: list[tuple[timedelta, Exception]]) -> list[str]:
    """The keys that failing attempts to put an invoice go out with, each after a time."""
    keys: list[str] = []
    world.finalize()
    for wait, error in attempts:

        def put(invoice: Any, key: str, existing: Any = None, error: Exception = error) -> ExternalDocument:
            keys.append(key)
            raise error

        world.clock.advance(wait)
        world.deliver(failing(world, put_invoice=put))
    return keys


def test_a_repeated_request_has_the_same_key_while_the_provider_remembers_it(world: World) -> None:
    hour = timedelta(hours=1)
    lost = Ambiguous("no answer")
    keys = keys_of(world, [(hour, lost), (hour, lost), (22 * hour, lost), (2 * hour, lost), (hour, lost)])
    assert keys[0] == keys[1] == keys[2]
    assert keys[2] != keys[3] == keys[4]
    assert {len(key) for key in keys} == {32}


def test_a_key_under_which_a_failure_is_stored_is_not_used_again(world: World) -> None:
    minute = timedelta(minutes=1)
    spent, lost = Ambiguous("stored failure", key_is_spent=True), Ambiguous("no answer")
    keys = keys_of(world, [(minute, lost), (minute, spent), (minute, spent), (minute, lost), (minute, lost)])
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert keys[3] == keys[4]


def test_without_keys_nothing_is_sent_again_while_a_request_may_be_under_way(world: World) -> None:
    final = world.finalize()
    keyless = replace(world.provider.capabilities, idempotency_window_seconds=0)
    calls: list[datetime] = []

    def put(invoice: Any, key: str, existing: Any = None) -> ExternalDocument:
        calls.append(world.clock.now())
        raise Ambiguous("no answer")

    for _ in range(14):
        world.deliver(failing(world, put_invoice=put, capabilities=keyless))
        world.clock.advance(timedelta(minutes=1))
    assert len(calls) == 2
    assert calls[1] - calls[0] >= timedelta(minutes=10)
    world.deliver_until_settled()
    world.assert_delivered_once(final)


def test_a_customer_tried_by_one_delivery_is_looked_up_by_the_next(world: World) -> None:
    def make_and_die(customer: Any, key: str, existing: Any) -> ExternalDocument:
        world.provider.put_customer(customer, key)
        raise Permanent("declined, it says")

    first = world.finalize(1, customer_number=1)
    world.deliver(failing(world, put_customer=make_and_die))
    world.clock.advance(timedelta(days=3))
    second = world.finalize(2, customer_number=1)
    world.deliver()
    world.assert_delivered_once(second)
    resume_delivery(world.installation, "dlv_1")
    world.deliver()
    world.assert_delivered_once(first)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currencies": frozenset({"USD"})}, "currency EUR"),
        ({"lines_max": 2}, "has 3 lines and the provider takes 2"),
    ],
)
def test_what_a_provider_does_not_take_is_refused_before_anything_is_sent(
    sqlite_world: World, changes: dict[str, Any], reason: str
) -> None:
    sqlite_world.finalize(lines=(line(1250), line(399, price="storage"), line(-49, price="support")))
    limited: Capabilities = replace(sqlite_world.provider.capabilities, **changes)
    provider = Failing(sqlite_world.provider, capabilities=limited)
    sqlite_world.deliver(cast(BillingProvider, provider))
    (delivery,) = sqlite_world.deliveries()
    assert delivery.status is DeliveryStatus.PARKED
    assert reason in delivery.reason
    assert provider.calls == []


def test_more_lines_than_a_provider_takes_arrive_as_one_for_each_price(sqlite_world: World) -> None:
    final = sqlite_world.finalize(lines=(line(1250), line(399, price="storage"), line(-49)))
    sent: list[InvoiceDocument] = []

    def put_invoice(document: InvoiceDocument, *rest: Any) -> ExternalDocument:
        sent.append(document)
        return sqlite_world.provider.put_invoice(document, *rest)

    limited = replace(sqlite_world.provider.capabilities, lines_max=2)
    detailed = replace(sqlite_world.installation, detail_url="https://acme.example/invoices/{number}")
    provider = Failing(sqlite_world.provider, capabilities=limited, put_invoice=put_invoice)
    deliver_next(detailed, "main", cast(BillingProvider, provider))
    sqlite_world.assert_delivered_once(final)
    assert [(line.price, line.amount.amount_minor) for line in sent[0].lines] == [("traffic", 1201), ("storage", 399)]
    assert sent[0].detail_url == "https://acme.example/invoices/INV-000001"


def test_every_call_is_journalled_before_it_is_made(world: World) -> None:
    world.finalize()
    journals: dict[str, set[Step]] = {}

    def noting(method: str) -> Any:
        def call(*arguments: Any) -> Any:
            journals[method] = set(world.installation.storage.read(lambda unit: unit.deliveries.steps("dlv_1")))
            # A writer would wait here for ever if a transaction were open.
            world.installation.storage.transact(lambda unit: unit.definitions.bump_version())
            return getattr(world.provider, method)(*arguments)

        return call

    world.deliver(failing(world, **{name: noting(name) for name in ("put_customer", "put_invoice", "issue_invoice")}))

    assert journals == {
        "put_customer": {Step.CUSTOMER},
        "put_invoice": {Step.CUSTOMER, Step.PUT},
        "issue_invoice": {Step.CUSTOMER, Step.PUT, Step.ISSUE},
    }
