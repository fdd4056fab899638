"""What the provider says of each fault on the wire, and that repeating leaves one document."""

from datetime import UTC, datetime

import pytest
from gateway_stripe import StripeProvider

from gateway.plugin_api import (
    Ambiguous,
    DocumentKind,
    ExternalStatus,
    Money,
    NeedsAttention,
)
from gateway.testing import customer_document, invoice_document
from plugins.stripe.tests.loopback import Fault, Loopback
from tests.vendors.faults import KEY, LONG_AGO, DraftsOverWire, FaultsOverWire, StoredFailures


class TestStripeFaults(FaultsOverWire, StoredFailures, DraftsOverWire):
    requests_of_an_invoice = 4
    makes_in_parts = True

    def change_draft(self, loopback: Loopback, ref: str) -> None:
        loopback.stripe.add_by_hand(loopback.stripe.invoices[ref], 100)

    def issues(self, loopback: Loopback, ref: str) -> int:
        return len(loopback.writes(f"/v1/invoices/{ref}/finalize"))


def test_completing_a_draft_sends_only_the_missing_lines(provider: StripeProvider, loopback: Loopback) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    document = invoice_document(customer.ref, [100, 200, 300])
    loopback.fail_next(Fault.LOST_ANSWER, after=2)
    with pytest.raises(Ambiguous):
        provider.put_invoice(document, KEY)
    assert [item["amount"] for item in loopback.writes("/v1/invoiceitems")] == [100, 200]

    found = provider.find(DocumentKind.INVOICE, document.id, LONG_AGO)
    provider.put_invoice(document, KEY, existing=found)

    assert [item["amount"] for item in loopback.writes("/v1/invoiceitems")] == [100, 200, 300]


def test_two_documents_with_our_id_need_attention(provider: StripeProvider, loopback: Loopback) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    document = invoice_document(customer.ref)
    first = provider.put_invoice(document, "one")
    second = provider.put_invoice(document, "two")
    with pytest.raises(NeedsAttention, match=f"{second.ref}, {first.ref}"):
        provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer.ref)
    loopback.stripe.become(loopback.stripe.invoices[first.ref], "void")
    assert provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer.ref) == second


def test_an_amount_that_stripe_cannot_hold_is_refused_before_anything_is_sent(
    provider: StripeProvider, loopback: Loopback
) -> None:
    with pytest.raises(NeedsAttention, match="KWD"):
        provider.put_invoice(invoice_document("cus_1", [10, 5124], "KWD"), KEY)
    assert loopback.requests == []


def test_an_invoice_of_nothing_is_paid_when_it_is_issued(provider: StripeProvider) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref, [0]), KEY)
    assert provider.issue_invoice(put.ref, Money(0, "USD"), "issue").status is ExternalStatus.PAID


def test_changes_come_in_order_once_each_and_as_they_are_now(provider: StripeProvider, loopback: Loopback) -> None:
    stripe = loopback.stripe
    customer = provider.put_customer(customer_document(), "customer")
    first, second = (
        provider.put_invoice(invoice_document(customer.ref, id=f"inv_{name}"), f"put {name}") for name in "ab"
    )
    for put in (first, second):
        provider.issue_invoice(put.ref, Money(1649, "USD"), f"issue {put.our_id}")
    since = datetime.fromtimestamp(stripe.now, UTC)
    stripe.become(stripe.invoices[first.ref], "uncollectible")
    stripe.become(stripe.invoices[second.ref], "paid")
    stripe.become(stripe.invoices[first.ref], "paid")
    foreign = stripe.create_invoice(
        {"customer": customer.ref, "currency": "usd", "collection_method": "send_invoice", "auto_advance": False}
    )
    stripe.become(foreign, "paid")

    changed = list(provider.changes(since))

    assert [document.our_id for document in changed] == ["inv_b", "inv_a"]
    assert {document.status for document in changed} == {ExternalStatus.PAID}
    assert changed[0].amount_paid == Money(1649, "USD")


def test_a_changed_invoice_that_was_deleted_since_is_left_out(provider: StripeProvider, loopback: Loopback) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref), KEY)
    provider.issue_invoice(put.ref, Money(1649, "USD"), "issue")
    del loopback.stripe.invoices[put.ref]
    assert list(provider.changes(LONG_AGO)) == []


def test_a_long_list_is_read_to_its_end(provider: StripeProvider, loopback: Loopback) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    first = provider.put_invoice(invoice_document(customer.ref, [1], id="inv_first"), "first")
    for number in range(250):
        loopback.stripe.create_invoice(
            {
                "customer": customer.ref,
                "currency": "usd",
                "collection_method": "send_invoice",
                "auto_advance": False,
                "metadata": {"gateway_id": f"inv_{number}"},
            }
        )
    assert provider.find(DocumentKind.INVOICE, "inv_first", LONG_AGO, customer.ref) == first
