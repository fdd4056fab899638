"""How an account stands at Recurly: by what it pays, and what Recurly owes it."""

from datetime import date
from typing import Any

from gateway.plugin_api import CustomerStanding, Money, PaymentMethod
from gateway_recurly.currencies import from_recurly_amount


def from_recurly_standing(balance: Any, billing_info: Any | None, today: date) -> CustomerStanding:
    """The billing info that is there, and the credit that is available, by currency."""
    amounts = [_available(each) for each in getattr(balance, "balances", None) or ()]
    method = None if billing_info is None else _method(billing_info, today)
    return CustomerStanding(method, tuple(each for each in amounts if each.amount_minor > 0))


def _method(billing_info: Any, today: date) -> PaymentMethod:
    method = billing_info.payment_method
    expires = (getattr(method, "exp_year", None), getattr(method, "exp_month", None))
    if None not in expires and expires < (today.year, today.month):
        return PaymentMethod(method.object, False, "the card has expired")
    if getattr(billing_info, "valid", None) is False:
        return PaymentMethod(method.object, False, "Recurly calls it not valid")
    return PaymentMethod(method.object)


def _available(amount: Any) -> Money:
    return from_recurly_amount(getattr(amount, "available_credit_amount", None) or 0, amount.currency)
