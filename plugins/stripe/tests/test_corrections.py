"""Void, credit, payments and quotes: what goes to Stripe, and what is refused before."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from gateway_stripe import StripeProvider

from gateway.plugin_api import (
    CreditDisposition,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
    PaidBy,
    Permanent,
    TaxMode,
)
from gateway.testing import credit_note_document, customer_document, invoice_document, payment_document
from plugins.stripe.tests.loopback import Fault, Loopback

BALANCE, REFUND, OUT_OF_BAND = CreditDisposition
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def issued(provider: StripeProvider) -> ExternalDocument:
    return issue(provider, 1250, 399)


def issue(provider: StripeProvider, *amounts: int) -> ExternalDocument:
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref, amounts), "put")
    assert put.total is not None
    return provider.issue_invoice(put.ref, put.total, "issue")


def credit(provider: StripeProvider, issued: ExternalDocument, amount: int, disposition: CreditDisposition) -> None:
    provider.put_credit_note(credit_note_document(issued, "cus_000001", amount, disposition), f"credit {amount}")


@pytest.mark.parametrize("amount", [1000, 1649])
def test_credit_of_what_is_due_only_lowers_it(
    provider: StripeProvider, loopback: Loopback, issued: ExternalDocument, amount: int
) -> None:
    credit(provider, issued, amount, BALANCE)
    (sent,) = loopback.writes("/v1/credit_notes")
    assert sent == {
        "invoice": issued.ref,
        "amount": amount,
        "memo": "agreed",
        "email_type": "none",
        "metadata": {"gateway_id": "cn_conformance", "gateway_number": "INV-CN-000001"},
    }


@pytest.mark.parametrize(
    ("disposition", "field"),
    [(BALANCE, "credit_amount"), (REFUND, "refund_amount"), (OUT_OF_BAND, "out_of_band_amount")],
)
def test_credit_of_what_is_paid_names_where_it_goes(
    provider: StripeProvider, loopback: Loopback, issued: ExternalDocument, disposition: CreditDisposition, field: str
) -> None:
    loopback.stripe.become(loopback.stripe.invoices[issued.ref], "paid")
    credit(provider, issued, 400, disposition)
    (sent,) = loopback.writes("/v1/credit_notes")
    assert {name: sent[name] for name in sent if name.endswith("amount")} == {"amount": 400, field: 400}


@pytest.mark.parametrize("disposition", [REFUND, OUT_OF_BAND])
def test_what_is_not_paid_cannot_be_given_back(
    provider: StripeProvider, loopback: Loopback, issued: ExternalDocument, disposition: CreditDisposition
) -> None:
    with pytest.raises(NeedsAttention, match="to the balance"):
        credit(provider, issued, 400, disposition)
    assert not loopback.writes("/v1/credit_notes")


def test_what_was_paid_out_of_band_is_not_refunded_by_stripe(
    provider: StripeProvider, issued: ExternalDocument
) -> None:
    provider.record_payment(issued.ref, payment_document(issued), "pay")
    with pytest.raises(NeedsAttention, match="was not paid in a way that refund could give back"):
        credit(provider, issued, 400, REFUND)


def test_more_than_is_left_is_refused_by_stripe(provider: StripeProvider, issued: ExternalDocument) -> None:
    with pytest.raises(Permanent, match="more than what is left"):
        credit(provider, issued, 1650, BALANCE)


def test_a_credit_note_is_a_change_of_its_invoice(provider: StripeProvider, issued: ExternalDocument) -> None:
    credit(provider, issued, 1649, BALANCE)
    (changed,) = provider.changes(LONG_AGO)
    assert (changed.ref, changed.status, changed.paid_by) == (issued.ref, ExternalStatus.PAID, PaidBy.CREDIT)


def test_a_draft_is_deleted_instead_of_voided(provider: StripeProvider, loopback: Loopback) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    draft = provider.put_invoice(invoice_document(customer.ref), "put")
    assert provider.void_invoice(draft.ref, "made in error", "void").status is ExternalStatus.VOID
    assert loopback.stripe.invoices == {}


def test_an_invoice_below_the_minimum_charge_is_paid_by_nothing(provider: StripeProvider) -> None:
    small = issue(provider, 49)
    assert (small.status, small.paid_by, small.amount_paid) == (
        ExternalStatus.PAID,
        PaidBy.BELOW_MINIMUM,
        Money(0, "USD"),
    )


def test_an_invoice_of_nothing_is_paid_by_nothing_at_all(provider: StripeProvider) -> None:
    assert issue(provider, 0).paid_by is None


def test_a_part_of_what_is_due_is_not_taken_for_all(provider: StripeProvider, issued: ExternalDocument) -> None:
    with pytest.raises(NeedsAttention, match="is open and has 1649 left to pay"):
        provider.record_payment(issued.ref, payment_document(issued, 1000), "pay")


def test_a_payment_noted_and_not_made_is_made_when_it_comes_again(
    provider: StripeProvider, loopback: Loopback, issued: ExternalDocument
) -> None:
    loopback.fail_next(Fault.THROTTLED, after=2)
    with pytest.raises(Exception, match="Too many"):
        provider.record_payment(issued.ref, payment_document(issued), "pay")
    assert provider.fetch(DocumentKind.INVOICE, issued.ref).status is ExternalStatus.OPEN
    paid = provider.record_payment(issued.ref, payment_document(issued), "pay later")
    assert (paid.status, paid.paid_by) == (ExternalStatus.PAID, PaidBy.OUT_OF_BAND)


def test_a_quote_has_stripes_taxes_by_rate_and_line(provider: StripeProvider) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    amounts = [100 + number for number in range(25)]
    document = replace(invoice_document(customer.ref, amounts), tax_mode=TaxMode.QUOTED)
    quote = provider.quote_tax(document)
    assert [line.id for line in quote.lines] == [f"inv_conformance:{number}" for number in range(25)]
    (tax,) = quote.taxes
    assert (tax.key, tax.name, tax.percent, tax.base) == ("txr_fake", "VAT", 20, Money(2800, "USD"))
    assert quote.total == Money(2800 + tax.amount.amount_minor, "USD")
    assert sum(line.taxes[0].amount.amount_minor for line in quote.lines) == tax.amount.amount_minor


def test_our_own_taxes_are_quoted_as_they_are(provider: StripeProvider) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    quote = provider.quote_tax(invoice_document(customer.ref))
    assert (quote.total, quote.taxes) == (Money(1649, "USD"), ())
