"""How Recurly counts money: JSON numbers in major units, in any currency that the site accepts."""

from decimal import Decimal

from gateway.plugin_api import Money, NeedsAttention, minor_unit_places

# Recurly keeps final amounts to two places, whatever the currency (its support article on decimal precision).
places_max = 2
# A number of JSON is a binary float there and here: up to 15 digits it is exact in both directions.
digits_max = 15


def to_recurly_amount(amount: Money) -> float:
    """`amount` as Recurly counts it. Raises `NeedsAttention` if Recurly cannot hold it exactly."""
    step = 10 ** max(0, minor_unit_places(amount.currency) - places_max)
    if amount.amount_minor % step:
        least = Money(step, amount.currency)
        raise NeedsAttention(
            f"Recurly cannot hold {amount} {amount.currency}: it takes multiples of {least} only",
            "price the plan so that its lines come out in such steps, or bill it through another provider",
        )
    if len(str(abs(amount.amount_minor))) > digits_max:
        raise NeedsAttention(
            f"Recurly cannot hold {amount} {amount.currency} exactly: it takes at most {digits_max} digits",
            "bill it in several invoices, or through another provider",
        )
    return float(amount.amount)


def from_recurly_amount(amount: float, currency: str) -> Money:
    """What Recurly calls `amount`. Raises `ValueError` if we cannot hold that."""
    exact = Decimal(str(amount)).scaleb(minor_unit_places(currency))
    if exact != int(exact):
        raise ValueError(f"{amount} {currency} is not a whole amount")
    return Money(int(exact), currency)
