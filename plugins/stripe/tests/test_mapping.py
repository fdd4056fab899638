"""What goes to Stripe, field by field."""

from dataclasses import replace

import pytest
from gateway_stripe.mapping import (
    from_stripe_invoice,
    to_stripe_customer,
    to_stripe_invoice,
    to_stripe_invoice_item,
)

from gateway.plugin_api import DocumentIssuer
from gateway.testing import customer_document, invoice_document


def test_a_customer_goes_out_with_our_id_and_key() -> None:
    assert to_stripe_customer(customer_document()) == {
        "name": "Conformance Ltd",
        "email": "billing@customer.example",
        "metadata": {"gateway_id": "cus_conformance", "gateway_key": "conformance"},
    }


def test_an_invoice_goes_out_as_a_draft_that_stripe_leaves_alone() -> None:
    assert to_stripe_invoice(invoice_document("cus_1"), days_until_due=14) == {
        "customer": "cus_1",
        "currency": "usd",
        "auto_advance": False,
        "collection_method": "send_invoice",
        "days_until_due": 14,
        "pending_invoice_items_behavior": "exclude",
        "discounts": "",
        "automatic_tax": {"enabled": False},
        "description": "Invoice INV-000001",
        "metadata": {"gateway_id": "inv_conformance", "gateway_number": "INV-000001"},
        "number": "INV-000001",
    }


def test_an_invoice_that_stripe_numbers_carries_our_number_as_a_reference() -> None:
    params = to_stripe_invoice(replace(invoice_document("cus_1"), numbered_by=DocumentIssuer.PROVIDER), 30)
    assert "number" not in params
    assert params["description"] == "Reference INV-000001"
    assert params["metadata"]["gateway_number"] == "INV-000001"


def test_a_summarised_invoice_links_to_all_its_lines() -> None:
    invoice = replace(invoice_document("cus_1"), detail_url="https://billing.example/1")
    assert to_stripe_invoice(invoice, 30)["description"] == "Invoice INV-000001\nAll lines: https://billing.example/1"


def test_metadata_of_the_invoice_cannot_hide_our_id() -> None:
    invoice = replace(invoice_document("cus_1"), metadata={"gateway_id": "other", "plan": "pro"})
    assert to_stripe_invoice(invoice, 30)["metadata"] == {
        "plan": "pro",
        "gateway_id": "inv_conformance",
        "gateway_number": "INV-000001",
    }


def test_a_line_goes_out_as_a_rounded_amount_without_a_quantity() -> None:
    line = invoice_document("cus_1").lines[0]
    assert to_stripe_invoice_item(line, "cus_1", "in_1") == {
        "customer": "cus_1",
        "invoice": "in_1",
        "amount": 1250,
        "currency": "usd",
        "description": "Line 0",
        "discountable": False,
        "period": {"start": 1746057600, "end": 1748736000},
        "metadata": {"gateway_line": "inv_conformance:0"},
    }


def test_a_long_description_is_cut_at_what_stripe_takes() -> None:
    line = replace(invoice_document("cus_1").lines[0], description="d" * 501)
    assert to_stripe_invoice_item(line, "cus_1", "in_1")["description"] == "d" * 500


@pytest.mark.parametrize("missing", ["id", "status", "total", "currency", "amount_paid"])
def test_an_answer_that_lacks_a_needed_field_is_not_guessed_at(missing: str) -> None:
    invoice = {"id": "in_1", "status": "open", "total": 5, "currency": "usd", "amount_paid": 0, "metadata": {}}
    del invoice[missing]
    with pytest.raises(KeyError, match=missing):
        from_stripe_invoice(invoice)


def test_fields_that_are_not_needed_may_come_and_go() -> None:
    invoice = {"id": "in_1", "status": "open", "total": 5, "currency": "usd", "amount_paid": 0, "brand_new": {}}
    assert from_stripe_invoice(invoice).our_id == ""
