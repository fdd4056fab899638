"""The fake refuses what Recurly refuses, so that what passes here is no accident: asked by the vendor's own SDK."""

from datetime import UTC, datetime
from decimal import Decimal
from http.client import CannotSendRequest
from typing import Any

import pytest
from recurly import ApiError, Client, NetworkError
from recurly.errors import NotFoundError, TooManyRequestsError, UnauthorizedError, ValidationError

from plugins.recurly.tests.fake_recurly import FakeRecurly, Loopback, key_seconds
from tests.vendors.loopback import Fault

LINE = {"type": "charge", "currency": "USD", "unit_amount": 12.5}


def purchase(*lines: dict[str, Any], code: str = "cus_1", currency: str = "USD", **others: Any) -> dict[str, Any]:
    body = {"currency": currency, "account": {"code": code}, "collection_method": "manual", "line_items": list(lines)}
    return body | others


def charge(sdk: Client, **others: Any) -> Any:
    return sdk.create_purchase(purchase(LINE, **others)).charge_invoice


def charge_line(sdk: Client, **others: Any) -> Any:
    (line,) = sdk.create_purchase(purchase(LINE | others)).charge_invoice.line_items
    return line


def paid(sdk: Client) -> Any:
    invoice = charge(sdk)
    sdk.record_external_transaction(invoice.id, {"payment_method": "check"})
    return sdk.get_invoice(invoice.id)


def test_an_amount_that_is_no_json_number_is_not_even_sent(sdk: Client, loopback: Loopback) -> None:
    with pytest.raises((TypeError, ValueError)):
        sdk.create_purchase(purchase(LINE | {"unit_amount": Decimal("12.50")}))
    assert loopback.requests == []


def test_a_quantity_that_is_not_whole_breaks_the_contract(sdk: Client, loopback: Loopback) -> None:
    with pytest.raises(ApiError):
        sdk.create_purchase(purchase(LINE | {"quantity": 1.5}))
    assert "quantity" in loopback.violations.pop()


@pytest.mark.parametrize("unknown", ["draft", "metadata", "id"])
def test_there_is_no_place_for_what_others_have(sdk: Client, loopback: Loopback, unknown: str) -> None:
    with pytest.raises(ApiError):
        charge(sdk, **{unknown: "x"})
    assert unknown in loopback.violations.pop()


def test_there_are_no_drafts(sdk: Client) -> None:
    assert charge(sdk).state == "pending"


def test_an_invoice_without_lines_of_its_own_sweeps_in_all_that_wait(sdk: Client) -> None:
    sdk.create_account({"code": "cus_1"})
    for amount in (5.0, 7.0):
        sdk.create_line_item("code-cus_1", LINE | {"unit_amount": amount})
    swept = sdk.create_invoice("code-cus_1", {"currency": "USD"}).charge_invoice
    assert [line.amount for line in swept.line_items] == [5.0, 7.0]


def test_a_purchase_leaves_lines_that_wait_where_they_are(sdk: Client, recurly: FakeRecurly) -> None:
    sdk.create_account({"code": "cus_1"})
    sdk.create_line_item("code-cus_1", LINE)
    assert charge(sdk).total == 12.5
    assert len(recurly.pending) == 1


def test_a_client_is_broken_after_a_time_out(sdk: Client, loopback: Loopback) -> None:
    loopback.fail_next(Fault.SLOW)
    with pytest.raises(NetworkError):
        sdk.list_sites().first()
    with pytest.raises(CannotSendRequest):
        sdk.list_sites().first()


def test_a_key_is_remembered_for_an_hour(sdk: Client, recurly: FakeRecurly) -> None:
    def made() -> str:
        return str(sdk.create_purchase(purchase(LINE), headers={"Idempotency-Key": "k"}).charge_invoice.id)

    first = made()
    assert made() == first
    recurly.now += key_seconds + 1
    assert made() != first


def test_a_key_is_for_one_request(sdk: Client) -> None:
    sdk.create_account({"code": "cus_1"}, headers={"Idempotency-Key": "k"})
    with pytest.raises(ValidationError, match="another request"):
        sdk.create_account({"code": "cus_2"}, headers={"Idempotency-Key": "k"})


def test_a_charge_below_zero_charges(sdk: Client) -> None:
    assert sdk.create_purchase(purchase(LINE | {"unit_amount": -5.0})).charge_invoice.total == 5.0


def test_credits_become_an_invoice_of_their_own(sdk: Client) -> None:
    made = sdk.create_purchase(purchase(LINE, LINE | {"type": "credit", "unit_amount": 2.0}))
    assert [made.charge_invoice.total, made.credit_invoices[0].total] == [12.5, -2.0]


def test_open_credit_pays_the_next_invoice(sdk: Client) -> None:
    sdk.create_purchase(purchase(LINE | {"type": "credit", "unit_amount": 2.0}))
    assert charge(sdk).balance == 10.5


def test_final_amounts_have_two_places(sdk: Client) -> None:
    assert sdk.create_purchase(purchase(LINE | {"unit_amount": 5.124})).charge_invoice.total == 5.12


