"""What goes to Recurly, field by field, and what is read of its answers."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from gateway_recurly.credit_notes import to_recurly_credit, to_recurly_refund
from gateway_recurly.mapping import (
    from_recurly_invoice,
    to_recurly_account,
    to_recurly_payment,
    to_recurly_purchase,
)

from gateway.plugin_api import (
    CreditDisposition,
    DocumentIssuer,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    PaidBy,
    TaxMode,
)
from gateway.testing import credit_note_document, customer_document, invoice_document, payment_document

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ISSUED = ExternalDocument(DocumentKind.INVOICE, "number-1001", "inv_1", ExternalStatus.OPEN, Money(1649, "USD"))
ANSWER = {
    "type": "charge", "number": "1001", "currency": "USD", "state": "pending", "total": 16.49, "balance": 16.49,
    "paid": 0.0, "tax": 0.0, "po_number": "inv_1",
}  # fmt: skip


def answered(**others: Any) -> ExternalDocument:
    return from_recurly_invoice(SimpleNamespace(**(ANSWER | others)))


def paid(**others: Any) -> ExternalDocument:
    return answered(state="paid", balance=0.0, **others)


def transaction(**others: Any) -> SimpleNamespace:
    return SimpleNamespace(**({"success": True, "type": "purchase"} | others))


def test_an_invoice_that_recurly_numbers_names_ours_as_a_reference() -> None:
    invoice = replace(invoice_document("code-cus_1"), numbered_by=DocumentIssuer.PROVIDER)
    assert to_recurly_purchase(invoice, 30)["customer_notes"] == "Reference INV-000001"


def test_an_account_goes_out_with_what_recurly_keeps() -> None:
    customer = replace(customer_document(), name="n" * 60)
    assert to_recurly_account(customer) == {"company": "n" * 50, "email": "billing@customer.example"}
    assert to_recurly_account(customer_document(email=None)) == {"company": "Conformance Ltd"}


def test_an_invoice_goes_out_as_a_purchase_that_recurly_neither_taxes_nor_collects() -> None:
    body = to_recurly_purchase(invoice_document("code-cus_1", [1250]), days_until_due=14)
    assert body == {
        "currency": "USD",
        "account": {"code": "cus_1"},
        "collection_method": "manual",
        "net_terms": 14,
        "po_number": "inv_conformance",
        "customer_notes": "Invoice INV-000001",
        "line_items": [
            {
                "type": "charge",
                "currency": "USD",
                "unit_amount": 12.5,
                "quantity": 1,
                "description": "Line 0",
                "start_date": "2025-05-01T00:00:00+00:00",
                "end_date": "2025-06-01T00:00:00+00:00",
                "tax_exempt": True,
                "product_code": "calls",
            }
        ],
    }


def test_where_taxes_are_quoted_recurly_computes_them() -> None:
    body = to_recurly_purchase(replace(invoice_document("code-cus_1"), tax_mode=TaxMode.QUOTED), 30)
    assert {line["tax_exempt"] for line in body["line_items"]} == {False}


def test_an_invoice_that_was_summarised_links_to_every_line() -> None:
    invoice = replace(invoice_document("code-cus_1"), detail_url="https://acme.example/invoices/1")
    assert "https://acme.example/invoices/1" in to_recurly_purchase(invoice, 30)["customer_notes"]


def test_a_credit_note_goes_out_as_credits_that_carry_our_id() -> None:
    body = to_recurly_credit(credit_note_document(ISSUED, "code-cus_1", 500))
    assert body == {
        "currency": "USD",
        "account": {"code": "cus_1"},
        "collection_method": "manual",
        "credit_customer_notes": "Credit note INV-CN-000001: agreed\ngateway:cn_conformance",
        "line_items": [
            {
                "type": "credit",
                "currency": "USD",
                "unit_amount": 5.0,
                "quantity": 1,
                "description": "Line 0",
                "tax_exempt": True,
            }
        ],
    }


@pytest.mark.parametrize(
    ("disposition", "method", "is_external"),
    [(CreditDisposition.BALANCE, "all_credit", False), (CreditDisposition.OUT_OF_BAND, "all_transaction", True)],
)
def test_a_refund_names_where_the_money_goes(disposition: CreditDisposition, method: str, is_external: bool) -> None:
    body = to_recurly_refund(credit_note_document(ISSUED, "code-cus_1", 500, disposition))
    assert (body["amount"], body["refund_method"], "external_refund" in body) == (5.0, method, is_external)


def test_a_payment_goes_out_with_our_id_first() -> None:
    assert to_recurly_payment(payment_document(ISSUED)) == {
        "amount": 16.49,
        "payment_method": "wire_transfer",
        "description": "pay_conformance RF18 5390 0754 7034",
        "collected_at": "2025-06-20T00:00:00Z",
    }
    assert to_recurly_payment(replace(payment_document(ISSUED), method="barter"))["payment_method"] == "other"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("pending", ExternalStatus.OPEN),
        ("processing", ExternalStatus.OPEN),
        ("past_due", ExternalStatus.OPEN),
        ("open", ExternalStatus.OPEN),
        ("paid", ExternalStatus.PAID),
        ("closed", ExternalStatus.PAID),
        ("failed", ExternalStatus.UNCOLLECTIBLE),
        ("voided", ExternalStatus.VOID),
        ("in_orbit", ExternalStatus.UNKNOWN),
    ],
)
def test_each_state_has_our_word_and_keeps_its_own(state: str, status: ExternalStatus) -> None:
    assert (answered(state=state).status, answered(state=state).status_there) == (status, state)


def test_what_failed_with_our_note_is_void() -> None:
    assert answered(state="failed", balance=0.0, customer_notes="Void: wrong").status is ExternalStatus.VOID


def test_nobody_has_paid_what_was_written_off() -> None:
    assert answered(state="failed", balance=0.0).amount_paid == Money(0, "USD")


@pytest.mark.parametrize(
    ("facts", "paid_by"),
    [
        ({"transactions": [transaction(payment_gateway=SimpleNamespace(type="test"))]}, PaidBy.PAYMENT),
        ({"transactions": [transaction(), transaction(payment_gateway={"id": "g"})]}, PaidBy.PAYMENT),
        ({"transactions": [transaction()]}, PaidBy.OUT_OF_BAND),
        ({"transactions": [transaction()], "credit_payments": [SimpleNamespace()]}, PaidBy.OUT_OF_BAND),
        ({"credit_payments": [SimpleNamespace()]}, PaidBy.CREDIT),
        ({"transactions": [transaction(success=False)], "credit_payments": [SimpleNamespace()]}, PaidBy.CREDIT),
        ({}, PaidBy.OUT_OF_BAND),  # marked as paid by hand
        ({"total": 0.0}, None),  # nothing was to be paid
    ],
)
def test_what_is_paid_says_by_what(facts: dict[str, Any], paid_by: PaidBy | None) -> None:
    assert paid(**facts).paid_by is paid_by


def test_a_credit_invoice_counts_below_zero_there_and_above_here() -> None:
    credit = answered(type="credit", total=-5.0, balance=-2.0, customer_notes="Credit\ngateway:cn_1")
    assert (credit.kind, credit.our_id) == (DocumentKind.CREDIT_NOTE, "cn_1")
    assert (credit.total, credit.amount_paid) == (Money(500, "USD"), Money(300, "USD"))


@pytest.mark.parametrize("notes", [None, "", "Refund", "gateway: cn_1", "a gateway:cn_1"])
def test_a_credit_invoice_of_somebody_elses_is_not_ours(notes: str | None) -> None:
    assert answered(type="credit", customer_notes=notes).our_id == ""


@pytest.mark.parametrize("missing", ["number", "state", "total", "balance", "currency", "type"])
def test_an_answer_that_lacks_a_needed_field_is_not_guessed_at(missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        answered(**{missing: None})
