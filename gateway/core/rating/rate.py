"""Rating: what a quantity costs, exactly, and how the amount came about."""

from decimal import Decimal
from fractions import Fraction

from gateway.core.errors import InvalidValue
from gateway.core.metering.meter import Dimensions
from gateway.core.numbers import exact, grouped
from gateway.core.plans.price_models import (
    BlockTiersAll,
    BlockTiersTop,
    CapacityTier,
    CostPlus,
    Dynamic,
    FlatFee,
    Graduated,
    GraduatedPercentage,
    Matrix,
    Package,
    PackageRounding,
    Percentage,
    PerUnit,
    PriceModel,
    Stairstep,
    Volume,
)
from gateway.core.rating.blocks import blocks_of_all_tiers, blocks_of_top_tier
from gateway.core.rating.rated import Rated, RatingStep, Usage, amount_step, step
from gateway.core.rating.tiers import graduated, graduated_percentage, graduated_prorated, volume
from gateway.core.rating.transactions import percentage

__all__ = ["ENGINE_VERSION", "Rated", "RatingStep", "Usage", "average_unit_amount", "prorated", "rate"]

ENGINE_VERSION = 1
"""Goes up whenever an existing definition would be rated to another amount; stored on every invoice."""


@exact
def rate(model: PriceModel, usage: Usage | Decimal, dimensions: Dimensions = ()) -> Rated:
    """Rate the usage of a price, or of a flat fee how many there are.

    Raises `InvalidValue` where the price has no amount for the dimension value, or needs the single transactions.
    """
    used = Usage(usage) if isinstance(usage, Decimal) else usage
    match model:
        case Percentage():
            return percentage(model, used)
        case Matrix():
            return Rated.of(_matrix(model, used.quantity, dict(dimensions)))
        case FlatFee() | PerUnit() | Package() | Dynamic() | CostPlus():
            return Rated.of(_at_one_price(model, used))
        case _:
            return _by_tiers(model, used)


def prorated(amount: Decimal, share: Fraction) -> Fraction:
    """`amount` for an exact share of a period; rounded only on the line."""
    return Fraction(amount) * share


def average_unit_amount(amount: Decimal, quantity: Decimal) -> Fraction:
    """What a unit of `quantity` came to on average; 0 where there are none."""
    return Fraction(amount) / Fraction(quantity) if quantity else Fraction(0)


def _at_one_price(model: FlatFee | PerUnit | Package | Dynamic | CostPlus, used: Usage) -> RatingStep:
    match model:
        case FlatFee(amount):
            return step("flat fee", used.quantity, amount)
        case PerUnit(unit_amount):
            return step("per unit", used.quantity, unit_amount)
        case Package():
            return _package(model, used.quantity)
        case Dynamic(places):
            return step("amounts of the events", used.quantity, Decimal(1).scaleb(-places))
        case _:
            return step("cost", used.quantity, model.multiplier)


def _by_tiers(
    model: Graduated | Volume | GraduatedPercentage | BlockTiersAll | BlockTiersTop | Stairstep, used: Usage
) -> Rated:
    match model:
        case Graduated(tiers):
            return graduated_prorated(tiers, used.changes) if used.changes else graduated(tiers, used.quantity)
        case Volume(tiers):
            return volume(tiers, used.quantity, used.full_quantity)
        case GraduatedPercentage(rates):
            return graduated_percentage(rates, used.quantity)
        case BlockTiersAll(blocks):
            return blocks_of_all_tiers(blocks, used.quantity)
        case BlockTiersTop(blocks):
            return blocks_of_top_tier(blocks, used.quantity)
        case _:
            return _stairstep(model.tiers, used)


def _package(model: Package, quantity: Decimal) -> RatingStep:
    whole, rest = divmod(quantity, model.package_size)
    started = 1 if rest > 0 and model.rounding is PackageRounding.UP else 0
    return step(f"packages of {grouped(model.package_size)}", whole + started, model.package_amount)


def _matrix(model: Matrix, quantity: Decimal, dimensions: dict[str, str]) -> RatingStep:
    value = dimensions.get(model.dimension, "")
    unit_amount = model.unit_amount_for(value)
    if unit_amount is None:
        raise InvalidValue(f"No unit amount for {model.dimension} {value!r}; add it to the price or give it a default")
    return step(f"{model.dimension} {value}", quantity, unit_amount)


def _stairstep(tiers: tuple[CapacityTier, ...], used: Usage) -> Rated:
    quantities = used.by_value or {"": used.quantity}
    number = next((number for number, tier in enumerate(tiers, 1) if tier.holds(quantities)), len(tiers))
    return Rated.of(amount_step(f"tier {number}", tiers[number - 1].amount), tier=number)
