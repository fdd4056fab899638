"""Tiers of blocks: units are sold by the block, and a started block counts as a whole one."""

from collections.abc import Sequence
from decimal import Decimal

from gateway.core.numbers import grouped
from gateway.core.plans.price_models import BlockTier
from gateway.core.rating.rated import Rated, RatingStep, step

_NOTHING = Decimal(0)


def blocks_of_all_tiers(tiers: Sequence[BlockTier], quantity: Decimal) -> Rated:
    """The blocks of each tier that the quantity enters, rounded up in each; the first is always entered."""
    steps: list[RatingStep] = []
    rest = quantity
    for number, tier in enumerate(tiers, 1):
        if steps and rest <= 0:
            break
        inside = rest if number == len(tiers) else min(rest, _width(tier))
        steps.append(_blocks_step(number, tier, inside))
        rest -= inside
    return Rated.of(*steps)


def blocks_of_top_tier(tiers: Sequence[BlockTier], quantity: Decimal) -> Rated:
    """All blocks at the price of the highest tier that the quantity enters; the end of a tier is inclusive."""
    upper = _NOTHING
    for number, tier in enumerate(tiers[:-1], 1):
        upper += _width(tier)
        if quantity <= upper:
            return Rated.of(_blocks_step(number, tier, quantity), tier=number)
    return Rated.of(_blocks_step(len(tiers), tiers[-1], quantity), tier=len(tiers))


def _width(tier: BlockTier) -> Decimal:
    assert tier.blocks_in_tier is not None, "only the last tier is open"
    return tier.block_size * tier.blocks_in_tier


def _blocks_step(number: int, tier: BlockTier, units: Decimal) -> RatingStep:
    whole, rest = divmod(units, tier.block_size)
    blocks = whole + (1 if rest > 0 else 0)
    return step(f"tier {number}, blocks of {grouped(tier.block_size)}", blocks, tier.block_amount)
