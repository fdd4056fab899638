"""Prices as documents of plain values: the shape that people write; what came later is left out at its default."""

from collections.abc import Mapping
from decimal import Decimal

from gateway.core.definitions.reading_prices import ModelName
from gateway.core.metering.quantities import UnitConversion, UnitRounding
from gateway.core.plans.price_models import (
    BlockTier,
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
    Percentage,
    PercentageTier,
    PerUnit,
    PriceModel,
    Stairstep,
    Tier,
    Volume,
)
from gateway.core.plans.price_terms import PriceTerms

Document = dict[str, object]


def model_document(model: PriceModel) -> Document:
    """A price model as JSON-able values."""
    match model:
        case FlatFee(amount):
            return _named(ModelName.FLAT, amount=text(amount))
        case PerUnit(unit_amount):
            return _named(ModelName.PER_UNIT, unit_amount=text(unit_amount))
        case Package(size, amount, rounding):
            sizes = {"package_size": text(size), "package_amount": text(amount)}
            return _named(ModelName.PACKAGE, **sizes, rounding=rounding.value)
        case Dynamic(places):
            return _named(ModelName.DYNAMIC, amount_places=places)
        case CostPlus(multiplier):
            return _named(ModelName.COST_PLUS, multiplier=text(multiplier))
        case _:
            return _longer_document(model)


def terms_document(terms: PriceTerms) -> Document:
    """The terms that a price has, without those that it does not have."""
    given = {
        "conversion": terms.conversion and _conversion_document(terms.conversion, terms.rounding),
        "included_units": terms.included_units and text(terms.included_units),
        "zero_usage_is_free": terms.zero_usage_is_free,
        "discount_percent": terms.discount_percent and text(terms.discount_percent),
        "maximum_amount": _text_or_none(terms.maximum_amount),
        "minimum_amount": _text_or_none(terms.minimum_amount),
    }
    return {name: value for name, value in given.items() if value}


def text(number: Decimal) -> str:
    """Plain notation with the places as written: a price of 12.50 stays one."""
    return f"{number:f}"


def _longer_document(
    model: Matrix | Percentage | Graduated | Volume | GraduatedPercentage | BlockTiersAll | BlockTiersTop | Stairstep,
) -> Document:
    match model:
        case Matrix():
            return _matrix_document(model)
        case Percentage():
            return _percentage_document(model)
        case Stairstep(steps, dimension):
            tiers = [_capacity_document(tier) for tier in steps]
            return _named(ModelName.STAIRSTEP, tiers=tiers, **_given(dimension=dimension))
        case _:
            return _named(_TIERED[type(model)], tiers=[_tier_document(tier) for tier in model.tiers])


_TIERED = {
    Graduated: ModelName.GRADUATED,
    Volume: ModelName.VOLUME,
    GraduatedPercentage: ModelName.GRADUATED_PERCENTAGE,
    BlockTiersAll: ModelName.BLOCK_TIERS_ALL,
    BlockTiersTop: ModelName.BLOCK_TIERS_TOP,
}


def _matrix_document(model: Matrix) -> Document:
    return _named(
        ModelName.MATRIX,
        dimension=model.dimension,
        unit_amounts={value: text(amount) for value, amount in model.unit_amounts.items()},
        default_unit_amount=_text_or_none(model.default_unit_amount),
    )


def _percentage_document(model: Percentage) -> Document:
    return _named(
        ModelName.PERCENTAGE,
        rate_percent=text(model.rate_percent),
        **_given(
            fixed_amount=text(model.fixed_amount) if model.fixed_amount else None,
            free_transactions=model.free_transactions or None,
            free_amount=text(model.free_amount) if model.free_amount else None,
            transaction_minimum=_text_or_none(model.transaction_minimum),
            transaction_maximum=_text_or_none(model.transaction_maximum),
        ),
    )


def _tier_document(tier: Tier | PercentageTier | BlockTier) -> Document:
    match tier:
        case Tier(up_to, unit_amount, flat_amount, cap_amount):
            amounts = {"unit_amount": text(unit_amount), "flat_amount": text(flat_amount)}
            return {"up_to": _text_or_none(up_to), **amounts, **_given(cap_amount=_text_or_none(cap_amount))}
        case PercentageTier(up_to, rate_percent, flat_amount):
            amounts = {"rate_percent": text(rate_percent), "flat_amount": text(flat_amount)}
            return {"up_to": _text_or_none(up_to), **amounts}
        case _:
            sizes = {"block_size": text(tier.block_size), "block_amount": text(tier.block_amount)}
            return {**sizes, "blocks_in_tier": tier.blocks_in_tier}


def _capacity_document(tier: CapacityTier) -> Document:
    limits: Mapping[str, str] = {value: text(limit) for value, limit in tier.limits.items()}
    return {"limits": limits, "amount": text(tier.amount)}


def _conversion_document(conversion: UnitConversion, rounding: UnitRounding | None) -> Document:
    by: Document = {f"{conversion.operation}_by": text(conversion.factor)}
    return by if rounding is None else {**by, "rounding": rounding.mode.value, "places": rounding.places}


def _named(name: ModelName, **fields: object) -> Document:
    return {"model": name.value, **fields}


def _given(**fields: object) -> Document:
    """What is not None."""
    return {name: value for name, value in fields.items() if value is not None}


def _text_or_none(number: Decimal | None) -> str | None:
    return None if number is None else text(number)
