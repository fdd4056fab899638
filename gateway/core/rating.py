"""Rating: what a quantity costs, exactly, and how the amount came about."""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from gateway.core.errors import InvalidValue
from gateway.core.meters import Dimensions
from gateway.core.numbers import exact
from gateway.core.plans import (
    FlatFee,
    Graduated,
    Matrix,
    Package,
    PackageRounding,
    PerUnit,
    PriceModel,
    Tier,
    Volume,
)

ENGINE_VERSION = 1
"""Goes up whenever an existing definition would be rated to another amount; stored on every invoice."""


@dataclass(frozen=True, slots=True)
class RatingStep:
    """One term of a rated amount: `units` at `unit_amount` each, plus `flat_amount`."""

    label: str
    units: Decimal
    unit_amount: Decimal
    flat_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Rated:
    """An exact amount in major units, before the line's rounding, and its terms, which sum to it."""

    amount: Decimal
    steps: tuple[RatingStep, ...]


@exact
def rate(model: PriceModel, quantity: Decimal, dimensions: Dimensions = ()) -> Rated:
    """Rate `quantity` of a usage price, or of a flat fee how many there are.

    Raises `InvalidValue` where the price has no amount for the dimension value.
    """
    match model:
        case FlatFee(amount):
            steps: tuple[RatingStep, ...] = (_step("flat fee", quantity, amount),)
        case PerUnit(unit_amount):
            steps = (_step("per unit", quantity, unit_amount),)
        case Graduated(tiers):
            steps = _graduated(tiers, quantity)
        case Volume(tiers):
            steps = (_volume(tiers, quantity),)
        case Package():
            steps = (_package(model, quantity),)
        case Matrix():
            steps = (_matrix(model, quantity, dict(dimensions)),)
    return Rated(sum((step.amount for step in steps), Decimal(0)), steps)


def prorated(amount: Decimal, share: Fraction) -> Fraction:
    """`amount` for an exact share of a period; rounded only on the line."""
    return Fraction(amount) * share


def _step(label: str, units: Decimal, unit_amount: Decimal, flat_amount: Decimal = Decimal(0)) -> RatingStep:
    return RatingStep(label, units, unit_amount, flat_amount, units * unit_amount + flat_amount)


def _graduated(tiers: tuple[Tier, ...], quantity: Decimal) -> tuple[RatingStep, ...]:
    """Each tier that the quantity enters; exactly on a bound the next one is not entered, the first always is."""
    steps: list[RatingStep] = []
    lower = Decimal(0)
    for tier in tiers:
        if steps and quantity <= lower:
            break
        upper = quantity if tier.up_to is None else min(quantity, tier.up_to)
        steps.append(_step(_tier_label(lower, tier), upper - lower, tier.unit_amount, tier.flat_amount))
        lower = tier.up_to if tier.up_to is not None else quantity
    return tuple(steps)


def _volume(tiers: tuple[Tier, ...], quantity: Decimal) -> RatingStep:
    """The one tier that the whole quantity falls into; its upper bound is inclusive."""
    bounds = [tier.up_to for tier in tiers if tier.up_to is not None]
    index = min(bisect_left(bounds, quantity), len(tiers) - 1)
    lower = bounds[index - 1] if index else Decimal(0)
    tier = tiers[index]
    return _step(_tier_label(lower, tier), quantity, tier.unit_amount, tier.flat_amount)


def _tier_label(lower: Decimal, tier: Tier) -> str:
    return f"above {lower:f}" if tier.up_to is None else f"{lower:f} to {tier.up_to:f}"


def _package(model: Package, quantity: Decimal) -> RatingStep:
    whole, rest = divmod(quantity, model.package_size)
    started = 1 if rest > 0 and model.rounding is PackageRounding.UP else 0
    return _step(f"packages of {model.package_size:f}", whole + started, model.package_amount)


def _matrix(model: Matrix, quantity: Decimal, dimensions: dict[str, str]) -> RatingStep:
    value = dimensions.get(model.dimension, "")
    unit_amount = model.unit_amount_for(value)
    if unit_amount is None:
        raise InvalidValue(f"No unit amount for {model.dimension} {value!r}; add it to the price or give it a default")
    return _step(f"{model.dimension} {value}", quantity, unit_amount)
