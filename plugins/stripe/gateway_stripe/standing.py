"""How a customer stands at Stripe: by what it pays, and what Stripe owes it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from gateway.plugin_api import CustomerStanding, Money, PaymentMethod
from gateway_stripe.currencies import from_stripe_amount

_NEEDS_MANDATE = {"acss_debit", "au_becs_debit", "bacs_debit", "nz_bank_account", "sepa_debit", "us_bank_account"}


def from_stripe_standing(customer: dict[str, Any], methods: Sequence[dict[str, Any]], today: date) -> CustomerStanding:
    """The default payment method, or the first that can be charged of those that are attached; and the balances."""
    default = (customer.get("invoice_settings") or {}).get("default_payment_method")
    ordered = sorted(methods, key=lambda method: method["id"] != default)
    read = [_method(method, today) for method in ordered]
    usable = [method for method in read if method.is_usable]
    return CustomerStanding(next(iter(usable or read), None), tuple(_balances(customer)))


def _method(method: dict[str, Any], today: date) -> PaymentMethod:
    kind, card = str(method["type"]), method.get("card")
    if card is not None and (card["exp_year"], card["exp_month"]) < (today.year, today.month):
        return PaymentMethod(kind, False, "the card has expired")
    if kind in _NEEDS_MANDATE:
        return PaymentMethod(kind, None, "Stripe does not list the mandate")
    return PaymentMethod(kind)


def _balances(customer: dict[str, Any]) -> list[Money]:
    """Stripe counts what it owes below zero, by currency where a customer has had invoices in several."""
    owed = customer.get("invoice_credit_balance") or {}
    if not owed and customer.get("currency"):
        owed = {customer["currency"]: customer.get("balance") or 0}
    return [from_stripe_amount(-amount, currency) for currency, amount in sorted(owed.items()) if amount < 0]
