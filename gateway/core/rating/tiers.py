"""Tiers: each unit by its own tier, or all of them by the one that the whole quantity falls into."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from gateway.core.numbers import grouped, quantity_places, round_half_up
from gateway.core.plans.price_models import PercentageTier, Tier
from gateway.core.rating.rated import Rated, RatingStep, UnitChange, step

_NOTHING = Decimal(0)


def graduated(tiers: Sequence[Tier], quantity: Decimal) -> Rated:
    """Each tier that the quantity enters; exactly on a bound the next one is not entered, the first always is."""
    steps: list[RatingStep] = []
    lower = _NOTHING
    for tier in tiers:
        if steps and quantity <= lower:
            break
        upper = quantity if tier.up_to is None else min(quantity, tier.up_to)
        steps.append(_tier_step(lower, tier, upper - lower))
        lower = upper
    return Rated.of(*steps)


def graduated_percentage(tiers: Sequence[PercentageTier], quantity: Decimal) -> Rated:
    """The same for a value, of which each tier takes a percentage."""
    return graduated([Tier(tier.up_to, tier.rate_percent.scaleb(-2), tier.flat_amount) for tier in tiers], quantity)


def volume(tiers: Sequence[Tier], quantity: Decimal, full_quantity: Decimal | None = None) -> Rated:
    """The one tier that the whole quantity falls into; its upper bound is inclusive.

    Where `quantity` is prorated, the tier is that of the `full_quantity`.
    """
    bounds = [tier.up_to for tier in tiers if tier.up_to is not None]
    index = bisect_left(bounds, quantity if full_quantity is None else full_quantity)
    lower = bounds[index - 1] if index else _NOTHING
    return Rated.of(_tier_step(lower, tiers[index], quantity), tier=index + 1)


def graduated_prorated(tiers: Sequence[Tier], changes: Sequence[UnitChange]) -> Rated:
    """The changes of a level, each spread over the tiers that it passes and priced by its prorated units.

    Every tier that the level ever entered has its flat amount; a level that ends below zero costs nothing. The
    prorated units of a tier are rounded half-up to the 12 places of a billed quantity.
    """
    level = peak = _NOTHING
    units = [Fraction(0)] * len(tiers)
    for change in changes:
        reached = level + change.units
        for index, share in _spread(tiers, level, reached):
            units[index] += share * Fraction(change.prorated_units)
        level, peak = reached, max(peak, reached)
    if level < 0:
        return Rated.of()
    entered = [item for item in zip(_lower_bounds(tiers), tiers, units, strict=True) if _is_entered(item[0], peak)]
    return Rated.of(*(_tier_step(lower, tier, round_half_up(part, quantity_places)) for lower, tier, part in entered))


def _is_entered(lower: Decimal, quantity: Decimal) -> bool:
    return lower == 0 or quantity > lower


def _spread(tiers: Sequence[Tier], level: Decimal, reached: Decimal) -> Iterator[tuple[int, Fraction]]:
    """Which part of a change of the level lies in each tier; what is below zero lies in the first."""
    low, high = min(level, reached), max(level, reached)
    for index, (lower, tier) in enumerate(zip(_lower_bounds(tiers), tiers, strict=True)):
        begin = max(low, lower) if index else low
        end = high if tier.up_to is None else min(high, tier.up_to)
        if begin < end:
            yield index, Fraction(end - begin) / Fraction(high - low)


def _lower_bounds(tiers: Sequence[Tier]) -> list[Decimal]:
    return [_NOTHING, *(tier.up_to for tier in tiers if tier.up_to is not None)]


def _tier_step(lower: Decimal, tier: Tier, units: Decimal) -> RatingStep:
    bounds = [f"above {grouped(lower)}"] if lower or tier.up_to is None else []
    bounds += [] if tier.up_to is None else [f"up to {grouped(tier.up_to)}"]
    label = " ".join(bounds)
    whole = step(label, units, tier.unit_amount, tier.flat_amount)
    if tier.cap_amount is None:
        return whole
    label = f"{label}, at most {grouped(tier.cap_amount)}"
    return replace(whole, label=label, amount=min(whole.amount, tier.cap_amount))
