"""How a customer stands at Chargebee: by what it pays, and what Chargebee owes it."""

from typing import Any

from gateway.plugin_api import CustomerStanding, Money, PaymentMethod
from gateway_chargebee.currencies import from_chargebee_amount

_CREDITS = ("promotional_credits", "refundable_credits", "excess_payments")
_USABLE = {"valid", "expiring"}


def from_chargebee_standing(customer: dict[str, Any]) -> CustomerStanding:
    """The primary payment method, and credits of every kind by currency."""
    method = customer.get("payment_method")
    balances = [_balance(each) for each in customer.get("balances") or []]
    return CustomerStanding(_method(method) if method else None, tuple(each for each in balances if each.amount_minor))


def _method(method: dict[str, Any]) -> PaymentMethod:
    status = method.get("status", "")
    reason = "" if status in _USABLE else f"Chargebee calls it {status or 'nothing'}"
    return PaymentMethod(str(method["type"]), status in _USABLE, reason)


def _balance(balance: dict[str, Any]) -> Money:
    return from_chargebee_amount(sum(balance.get(name, 0) for name in _CREDITS), balance["currency_code"])
