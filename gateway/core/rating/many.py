"""Many quantities of one price at once, where only the amounts are asked for, as of events that are billed at once."""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal

from gateway.core.numbers import exact
from gateway.core.plans.price_models import Graduated, PriceModel, Tier
from gateway.core.rating.rate import rate

_NOTHING = Decimal(0)


@exact
def amounts_of(model: PriceModel, quantities: Sequence[Decimal]) -> list[Decimal]:
    """What `rate` says each of the quantities costs. Raises `InvalidValue` as it does."""
    if isinstance(model, Graduated) and all(tier.cap_amount is None for tier in model.tiers):
        return _on_lines(model.tiers, quantities)
    return [rate(model, quantity).amount for quantity in quantities]


def _on_lines(tiers: Sequence[Tier], quantities: Sequence[Decimal]) -> list[Decimal]:
    """Within a tier the amount is a straight line: that of the tiers below, and each unit at the tier's price."""
    bounds: list[Decimal] = []
    lines: list[tuple[Decimal, Decimal]] = []
    below, lower = _NOTHING, _NOTHING
    for tier in tiers:
        start = below + tier.flat_amount - lower * tier.unit_amount
        lines.append((tier.unit_amount, start))
        if tier.up_to is not None:
            bounds.append(tier.up_to)
            below, lower = start + tier.up_to * tier.unit_amount, tier.up_to
    return [
        quantity * unit_amount + start
        for quantity in quantities
        for unit_amount, start in (lines[bisect_left(bounds, quantity)],)
    ]
