"""What the provider says of each fault on the wire, and that repeating leaves one document."""

from datetime import UTC, datetime

import pytest
from gateway_stripe import StripeProvider, StripeSettings
from pydantic import SecretStr

from gateway.plugin_api import (
    Ambiguous,
    DocumentKind,
    ExternalStatus,
    Money,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
    Unsupported,
)
from gateway.testing import FakeHost, customer_document, invoice_document
from plugins.stripe.tests.loopback import Fault, Loopback

KEY = "k" * 32
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
UNKNOWN_OUTCOME = [
    Fault.LOST_REQUEST,
    Fault.LOST_ANSWER,
    Fault.TRUNCATED_ANSWER,
    Fault.GARBLED_ANSWER,
    Fault.BAD_GATEWAY,
    Fault.FAILED_AFTER_APPLYING,
    Fault.FAILED_BEFORE_APPLYING,
    Fault.BUSY,
]


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.SLOW])
def test_a_write_with_an_unknown_outcome_is_ambiguous(
    provider: StripeProvider, loopback: Loopback, fault: Fault
) -> None:
    loopback.fail_next(fault)
    with pytest.raises(Ambiguous):
        provider.put_customer(customer_document(), KEY)


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
def test_a_read_that_fails_is_simply_done_again(provider: StripeProvider, loopback: Loopback, fault: Fault) -> None:
    loopback.fail_next(fault)
    with pytest.raises(Retryable):
        provider.find(DocumentKind.CUSTOMER, "cus_conformance", LONG_AGO)


def test_a_throttled_write_names_when_to_try_again(provider: StripeProvider, loopback: Loopback) -> None:
    loopback.fail_next(Fault.THROTTLED)
    with pytest.raises(Retryable) as throttled:
        provider.put_customer(customer_document(), KEY)
    assert throttled.value.retry_after_seconds == 7
    assert provider.put_customer(customer_document(), KEY).ref


def test_no_request_is_repeated_by_the_sdk(provider: StripeProvider, loopback: Loopback) -> None:
    for fault in (Fault.THROTTLED, Fault.LOST_ANSWER, Fault.BAD_GATEWAY, Fault.BUSY):
        before = len(loopback.requests)
        loopback.fail_next(fault)
        with pytest.raises(ProviderError):
            provider.put_customer(customer_document(), KEY)
        assert len(loopback.requests) == before + 1


def test_a_refused_key_needs_attention(loopback: Loopback) -> None:
    settings = StripeSettings(api_key=SecretStr("sk_test_canary"), api_base=loopback.url)
    wrong = StripeProvider("main", settings, FakeHost())
    with pytest.raises(NeedsAttention, match="api_key") as refused:
        wrong.check()
    assert "canary" not in str(refused.value)


def test_a_key_used_for_something_else_is_permanent(provider: StripeProvider) -> None:
    provider.put_customer(customer_document(), KEY)
    with pytest.raises(Permanent):
        provider.put_customer(customer_document(id="cus_other"), KEY)


def test_a_stored_failure_says_that_the_key_is_spent(provider: StripeProvider, loopback: Loopback) -> None:
    loopback.fail_next(Fault.FAILED_BEFORE_APPLYING)
    with pytest.raises(Ambiguous) as first:
        provider.put_customer(customer_document(), KEY)
    assert not first.value.key_is_spent
    with pytest.raises(Ambiguous) as replayed:
        provider.put_customer(customer_document(), KEY)
    assert replayed.value.key_is_spent
    assert provider.find(DocumentKind.CUSTOMER, "cus_conformance", LONG_AGO) is None
    assert provider.put_customer(customer_document(), "another key").ref


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
@pytest.mark.parametrize("request_number", range(1, 5))
def test_an_invoice_interrupted_anywhere_is_completed_and_there_once(
    provider: StripeProvider, loopback: Loopback, fault: Fault, request_number: int
) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    document = invoice_document(customer.ref, [1250, 399])
    loopback.fail_next(fault, after=request_number - 1)
    with pytest.raises(ProviderError):
        provider.put_invoice(document, KEY)

    found = provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer.ref)
    put = provider.put_invoice(document, "another key", existing=found)

    assert (put.status, put.total) == (ExternalStatus.DRAFT, Money(1649, "USD"))
    assert len(loopback.stripe.invoices) == 1
    assert sorted(item["amount"] for item in loopback.stripe.items.values()) == [399, 1250]


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


def test_a_draft_that_was_changed_by_hand_is_not_issued(provider: StripeProvider, loopback: Loopback) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref), KEY)
    loopback.stripe.add_by_hand(loopback.stripe.invoices[put.ref], 100)
    with pytest.raises(NeedsAttention, match=r"17\.49 USD, not 16\.49 USD"):
        provider.issue_invoice(put.ref, Money(1649, "USD"), "issue")
    assert not loopback.writes(f"/v1/invoices/{put.ref}/finalize")


def test_an_issue_whose_answer_is_lost_is_issued_once(provider: StripeProvider, loopback: Loopback) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref), KEY)
    loopback.fail_next(Fault.LOST_ANSWER, after=1)
    with pytest.raises(Ambiguous):
        provider.issue_invoice(put.ref, Money(1649, "USD"), "issue")
    assert provider.issue_invoice(put.ref, Money(1649, "USD"), "issue").status is ExternalStatus.OPEN
    assert len(loopback.writes(f"/v1/invoices/{put.ref}/finalize")) == 1


def test_two_documents_with_our_id_need_attention(provider: StripeProvider, loopback: Loopback) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    document = invoice_document(customer.ref)
    first = provider.put_invoice(document, "one")
    second = provider.put_invoice(document, "two")
    with pytest.raises(NeedsAttention, match=f"{second.ref}, {first.ref}"):
        provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer.ref)
    loopback.stripe.become(loopback.stripe.invoices[first.ref], "void")
    assert provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer.ref) == second


def test_a_total_below_zero_is_refused_before_anything_is_sent(provider: StripeProvider, loopback: Loopback) -> None:
    with pytest.raises(Unsupported):
        provider.put_invoice(invoice_document("cus_1", [-5]), KEY)
    assert loopback.requests == []


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
