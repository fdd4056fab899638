"""Credit notes, payments, quotes and voids at Chargebee, beyond what every provider promises."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from gateway_chargebee import ChargebeeProvider

from gateway.plugin_api import (
    Ambiguous,
    CreditDisposition,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
    PaidBy,
    Retryable,
    TaxLine,
    TaxMode,
)
from gateway.testing import credit_note_document, customer_document, invoice_document, payment_document
from plugins.chargebee.tests.connecting import Chargebee
from tests.vendors.loopback import Fault

LONG_AGO = datetime(2002, 1, 1, tzinfo=UTC)
CUSTOMER = "cus_conformance"


@pytest.fixture
def issued(provider: ChargebeeProvider) -> ExternalDocument:
    """An issued invoice over 16.49 USD."""
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref), "put")
    return provider.issue_invoice(put.ref, Money(1649, "USD"), "issue")


def test_credit_is_taken_off_what_is_due_first_and_the_rest_is_kept_for_the_customer(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument
) -> None:
    chargebee.fake.pay(chargebee.fake.carrying(issued.ref), 1000)
    document = credit_note_document(issued, CUSTOMER, 800)

    note = provider.put_credit_note(document, "credit")

    made = [(each["type"], each["total"], each["status"]) for each in chargebee.fake.credit_notes.values()]
    assert made == [("adjustment", 649, "adjusted"), ("refundable", 151, "refund_due")]
    assert (note.ref, note.total, note.status) == (
        "+".join(chargebee.fake.credit_notes),
        Money(800, "USD"),
        ExternalStatus.OPEN,
    )
    assert provider.find(DocumentKind.CREDIT_NOTE, document.id, LONG_AGO, CUSTOMER) == note
    assert provider.fetch(DocumentKind.CREDIT_NOTE, note.ref) == note
    assert provider.fetch(DocumentKind.INVOICE, issued.ref).status is ExternalStatus.PAID


@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.LOST_REQUEST, Fault.BAD_GATEWAY])
def test_a_credit_note_in_two_parts_that_is_interrupted_anywhere_is_given_back_once(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument, fault: Fault, after: int
) -> None:
    chargebee.fake.pay(chargebee.fake.carrying(issued.ref), 1000)
    document = credit_note_document(issued, CUSTOMER, 800)
    chargebee.fail_next(fault, after=after)
    with pytest.raises((Ambiguous, Retryable)):
        provider.put_credit_note(document, "credit")

    found = provider.find(DocumentKind.CREDIT_NOTE, document.id, LONG_AGO, CUSTOMER)
    note = provider.put_credit_note(document, "another key", existing=found)

    assert note.total == document.total
    assert [each["total"] for each in chargebee.fake.credit_notes.values()] == [649, 151]


def test_a_refund_that_is_interrupted_is_a_draft_until_it_is_carried_out(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument
) -> None:
    chargebee.fake.pay(chargebee.fake.carrying(issued.ref))
    document = credit_note_document(issued, CUSTOMER, 500, CreditDisposition.REFUND)
    chargebee.fail_next(Fault.LOST_REQUEST, after=3)
    with pytest.raises(Ambiguous):
        provider.put_credit_note(document, "credit")

    found = provider.find(DocumentKind.CREDIT_NOTE, document.id, LONG_AGO, CUSTOMER)
    assert found is not None
    assert found.status is ExternalStatus.DRAFT
    assert provider.put_credit_note(document, "again", existing=found).status is ExternalStatus.PAID
    (note,) = chargebee.fake.credit_notes.values()
    assert (note["status"], note["amount_refunded"]) == ("refunded", 500)


def test_a_refund_of_what_was_paid_elsewhere_needs_attention_and_can_be_recorded(
    provider: ChargebeeProvider, issued: ExternalDocument
) -> None:
    provider.record_payment(issued.ref, payment_document(issued), "pay")
    refund = credit_note_document(issued, CUSTOMER, 500, CreditDisposition.REFUND)
    with pytest.raises(NeedsAttention, match="no online payment"):
        provider.put_credit_note(refund, "credit")
    recorded = credit_note_document(issued, CUSTOMER, 500, CreditDisposition.OUT_OF_BAND, id="cn_other")
    assert provider.put_credit_note(recorded, "other").status is ExternalStatus.PAID


def test_what_was_credited_already_is_not_credited_again(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument
) -> None:
    chargebee.fake.pay(chargebee.fake.carrying(issued.ref))
    provider.put_credit_note(credit_note_document(issued, CUSTOMER, 1000), "credit")
    with pytest.raises(NeedsAttention, match=r"only 6\.49 USD were paid and not credited yet"):
        provider.put_credit_note(credit_note_document(issued, CUSTOMER, 700, id="cn_other"), "other")
    assert len(chargebee.fake.credit_notes) == 1


def test_a_credit_note_made_by_hand_is_not_ours(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument
) -> None:
    note = provider.put_credit_note(credit_note_document(issued, CUSTOMER, 500), "credit")
    chargebee.fake.credit_notes[note.ref]["line_items"] = [{"description": "Goodwill"}]
    assert provider.find(DocumentKind.CREDIT_NOTE, "cn_conformance", LONG_AGO, CUSTOMER) is None


def test_a_refund_that_was_made_is_a_change_of_its_invoice(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument
) -> None:
    chargebee.fake.pay(chargebee.fake.carrying(issued.ref))
    since = datetime.fromtimestamp(chargebee.fake.now + 1, UTC)
    assert list(provider.changes(since)) == []
    provider.put_credit_note(credit_note_document(issued, CUSTOMER, 500, CreditDisposition.REFUND), "credit")
    assert [document.ref for document in provider.changes(since)] == [issued.ref]


def test_a_payment_in_parts_is_followed_to_its_end(provider: ChargebeeProvider, issued: ExternalDocument) -> None:
    part = provider.record_payment(issued.ref, payment_document(issued, 1000), "one")
    assert (part.status, part.amount_paid, part.paid_by) == (ExternalStatus.OPEN, Money(1000, "USD"), None)
    with pytest.raises(NeedsAttention, match=r"Less than 16\.49 USD is due"):
        provider.record_payment(issued.ref, payment_document(issued, id="pay_all"), "all")
    rest = provider.record_payment(issued.ref, payment_document(issued, 649, id="pay_rest"), "rest")
    assert (rest.status, rest.paid_by) == (ExternalStatus.PAID, PaidBy.OUT_OF_BAND)


def test_a_draft_takes_no_payment(provider: ChargebeeProvider) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    draft = provider.put_invoice(invoice_document(customer.ref), "put")
    with pytest.raises(NeedsAttention):
        provider.record_payment(draft.ref, payment_document(draft), "pay")


def test_a_quote_has_chargebees_taxes_by_line_and_rate(provider: ChargebeeProvider, chargebee: Chargebee) -> None:
    chargebee.fake.tax_percent = 20
    customer = provider.put_customer(customer_document(), "customer")
    document = replace(invoice_document(customer.ref), tax_mode=TaxMode.QUOTED)

    quote = provider.quote_tax(document)

    (tax,) = quote.taxes
    assert (tax.name, tax.percent, tax.base, tax.amount) == (
        "VAT",
        Decimal("20.0"),
        Money(1649, "USD"),
        Money(330, "USD"),
    )
    assert [[share.amount.amount_minor for share in line.taxes] for line in quote.lines] == [[250], [80]]
    assert quote.total == Money(1979, "USD")
    assert chargebee.fake.invoices == {}


def test_a_preview_with_our_taxes_comes_to_our_total(provider: ChargebeeProvider, chargebee: Chargebee) -> None:
    chargebee.fake.tax_percent = 20
    customer = provider.put_customer(customer_document(), "customer")
    tax = TaxLine("vat", "VAT", Decimal(19), Money(1600, "USD"), Money(304, "USD"))
    plain = invoice_document(customer.ref, [1649, -49])
    document = replace(plain, taxes=(tax,), total=Money(1904, "USD"))

    quote = provider.quote_tax(document)

    assert (quote.total, list(quote.taxes)) == (document.total, [tax])
    assert [line.amount.amount_minor for line in quote.lines] == [1649, -49]


def test_a_site_whose_prices_include_taxes_needs_attention(
    provider: ChargebeeProvider, chargebee: Chargebee, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    found = chargebee.fake.estimate
    monkeypatch.setattr(chargebee.fake, "estimate", lambda params: found(params) | {"price_type": "tax_inclusive"})
    with pytest.raises(NeedsAttention, match="include taxes"):
        provider.quote_tax(invoice_document(customer.ref))


def test_credit_does_not_pay_an_invoice_that_chargebee_taxes(provider: ChargebeeProvider) -> None:
    document = replace(
        invoice_document("cus_1"),
        paid_from_credit=Money(49, "USD"),
        total=Money(1600, "USD"),
        tax_mode=TaxMode.QUOTED,
    )
    with pytest.raises(NeedsAttention, match=r"0\.49 USD of credit"):
        provider.put_invoice(document, "put")


def test_an_invoice_whose_dunning_has_ended_or_that_is_written_off_is_uncollectible(
    provider: ChargebeeProvider, chargebee: Chargebee, issued: ExternalDocument
) -> None:
    there = chargebee.fake.carrying(issued.ref)
    there["status"] = "not_paid"
    given_up = provider.fetch(DocumentKind.INVOICE, issued.ref)
    assert (given_up.status, given_up.pay_url) == (ExternalStatus.UNCOLLECTIBLE, issued.pay_url)
    there |= {"status": "paid", "write_off_amount": 1649}
    assert provider.fetch(DocumentKind.INVOICE, issued.ref).status is ExternalStatus.UNCOLLECTIBLE


def test_a_customer_is_brought_up_to_date(provider: ChargebeeProvider, chargebee: Chargebee) -> None:
    made = provider.put_customer(customer_document(), "customer")
    renamed = replace(customer_document(), name="Renamed Ltd")
    assert provider.put_customer(renamed, "again", existing=made).ref == made.ref
    assert chargebee.fake.customers[made.ref]["company"] == "Renamed Ltd"
