"""What goes to Chargebee, field by field, and what is read of its answers."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from gateway_chargebee.mapping import (
    from_chargebee_invoice,
    paid_by,
    split_ref,
    to_chargebee_customer,
    to_chargebee_invoice,
    to_chargebee_payment,
)

from gateway.plugin_api import (
    DocumentIssuer,
    ExternalStatus,
    Money,
    PaidBy,
    PaymentDocument,
    Permanent,
    TaxLine,
    TaxMode,
)
from gateway.testing import customer_document, invoice_document

PORTAL = "https://acme.chargebeeportal.com/"
AT = int(datetime(2025, 5, 1, tzinfo=UTC).timestamp())
OPEN: dict[str, Any] = {
    "id": "CB-1",
    "customer_id": "cus_1",
    "po_number": "gateway:inv_1",
    "status": "posted",
    "currency_code": "USD",
    "total": 1649,
    "amount_paid": 0,
    "credits_applied": 0,
    "amount_adjusted": 0,
    "resource_version": 1_750_000_000_123,
}


def test_an_invoice_that_chargebee_numbers_names_ours_as_a_reference() -> None:
    invoice = replace(invoice_document("cus_1"), numbered_by=DocumentIssuer.PROVIDER)
    assert to_chargebee_invoice(invoice, 30)["invoice_note"] == "Reference INV-000001"


def test_a_customer_goes_out_with_our_id_and_nothing_that_happens_by_itself() -> None:
    assert to_chargebee_customer(customer_document()) == {
        "company": "Conformance Ltd",
        "email": "billing@customer.example",
        "auto_collection": "off",
        "auto_close_invoices": False,
        "meta_data": '{"gateway_id": "cus_conformance", "gateway_key": "conformance"}',
    }


def test_an_invoice_goes_out_pending_with_all_its_lines() -> None:
    assert to_chargebee_invoice(invoice_document("cus_1"), days_until_due=14) == {
        "customer_id": "cus_1",
        "currency_code": "USD",
        "po_number": "gateway:inv_conformance",
        "create_pending_invoice": True,
        "auto_collection": "off",
        "net_term_days": 14,
        "invoice_note": "Invoice INV-000001",
        "charges": [
            {"amount": 1250, "description": "Line 0", "date_from": AT, "date_to": AT + 31 * 86400, "taxable": False},
            {"amount": 399, "description": "Line 1", "date_from": AT, "date_to": AT + 31 * 86400, "taxable": False},
        ],
    }


def test_what_is_below_zero_goes_out_as_one_discount_that_the_note_explains() -> None:
    params = to_chargebee_invoice(invoice_document("cus_1", [1000, -30, -5]), 30)
    assert [charge["amount"] for charge in params["charges"]] == [1000]
    assert params["discounts"] == [{"apply_on": "invoice_amount", "amount": 35}]
    assert params["invoice_note"] == "Invoice INV-000001\nLine 1: -0.30 USD\nLine 2: -0.05 USD"


def test_a_summarised_invoice_links_to_all_its_lines() -> None:
    invoice = replace(invoice_document("cus_1"), detail_url="https://gateway.example/invoices/1")
    note = to_chargebee_invoice(invoice, 30)["invoice_note"]
    assert note == "Invoice INV-000001\nAll lines: https://gateway.example/invoices/1"


def test_our_taxes_are_lines_that_chargebee_does_not_tax() -> None:
    tax = TaxLine("vat", "VAT", Decimal(20), Money(1649, "USD"), Money(330, "USD"))
    invoice = replace(invoice_document("cus_1"), taxes=(tax,), total=Money(1979, "USD"))
    charges = to_chargebee_invoice(invoice, 30)["charges"]
    assert [(each["amount"], each["description"], each["taxable"]) for each in charges] == [
        (1250, "Line 0", False),
        (399, "Line 1", False),
        (330, "VAT 20 %", False),
    ]


def test_taxes_that_chargebee_quoted_are_left_to_it() -> None:
    tax = TaxLine("vat", "VAT", Decimal(20), Money(1649, "USD"), Money(330, "USD"))
    invoice = replace(invoice_document("cus_1"), taxes=(tax,), total=Money(1979, "USD"), tax_mode=TaxMode.QUOTED)
    charges = to_chargebee_invoice(invoice, 30)["charges"]
    assert [(each["amount"], each["taxable"]) for each in charges] == [(1250, True), (399, True)]


def test_long_texts_are_cut_at_what_chargebee_takes() -> None:
    line = replace(invoice_document("cus_1").lines[0], description="d" * 251)
    invoice = replace(invoice_document("cus_1"), lines=(line,), total=line.amount)
    assert to_chargebee_invoice(invoice, 30)["charges"][0]["description"] == "d" * 250
    name = replace(customer_document(), name="n" * 251)
    assert to_chargebee_customer(name)["company"] == "n" * 250


@pytest.mark.parametrize(
    ("said", "method"), [("cash", "cash"), ("Bank transfer", "bank_transfer"), ("cheque", "check"), ("barter", "other")]
)
def test_a_payment_is_recorded_under_our_id_by_the_nearest_method(said: str, method: str) -> None:
    payment = PaymentDocument("pay_1", Money(5, "USD"), Money(5, "USD"), date(2025, 5, 1), said, "RF18")
    assert to_chargebee_payment(payment) == {
        "transaction": {"amount": 5, "payment_method": method, "date": AT, "reference_number": "pay_1"},
        "comment": f"{said} RF18",
    }


def test_an_invoice_keeps_its_ref_when_chargebee_renames_it() -> None:
    draft = from_chargebee_invoice(OPEN | {"id": "draft_inv_7", "status": "pending"}, PORTAL)
    issued = from_chargebee_invoice(OPEN, PORTAL)
    assert draft.ref == issued.ref == "cus_1/inv_1"
    assert (draft.number, issued.number) == (None, "CB-1")
    assert (draft.pay_url, issued.pay_url) == (None, PORTAL)


@pytest.mark.parametrize("ref", ["", "nothing", "/inv_1", "cus_1/"])
def test_what_is_no_ref_of_ours_is_not_asked_for(ref: str) -> None:
    with pytest.raises(Permanent):
        split_ref(ref)


@pytest.mark.parametrize(
    ("there", "status"),
    [
        ({"status": "pending"}, ExternalStatus.DRAFT),
        ({"status": "posted"}, ExternalStatus.OPEN),
        ({"status": "payment_due"}, ExternalStatus.OPEN),
        ({"status": "not_paid"}, ExternalStatus.UNCOLLECTIBLE),
        ({"status": "paid"}, ExternalStatus.PAID),
        ({"status": "voided"}, ExternalStatus.VOID),
        ({"status": "pending", "deleted": True}, ExternalStatus.VOID),
        ({"status": "paid", "write_off_amount": 1649}, ExternalStatus.UNCOLLECTIBLE),
        ({"status": "brand_new"}, ExternalStatus.UNKNOWN),
    ],
)
def test_each_state_has_a_word_of_ours(there: dict[str, Any], status: ExternalStatus) -> None:
    document = from_chargebee_invoice(OPEN | there, PORTAL)
    assert (document.status, document.status_there) == (status, there["status"])


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"linked_payments": [{"txn_id": "t1", "txn_status": "success"}]}, PaidBy.PAYMENT),
        ({"linked_payments": [{"txn_id": "t2", "txn_status": "success"}]}, PaidBy.OUT_OF_BAND),
        ({"linked_payments": [{"txn_id": ref, "txn_status": "success"} for ref in ("t1", "t2")]}, PaidBy.PAYMENT),
        ({"linked_payments": [{"txn_id": "t1", "txn_status": "failure"}], "credits_applied": 5}, PaidBy.CREDIT),
        ({"amount_adjusted": 5}, PaidBy.CREDIT),
        ({}, None),
    ],
)
def test_what_paid_an_invoice_is_told_apart(there: dict[str, Any], expected: PaidBy | None) -> None:
    assert paid_by(OPEN | there, offline={"t2"}) is expected


def test_versions_compare_as_text() -> None:
    older = from_chargebee_invoice(OPEN | {"resource_version": 999}, PORTAL)
    assert older.version < from_chargebee_invoice(OPEN, PORTAL).version


@pytest.mark.parametrize("missing", ["id", "status", "total", "currency_code", "amount_paid", "customer_id"])
def test_an_answer_that_lacks_a_needed_field_is_not_guessed_at(missing: str) -> None:
    invoice = {name: value for name, value in OPEN.items() if name != missing}
    with pytest.raises(KeyError, match=missing):
        from_chargebee_invoice(invoice, PORTAL)


def test_a_purchase_order_of_a_customer_is_no_id_of_ours() -> None:
    foreign = from_chargebee_invoice(OPEN | {"po_number": "PO 4711", "brand_new": {}}, PORTAL)
    assert (foreign.our_id, foreign.ref) == ("", "CB-1")
