"""What Chargebee refuses, and how it behaves, the fake refuses too: one test for each rule."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from plugins.chargebee.tests.connecting import Chargebee

CREATE = "invoices/create_for_charge_items_and_charges"
CHARGE = {
    "charges[amount][0]": "500",
    "charges[description][0]": "Calls",
    "charges[date_from][0]": "1746057600",
    "charges[date_to][0]": "1748736000",
    "charges[taxable][0]": "false",
}
INVOICE = {"customer_id": "cus_1", "currency_code": "USD", "create_pending_invoice": "true", **CHARGE}


@pytest.fixture
def site(chargebee: Chargebee) -> Iterator["Site"]:
    with httpx.Client(base_url=f"{chargebee.url}/api/v2/", auth=(chargebee.fake.api_key, "")) as client:
        site = Site(chargebee, client)
        site.post("customers", id="cus_1")
        yield site


class Site:
    """Chargebee's API without an SDK in between."""

    def __init__(self, chargebee: Chargebee, client: httpx.Client) -> None:
        self.chargebee = chargebee
        self._client = client

    def post(self, path: str, key: str = "", **params: str) -> httpx.Response:
        return self._client.post(path, data=params, headers={"chargebee-idempotency-key": key} if key else {})

    def invoice(self, key: str = "", **others: str) -> httpx.Response:
        return self.post(CREATE, key, **{**INVOICE, **others})

    def made(self, **others: str) -> dict[str, Any]:
        made: dict[str, Any] = self.invoice(**others).raise_for_status().json()["invoice"]
        return made

    def refuses_the_form(self, words: str, response: httpx.Response) -> bool:
        """Whether the contract does not allow the request, which is then no fault of the plugin's."""
        violations, self.chargebee.violations = self.chargebee.violations, []
        return response.status_code == 400 and any(words in violation for violation in violations)


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_a_charge_is_above_zero(site: Site, amount: str) -> None:
    assert site.refuses_the_form("less than the minimum of 1", site.invoice(**{"charges[amount][0]": amount}))


@pytest.mark.parametrize("name", ["id", "meta_data", "invoice_number"])
def test_an_ad_hoc_invoice_takes_neither_an_id_nor_metadata(site: Site, name: str) -> None:
    assert site.refuses_the_form(name, site.invoice(**{name: "x"}))


def test_our_key_fits_a_purchase_order_number_of_a_hundred_characters(site: Site) -> None:
    assert site.made(po_number="p" * 100)["po_number"] == "p" * 100
    assert site.refuses_the_form("is too long", site.invoice(po_number="p" * 101))


def test_an_invoice_is_issued_at_once_unless_it_is_to_be_pending(site: Site) -> None:
    assert site.made(create_pending_invoice="false")["status"] == "payment_due"
    assert site.made()["status"] == "pending"


@pytest.mark.parametrize(
    ("others", "status"),
    [({}, "paid"), ({"auto_collection": "off"}, "payment_due"), ({"create_pending_invoice": "true"}, "pending")],
)
def test_what_is_issued_is_collected_at_once_unless_that_is_off(
    site: Site, others: dict[str, str], status: str
) -> None:
    site.chargebee.fake.cards.add("cus_1")
    assert site.made(**{"create_pending_invoice": "false", **others})["status"] == status


def test_lines_are_arrays_of_each_field(site: Site) -> None:
    assert site.refuses_the_form("charges", site.invoice(**{"charges[0][amount]": "500"}))


def test_a_pending_invoice_has_a_passing_id_and_gets_its_number_when_it_is_closed(site: Site) -> None:
    pending = site.made()
    closed = site.post(f"invoices/{pending['id']}/close").json()["invoice"]
    assert pending["id"].startswith("draft_inv_")
    assert closed["id"] != pending["id"]
    assert site.post(f"invoices/{pending['id']}/close").status_code == 404
    assert site.post(f"invoices/{closed['id']}/close").status_code == 400


def test_a_key_has_a_hundred_characters_at_most(site: Site) -> None:
    assert site.invoice(key="k" * 100).status_code == 200
    assert site.invoice(key="k" * 101).status_code == 400


def test_a_key_brings_the_same_answer_for_half_an_hour_and_then_makes_another_document(site: Site) -> None:
    first = site.invoice(key="once")
    again = site.invoice(key="once")
    assert (again.json(), again.headers["chargebee-idempotency-replayed"]) == (first.json(), "true")
    site.chargebee.fake.now += 31 * 60
    assert site.invoice(key="once").json() != first.json()
    assert len(site.chargebee.fake.invoices) == 2


def test_a_key_with_another_request_is_refused(site: Site) -> None:
    site.invoice(key="once")
    assert site.invoice(key="once", po_number="another").status_code == 400


def test_a_failure_is_kept_under_its_key(site: Site) -> None:
    refused = site.invoice(key="once", currency_code="CHF")
    again = site.invoice(key="once", currency_code="CHF")
    assert (refused.status_code, again.headers["chargebee-idempotency-replayed"]) == (400, "true")


def test_a_discount_is_not_more_than_the_charges(site: Site) -> None:
    discount = {"discounts[apply_on][0]": "invoice_amount", "discounts[amount][0]": "501"}
    assert site.invoice(**discount).status_code == 400


def test_a_customer_is_there_once(site: Site) -> None:
    assert site.post("customers", id="cus_1").json()["api_error_code"] == "duplicate_entry"


def test_what_is_paid_is_not_voided_and_takes_no_payment(site: Site) -> None:
    invoice = site.made(create_pending_invoice="false")
    payment = {"transaction[payment_method]": "cash", "transaction[amount]": "500"}
    assert site.post(f"invoices/{invoice['id']}/record_payment", **payment).status_code == 200
    assert site.post(f"invoices/{invoice['id']}/record_payment", **payment).status_code == 400
    assert site.post(f"invoices/{invoice['id']}/void").status_code == 400


def test_an_adjustment_is_of_what_is_due_and_a_refundable_note_of_what_was_paid(site: Site) -> None:
    invoice = site.made(create_pending_invoice="false")
    line = {"line_items[description][0]": "Calls", "line_items[amount][0]": "501"}
    note = {"reference_invoice_id": invoice["id"], "type": "adjustment", **line}
    assert site.post("credit_notes", **note).status_code == 400
    assert site.post("credit_notes", **note | {"type": "refundable"}).status_code == 400
    assert site.post("credit_notes", **note | {"line_items[amount][0]": "500"}).status_code == 200


def test_only_what_was_paid_online_is_refunded(site: Site) -> None:
    invoice = site.made(create_pending_invoice="false")
    site.chargebee.fake.pay(site.chargebee.fake.invoices[invoice["id"]], is_recorded=True)
    line = {"line_items[description][0]": "Calls", "line_items[amount][0]": "500"}
    note = site.post("credit_notes", reference_invoice_id=invoice["id"], type="refundable", **line)
    refund = site.post(f"credit_notes/{note.json()['credit_note']['id']}/refund", refund_amount="500")
    assert refund.status_code == 400
