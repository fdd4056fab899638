"""Recording payments over the API: what is answered, and what becomes of the invoice."""

from typing import Any

import pytest

from gateway.sandbox import SandboxProvider, SandboxSettings
from gateway.services.deliver import deliver_next
from gateway.testing import FakeHost
from tests.graphql.asking import Api
from tests.support import FixedClock

_PAY = """mutation ($input: RecordPaymentInput!, $key: String!) { recordPayment(input: $input, idempotencyKey: $key) {
  userErrors { code message } paymentId invoice { id paymentStatus }
} }"""
_INVOICES = """{ invoices(filter: {customer: "acme"}) { nodes {
  id paymentStatus paidBy
} } }"""
_DELIVERIES = "{ deliveries(first: 100) { nodes { kind status } } }"


@pytest.fixture
def provider(clock: FixedClock) -> SandboxProvider:
    return SandboxProvider("main", SandboxSettings(pays_by_itself=False), FakeHost(), clock.now)


def first(api: Api) -> Any:
    return api.ask(_INVOICES)["invoices"]["nodes"][0]


def pay(api: Api, key: str = "k", **changes: object) -> Any:
    given = {"invoice": first(api)["id"], "receivedOn": "2026-03-01", "method": "bank transfer", "reference": "RF18"}
    return api.ask(_PAY, input={**given, **changes}, key=key)["recordPayment"]


def payments(api: Api) -> list[str]:
    """How the payments get on that the provider is told of."""
    found = api.ask(_DELIVERIES)["deliveries"]["nodes"]
    return [each["status"] for each in found if each["kind"] == "PAYMENT"]


def deliver(api: Api, provider: SandboxProvider) -> None:
    while deliver_next(api.installation, "main", provider, jitter=lambda: 0):
        pass


def test_a_payment_is_answered_and_pays_once_the_provider_has_it(company: Api, provider: SandboxProvider) -> None:
    done = pay(company)
    assert done["userErrors"] == []
    assert done["paymentId"].startswith("pay_")
    assert done["invoice"] == {"id": first(company)["id"], "paymentStatus": "UNPAID"}
    assert payments(company) == ["PENDING"]

    deliver(company, provider)

    paid = first(company)
    assert (paid["paymentStatus"], paid["paidBy"]) == ("PAID", "OUT_OF_BAND")
    assert payments(company) == ["DELIVERED"]


def test_the_same_key_is_the_same_payment(company: Api) -> None:
    done = pay(company)
    assert pay(company)["paymentId"] == done["paymentId"]
    other = pay(company, amount="1.00")
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert (other["paymentId"], other["invoice"]) == (None, None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "100000"}, "INVALID"),
        ({"amount": "0"}, "INVALID"),
        ({"amount": "1.001"}, "INVALID"),
        ({"invoice": "inv_none"}, "NOT_FOUND"),
    ],
)
def test_what_cannot_be_paid_is_refused_with_a_code(company: Api, changes: dict[str, object], code: str) -> None:
    refused = pay(company, **changes)
    assert [error["code"] for error in refused["userErrors"]] == [code]
    assert (refused["paymentId"], refused["invoice"]) == (None, None)
    assert payments(company) == []


def test_a_paid_invoice_takes_no_payment(company: Api, provider: SandboxProvider) -> None:
    pay(company)
    deliver(company, provider)
    refused = pay(company, "later")
    assert [error["code"] for error in refused["userErrors"]] == ["ILLEGAL_TRANSITION"]
