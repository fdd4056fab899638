"""Invoices at Recurly: compared before they are made, found again, and read as they are now."""

from datetime import UTC, datetime

import pytest
from gateway_recurly import RecurlyProvider

from gateway.plugin_api import (
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
)
from gateway.testing import customer_document, invoice_document
from plugins.recurly.tests.fake_recurly import FakeRecurly, Loopback

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def test_lines_that_wait_on_the_account_stay_out_of_an_invoice(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument
) -> None:
    recurly.add_pending_line(
        recurly.account(customer.ref),
        {"type": "charge", "currency": "USD", "unit_amount": 99, "description": "By hand"},
    )
    assert provider.put_invoice(invoice_document(customer.ref), "put").total == Money(1649, "USD")
    assert len(recurly.pending) == 1


def test_a_total_that_differs_is_seen_before_anything_is_made(
    provider: RecurlyProvider, recurly: FakeRecurly, loopback: Loopback, customer: ExternalDocument
) -> None:
    recurly.coupon_percent += 10
    with pytest.raises(NeedsAttention, match=r"totals 14\.84 USD, not 16\.49 USD"):
        provider.put_invoice(invoice_document(customer.ref), "put")
    assert (recurly.invoices, loopback.writes("/purchases")) == ({}, [])


def test_a_currency_that_is_not_enabled_is_named_before_anything_is_made(
    provider: RecurlyProvider, recurly: FakeRecurly, loopback: Loopback, customer: ExternalDocument
) -> None:
    with pytest.raises(NeedsAttention, match="does not accept CHF: enable CHF"):
        provider.put_invoice(invoice_document(customer.ref, [100], "CHF"), "put")
    assert loopback.writes("/purchases") == []


def test_what_recurly_cannot_hold_is_refused_before_anything_is_sent(
    provider: RecurlyProvider, loopback: Loopback
) -> None:
    with pytest.raises(NeedsAttention, match="KWD"):
        provider.put_invoice(invoice_document("code-a", [10, 5124], "KWD"), "put")
    assert loopback.requests == []


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 500), ("KWD", 5120), ("EUR", 1)])
def test_amounts_of_every_scale_survive_the_round_trip(
    provider: RecurlyProvider, recurly: FakeRecurly, currency: str, amount: int, customer: ExternalDocument
) -> None:
    put = provider.put_invoice(invoice_document(customer.ref, [amount], currency), "put")
    assert put.total == Money(amount, currency)
    assert provider.fetch(DocumentKind.INVOICE, put.ref).total == Money(amount, currency)


def test_an_invoice_of_nothing_is_paid_when_it_is_made(provider: RecurlyProvider, customer: ExternalDocument) -> None:
    assert provider.put_invoice(invoice_document(customer.ref, [0]), "put").status is ExternalStatus.PAID


def test_the_page_to_pay_opens_the_customers_own_invoice(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument, put: ExternalDocument
) -> None:
    token = recurly.account(customer.ref)["hosted_login_token"]
    assert put.pay_url == f"https://acme.recurly.com/account/invoices/{put.number}?ht={token}"


def test_an_account_without_pages_has_no_page_to_pay(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument
) -> None:
    recurly.account(customer.ref)["hosted_login_token"] = None
    assert provider.put_invoice(invoice_document(customer.ref), "put").pay_url is None


def test_the_token_of_an_account_is_asked_for_once(
    provider: RecurlyProvider, loopback: Loopback, customer: ExternalDocument
) -> None:
    for name in "abc":
        provider.put_invoice(invoice_document(customer.ref, id=f"inv_{name}"), f"put {name}")
    asked = [path for method, path, _ in loopback.requests if method == "GET" and path.startswith("/accounts/")]
    assert len(asked) == 1


def test_an_account_that_was_opened_by_hand_is_found_by_its_code(
    provider: RecurlyProvider, recurly: FakeRecurly
) -> None:
    recurly.create_account({"code": "cus_conformance", "company": "By hand"})
    found = provider.find(DocumentKind.CUSTOMER, "cus_conformance", LONG_AGO)
    assert found is not None
    assert provider.put_customer(customer_document(), "update", found) == found
    assert recurly.account(found.ref)["company"] == "Conformance Ltd"


def test_nothing_is_found_of_a_customer_who_is_not_there(provider: RecurlyProvider) -> None:
    assert provider.find(DocumentKind.INVOICE, "inv_1", LONG_AGO, "code-nobody") is None


def test_two_invoices_with_our_id_need_attention(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument
) -> None:
    document = invoice_document(customer.ref)
    first, second = provider.put_invoice(document, "one"), provider.put_invoice(document, "two")
    with pytest.raises(NeedsAttention, match=f"{second.ref}, {first.ref}"):
        provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer.ref)
    provider.void_invoice(first.ref, "made twice", "void")
    assert provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer.ref) == second
