"""Void, credit, payments, changes and quotes: what goes to Recurly, and what is refused before."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from gateway_recurly import RecurlyProvider

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
from gateway.testing import credit_note_document, invoice_document, payment_document
from plugins.recurly.tests.fake_recurly import FakeRecurly, Loopback

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def test_our_credits_come_off_the_charges_of_one_invoice(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument
) -> None:
    put = provider.put_invoice(invoice_document(customer.ref, [1250, 399, -49]), "put")
    assert put.total == Money(1600, "USD")
    assert [float(line["amount"]) for line in recurly.invoice(put.ref)["line_items"]] == [12.5, 3.5]
    assert len(recurly.invoices) == 1


def test_credit_beyond_what_is_due_stays_with_the_account(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument, put: ExternalDocument
) -> None:
    provider.record_payment(put.ref, payment_document(put, 1249), "pay")
    note = provider.put_credit_note(credit_note_document(put, customer.ref, 1000), "credit")
    assert (note.status, note.total, note.amount_paid) == (ExternalStatus.OPEN, Money(1000, "USD"), Money(400, "USD"))
    assert provider.fetch(DocumentKind.INVOICE, put.ref).status is ExternalStatus.PAID


def test_credit_of_what_is_paid_is_a_refund_of_that_invoice(
    provider: RecurlyProvider, loopback: Loopback, customer: ExternalDocument, put: ExternalDocument
) -> None:
    loopback.fake.pay(loopback.fake.invoice(put.ref))
    provider.put_credit_note(credit_note_document(put, customer.ref, 1000), "credit")
    with pytest.raises(NeedsAttention, match=r"6\.49 USD can be given back by balance, not 10\.00 USD"):
        provider.put_credit_note(credit_note_document(put, customer.ref, 1000, id="cn_2"), "credit 2")
    assert len(loopback.writes(f"/invoices/{put.ref}/refund")) == 1


def test_nothing_is_credited_of_what_was_written_off(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument, put: ExternalDocument
) -> None:
    recurly.mark_failed(recurly.invoice(put.ref))
    with pytest.raises(NeedsAttention, match=r"0\.00 USD can be given back"):
        provider.put_credit_note(credit_note_document(put, customer.ref, 500), "credit")


def test_out_of_band_needs_a_payment(
    provider: RecurlyProvider, loopback: Loopback, customer: ExternalDocument, put: ExternalDocument
) -> None:
    note = credit_note_document(put, customer.ref, 500, CreditDisposition.OUT_OF_BAND)
    with pytest.raises(NeedsAttention, match="credit the rest to the balance"):
        provider.put_credit_note(note, "credit")
    assert not loopback.writes(f"/invoices/{put.ref}/refund")


def test_more_than_is_due_is_not_recorded_as_paid(
    provider: RecurlyProvider, loopback: Loopback, put: ExternalDocument
) -> None:
    loopback.fake.pay(loopback.fake.invoice(put.ref), "10.00")
    with pytest.raises(NeedsAttention, match=r"6\.49 USD due"):
        provider.record_payment(put.ref, payment_document(put), "pay")


def test_an_invoice_that_is_partly_paid_is_not_voided(
    provider: RecurlyProvider, recurly: FakeRecurly, put: ExternalDocument
) -> None:
    recurly.pay(recurly.invoice(put.ref), "1.00")
    with pytest.raises(NeedsAttention, match="credit note"):
        provider.void_invoice(put.ref, "wrong", "void")


def test_a_void_invoice_says_why(provider: RecurlyProvider, recurly: FakeRecurly, put: ExternalDocument) -> None:
    provider.void_invoice(put.ref, "wrong customer", "void")
    assert recurly.invoice(put.ref)["customer_notes"] == "Void: wrong customer\nInvoice INV-000001"


def test_a_credit_invoice_is_no_invoice(
    provider: RecurlyProvider, customer: ExternalDocument, put: ExternalDocument
) -> None:
    note = provider.put_credit_note(credit_note_document(put, customer.ref, 500), "credit")
    with pytest.raises(Permanent, match="is a credit invoice"):
        provider.fetch(DocumentKind.INVOICE, note.ref)


def test_changes_come_in_order_once_each_and_as_they_are_now(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument
) -> None:
    first, second, _ = (
        provider.put_invoice(invoice_document(customer.ref, id=f"inv_{name}"), f"put {name}") for name in "abc"
    )
    since = datetime.fromtimestamp(recurly.now + 1, UTC)
    recurly.changed(recurly.invoice(first.ref), state="past_due")
    recurly.pay(recurly.invoice(second.ref))
    recurly.pay(recurly.invoice(first.ref))
    line = {"type": "charge", "currency": "USD", "unit_amount": 1}
    recurly.purchase({"currency": "USD", "account": {"code": "cus_conformance"}, "line_items": [line]})

    changed = list(provider.changes(since))

    assert [document.our_id for document in changed] == ["inv_b", "inv_a"]
    assert {(document.status, document.paid_by) for document in changed} == {(ExternalStatus.PAID, PaidBy.PAYMENT)}


def test_recurlys_taxes_are_quoted_by_rate_and_line(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument
) -> None:
    recurly.tax_percent += 20
    invoice = replace(invoice_document(customer.ref), tax_mode=TaxMode.QUOTED)
    quote = provider.quote_tax(invoice)
    (tax,) = quote.taxes
    assert (tax.label, tax.base, tax.amount) == ("vat 20 %", Money(1649, "USD"), Money(330, "USD"))
    assert [[share.amount.amount_minor for share in line.taxes] for line in quote.lines] == [[250], [80]]
    assert quote.total == Money(1979, "USD")
    adopted = replace(invoice, taxes=tuple(quote.taxes), total=quote.total)
    assert provider.put_invoice(adopted, "put").tax == Money(330, "USD")


def test_our_taxes_are_quoted_as_the_lines_that_they_become(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument
) -> None:
    recurly.tax_percent += 20
    quote = provider.quote_tax(invoice_document(customer.ref))
    assert (quote.total, quote.taxes) == (Money(1649, "USD"), ())