def test_times_are_answered_to_the_second(sdk: Client) -> None:
    made = charge_line(sdk, start_date="2026-05-01T00:00:00.250000+00:00")
    assert made.start_date == datetime(2026, 5, 1, tzinfo=UTC)


def test_a_currency_that_the_site_does_not_accept_is_refused(sdk: Client) -> None:
    with pytest.raises(ValidationError, match="XOF") as refused:
        sdk.create_purchase(purchase(LINE | {"currency": "XOF"}, currency="XOF"))
    assert refused.value.error.params == [{"param": "currency"}]


@pytest.mark.parametrize("lines", [[], [LINE | {"currency": "EUR"}]])
def test_nothing_and_a_mix_of_currencies_are_refused(sdk: Client, lines: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        sdk.create_purchase(purchase(*lines))


def test_the_code_of_an_account_is_there_once(sdk: Client) -> None:
    sdk.create_account({"code": "cus_1"})
    with pytest.raises(ValidationError, match="already been taken"):
        sdk.create_account({"code": "cus_1"})


def test_a_preview_leaves_nothing_behind(sdk: Client, recurly: FakeRecurly) -> None:
    sdk.create_purchase(purchase(LINE | {"type": "credit", "unit_amount": 2.0}))
    before = recurly.answer("GET", "/invoices", {}), dict(recurly.accounts)
    assert sdk.preview_purchase(purchase(LINE, code="cus_1")).charge_invoice.balance == 10.5
    assert sdk.preview_purchase(purchase(LINE, code="cus_new")).charge_invoice.balance == 12.5
    assert (recurly.answer("GET", "/invoices", {}), dict(recurly.accounts)) == before


def test_a_charge_invoice_cannot_be_voided(sdk: Client) -> None:
    with pytest.raises(ValidationError, match="credit invoice"):
        sdk.void_invoice(charge(sdk).id)


def test_an_open_credit_invoice_can_be_voided_once(sdk: Client) -> None:
    (credit,) = sdk.create_purchase(purchase(LINE | {"type": "credit"})).credit_invoices
    assert sdk.void_invoice(credit.id).state == "voided"
    with pytest.raises(ValidationError):
        sdk.void_invoice(credit.id)


def test_what_is_paid_cannot_be_marked_failed(sdk: Client) -> None:
    with pytest.raises(ValidationError):
        sdk.mark_invoice_failed(paid(sdk).id)


def test_what_is_not_paid_cannot_be_refunded(sdk: Client) -> None:
    with pytest.raises(ValidationError, match="nothing to refund"):
        sdk.refund_invoice(charge(sdk).id, {"type": "amount", "amount": 1.0, "refund_method": "all_credit"})


def test_no_more_than_was_paid_is_refunded(sdk: Client) -> None:
    invoice = paid(sdk)
    body = {"type": "amount", "refund_method": "all_credit"}
    sdk.refund_invoice(invoice.id, body | {"amount": 12.0})
    with pytest.raises(ValidationError, match=r"0\.50"):
        sdk.refund_invoice(invoice.id, body | {"amount": 0.51})


def test_money_of_a_manual_invoice_goes_back_from_outside(sdk: Client) -> None:
    with pytest.raises(ValidationError, match="External refund"):
        sdk.refund_invoice(paid(sdk).id, {"type": "amount", "amount": 1.0, "refund_method": "all_transaction"})


def test_no_more_than_is_due_is_paid(sdk: Client) -> None:
    with pytest.raises(ValidationError):
        sdk.record_external_transaction(charge(sdk).id, {"payment_method": "check", "amount": 12.51})


def test_what_is_paid_takes_no_payment_and_no_credit(sdk: Client) -> None:
    invoice = paid(sdk)
    with pytest.raises(ValidationError):
        sdk.record_external_transaction(invoice.id, {"payment_method": "check"})
    with pytest.raises(ValidationError):
        sdk.apply_credit_balance(invoice.id)


@pytest.mark.parametrize("path", ["get_account", "get_invoice"])
def test_what_is_not_there_is_not_found(sdk: Client, path: str) -> None:
    with pytest.raises(NotFoundError):
        getattr(sdk, path)("nothing")


def test_another_key_is_refused(sdk: Client, recurly: FakeRecurly) -> None:
    recurly.api_key = "changed"
    with pytest.raises(UnauthorizedError):
        sdk.list_sites().first()


def test_too_many_requests_are_refused_and_not_repeated(sdk: Client, loopback: Loopback) -> None:
    loopback.fail_next(Fault.THROTTLED)
    with pytest.raises(TooManyRequestsError):
        sdk.list_sites().first()
    assert len(loopback.requests) == 1


def test_lists_come_in_pages_newest_first_or_as_asked(sdk: Client) -> None:
    numbers = [charge(sdk).number for _ in range(5)]
    listed = [invoice.number for invoice in sdk.list_invoices(params={"limit": 2}).items()]
    ascending = {"limit": 2, "sort": "updated_at", "order": "asc"}
    assert listed == numbers[::-1]
    assert [invoice.number for invoice in sdk.list_invoices(params=ascending).items()] == numbers


def test_it_speaks_the_version_that_is_recorded(sdk: Client) -> None:
    assert sdk.api_version() == "v2021-02-25"
