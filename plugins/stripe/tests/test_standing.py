"""How the account and its customers stand at Stripe."""

from typing import Any

import pytest
from gateway_stripe import StripeProvider

from gateway.plugin_api import CustomerStanding, ExternalAccount, Money, PaymentMethod
from gateway.testing import customer_document
from plugins.stripe.tests.loopback import Loopback

EXPIRED = PaymentMethod("card", False, "the card has expired")
NO_MANDATE = PaymentMethod("sepa_debit", None, "Stripe does not list the mandate")


def method(ref: str, kind: str = "card", year: int = 2099) -> dict[str, Any]:
    made = {"id": ref, "object": "payment_method", "type": kind, "created": 1, "livemode": False, "billing_details": {}}
    card = {"brand": "visa", "exp_month": 1, "exp_year": year, "funding": "credit", "last4": "4242"}
    return made | ({"card": card} if kind == "card" else {})


@pytest.fixture
def ref(provider: StripeProvider) -> str:
    return provider.put_customer(customer_document(), "customer").ref


def test_the_account_is_named_by_its_id(provider: StripeProvider) -> None:
    assert provider.account() == ExternalAccount("acct_fake")


def test_a_key_that_may_not_read_the_account_names_none(provider: StripeProvider, loopback: Loopback) -> None:
    loopback.stripe.may_read_account = False
    assert provider.account() == ExternalAccount("")


@pytest.mark.parametrize(
    ("methods", "found"),
    [
        ([], None),
        ([method("pm_1")], PaymentMethod("card")),
        ([method("pm_1", year=2020)], EXPIRED),
        ([method("pm_1", year=2020), method("pm_2")], PaymentMethod("card")),
        ([method("pm_1", "sepa_debit")], NO_MANDATE),
        ([method("pm_1"), method("pm_default", "link")], PaymentMethod("link")),
        ([method("pm_1", "sepa_debit"), method("pm_default", year=2020)], EXPIRED),
    ],
)
def test_the_default_payment_method_comes_first_among_those_that_can_be_charged(
    provider: StripeProvider,
    loopback: Loopback,
    ref: str,
    methods: list[dict[str, Any]],
    found: PaymentMethod | None,
) -> None:
    loopback.stripe.payment_methods[ref] = {each["id"]: each for each in methods}
    loopback.stripe.customers[ref]["invoice_settings"] = {"default_payment_method": "pm_default"}
    assert provider.customer_standing(ref) == CustomerStanding(found)


@pytest.mark.parametrize(
    ("fields", "balances"),
    [
        ({"balance": -500}, ()),
        ({"balance": -500, "currency": "usd"}, (Money(500, "USD"),)),
        ({"balance": 500, "currency": "usd"}, ()),
        ({"invoice_credit_balance": {"usd": -500, "eur": 0, "jpy": -7}}, (Money(7, "JPY"), Money(500, "USD"))),
    ],
)
def test_what_stripe_owes_is_counted_above_zero(
    provider: StripeProvider, loopback: Loopback, ref: str, fields: dict[str, Any], balances: tuple[Money, ...]
) -> None:
    loopback.stripe.customers[ref] |= fields
    assert provider.customer_standing(ref).balances == balances
