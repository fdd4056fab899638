"""How the site and its accounts stand at Recurly."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from gateway_recurly import RecurlyProvider
from gateway_recurly.standing import from_recurly_standing

from gateway.plugin_api import (
    CreditDisposition,
    CustomerStanding,
    ExternalAccount,
    ExternalDocument,
    NeedsAttention,
    PaymentMethod,
)
from gateway.testing import credit_note_document
from plugins.recurly.tests.fake_recurly import FakeRecurly

CARD = {"object": "credit_card", "exp_year": 2099, "exp_month": 1}


def test_the_account_is_the_site_with_its_currencies(provider: RecurlyProvider, recurly: FakeRecurly) -> None:
    assert provider.account() == ExternalAccount("site00000001", frozenset(recurly.currencies))


def test_the_account_of_another_site_is_refused(provider: RecurlyProvider, recurly: FakeRecurly) -> None:
    recurly.subdomain = "other"
    with pytest.raises(NeedsAttention, match="The API key is for other, not for acme"):
        provider.account()


@pytest.mark.parametrize(
    ("info", "found"),
    [
        ({"payment_method": CARD, "valid": True}, PaymentMethod("credit_card")),
        ({"payment_method": CARD, "valid": False}, PaymentMethod("credit_card", False, "Recurly calls it not valid")),
        (
            {"payment_method": CARD | {"exp_year": 2020}, "valid": True},
            PaymentMethod("credit_card", False, "the card has expired"),
        ),
    ],
)
def test_billing_info_is_usable_if_it_is_valid_and_has_not_expired(
    provider: RecurlyProvider,
    recurly: FakeRecurly,
    customer: ExternalDocument,
    info: dict[str, Any],
    found: PaymentMethod,
) -> None:
    recurly.billing_infos[customer.our_id] = info
    assert provider.customer_standing(customer.ref) == CustomerStanding(found)


def test_credit_that_is_left_is_a_balance(
    provider: RecurlyProvider, recurly: FakeRecurly, customer: ExternalDocument, put: ExternalDocument
) -> None:
    recurly.pay(recurly.invoices[put.ref.removeprefix("number-")])
    note = credit_note_document(put, customer.ref, 300, disposition=CreditDisposition.BALANCE)
    provider.put_credit_note(note, "credit")
    assert provider.customer_standing(customer.ref).balances == (note.total,)


def test_what_an_account_owes_is_no_balance() -> None:
    balance = SimpleNamespace(balances=[SimpleNamespace(currency="USD", amount=12.5)])
    assert from_recurly_standing(balance, None, date(2026, 1, 1)) == CustomerStanding(None)
