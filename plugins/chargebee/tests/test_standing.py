"""How the site and its customers stand at Chargebee."""

from typing import Any

import pytest
from gateway_chargebee import ChargebeeProvider

from gateway.plugin_api import CustomerStanding, ExternalAccount, Money, PaymentMethod
from gateway.testing import customer_document
from plugins.chargebee.tests.connecting import Chargebee
from plugins.chargebee.tests.fake_chargebee import ENABLED


@pytest.fixture
def ref(provider: ChargebeeProvider) -> str:
    return provider.put_customer(customer_document(), "customer").ref


def test_the_account_is_the_site_with_its_currencies(provider: ChargebeeProvider) -> None:
    assert provider.account() == ExternalAccount("acme-test", frozenset(ENABLED))


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("valid", PaymentMethod("card")),
        ("expiring", PaymentMethod("card")),
        ("expired", PaymentMethod("card", False, "Chargebee calls it expired")),
        ("pending_verification", PaymentMethod("card", False, "Chargebee calls it pending_verification")),
    ],
)
def test_a_payment_method_is_usable_if_it_is_valid(
    provider: ChargebeeProvider, chargebee: Chargebee, ref: str, status: str, found: PaymentMethod
) -> None:
    chargebee.fake.customers[ref]["payment_method"] = {"type": "card", "status": status}
    assert provider.customer_standing(ref) == CustomerStanding(found)


def test_credits_of_every_kind_are_a_balance(provider: ChargebeeProvider, chargebee: Chargebee, ref: str) -> None:
    credits_: list[dict[str, Any]] = [
        {"currency_code": "USD", "promotional_credits": 100, "refundable_credits": 20, "excess_payments": 3},
        {"currency_code": "EUR", "unbilled_charges": 500},
    ]
    chargebee.fake.customers[ref]["balances"] = credits_
    assert provider.customer_standing(ref).balances == (Money(123, "USD"),)
