"""The prices and the usage of the rating cases, as the core has them."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from gateway.core.metering.quantities import (
    ConversionOperation,
    RoundingMode,
    UnitConversion,
    UnitRounding,
)
from gateway.core.money import minor_unit_places
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
    Package,
    PackageRounding,
    Percentage,
    PercentageTier,
    PerUnit,
    PriceModel,
    Stairstep,
    Tier,
    Volume,
)
from gateway.core.plans.price_terms import PriceTerms
from gateway.core.rating.rated import UnitChange, Usage
from tests.corpus.given import Given, UnknownKind

_ROUNDING = {"ceiling": RoundingMode.UP, "floor": RoundingMode.DOWN, "half_up": RoundingMode.HALF_UP}


def read_model(name: str, currency: str, given: Given) -> PriceModel:
    """The price model of a case."""
    if name == "dynamic":
        return Dynamic(minor_unit_places(currency))
    if name not in _MODELS:
        raise UnknownKind(f"The model {name!r} is not one of {sorted(_MODELS)}")
    return _MODELS[name](given)


def read_terms(given: Given) -> PriceTerms:
    """What holds beside the model."""
    conversion, rounding = _read_conversion(given)
    return PriceTerms(
        conversion=conversion,
        rounding=rounding,
        included_units=given.number("free_units" if given.has("free_units") else "usage_discount_units"),
        discount_percent=given.number("discount_percent"),
        maximum_amount=given.decimal("maximum_amount"),
        minimum_amount=given.decimal("minimum_amount"),
    )


def read_usage(model: PriceModel, units: Decimal | None, given: Given) -> Usage:
    """What is rated: a quantity, in one or in several numbers."""
    if isinstance(model, Dynamic):
        if given.has("event_amounts_minor_units"):
            return Usage.of_values(_numbers(given.take("event_amounts_minor_units")))
        return Usage(given.number("sum_of_event_amounts_minor_units"))
    if given.has("event_values"):
        return Usage.of_values(_numbers(given.take("event_values")))
    if given.has("peak_quantities"):
        peaks = {unit: Decimal(peak) for unit, peak in given.part("peak_quantities").items()}
        return Usage(Decimal(0), by_value=peaks)
    if given.take("prorated", False) and given.has("events_full_units"):
        return Usage(Decimal(0), changes=_read_changes(given))
    quantity = given.number("raw_quantity") if given.has("raw_quantity") else units
    if quantity is None:
        quantity = Decimal("1" if isinstance(model, FlatFee) else "0")
    return Usage(quantity, full_quantity=given.decimal("tier_selection_quantity"))


def _read_changes(given: Given) -> tuple[UnitChange, ...]:
    full = _numbers(given.take("events_full_units"))
    prorated = _numbers(given.take("events_prorated_units"))
    return tuple(UnitChange(*units) for units in zip(full, prorated, strict=True))


def _numbers(texts: list[str]) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def _read_conversion(given: Given) -> tuple[UnitConversion | None, UnitRounding | None]:
    if not given.has("conversion"):
        return None, None
    conversion = given.part("conversion")
    operation, factor = ConversionOperation(conversion.take("operation")), conversion.number("factor")
    mode = conversion.take("rounding")
    return UnitConversion(operation, factor), None if mode is None else UnitRounding(_ROUNDING[mode])


def _read_tiers(given: Given) -> tuple[Tier, ...]:
    _require_inclusive(given)
    return tuple(
        Tier(tier.decimal("up_to"), tier.number("unit_amount"), tier.number("flat_amount"), tier.decimal("cap_amount"))
        for tier in given.parts("tiers")
    )


def _read_percentage_tiers(given: Given) -> tuple[PercentageTier, ...]:
    _require_inclusive(given)
    return tuple(
        PercentageTier(tier.decimal("up_to"), tier.number("rate_percent"), tier.number("flat_amount"))
        for tier in given.parts("tiers")
    )


def _require_inclusive(given: Given) -> None:
    bounds = given.take("tier_bounds", "upper_inclusive")
    if bounds != "upper_inclusive":
        raise UnknownKind(f"Tiers whose bounds are {bounds}")


def _read_blocks(given: Given) -> tuple[BlockTier, ...]:
    return tuple(
        BlockTier(tier.number("block_size"), tier.number("block_amount"), _whole(tier.take("blocks_in_tier")))
        for tier in given.parts("tiers")
    )


def _read_capacities(given: Given) -> tuple[CapacityTier, ...]:
    return tuple(
        CapacityTier(_read_limits(tier.part("limits")), tier.number("amount")) for tier in given.parts("tiers")
    )


def _read_limits(limits: Given) -> Mapping[str, Decimal]:
    return {unit: Decimal(limit) for unit, limit in limits.items() if limit is not None}


def _read_percentage(given: Given) -> Percentage:
    return Percentage(
        rate_percent=given.number("rate_percent"),
        fixed_amount=given.number("fixed_amount_per_event"),
        free_transactions=_whole(given.take("free_events")) or 0,
        free_amount=given.number("free_amount"),
        transaction_minimum=given.decimal("per_transaction_minimum"),
        transaction_maximum=given.decimal("per_transaction_maximum"),
    )


def _read_package(given: Given) -> Package:
    rounding = PackageRounding(given.take("package_rounding", "up"))
    return Package(given.number("package_size"), given.number("package_amount"), rounding)


def _whole(value: str | int | None) -> int | None:
    return None if value is None else int(value)


_MODELS: Mapping[str, Callable[[Given], PriceModel]] = {
    "unit": lambda given: PerUnit(given.number("unit_amount")),
    "flat": lambda given: FlatFee(given.number("amount")),
    "cost_plus": lambda given: CostPlus(given.number("multiplier")),
    "package": _read_package,
    "percentage": _read_percentage,
    "graduated": lambda given: Graduated(_read_tiers(given)),
    "volume": lambda given: Volume(_read_tiers(given)),
    "graduated_percentage": lambda given: GraduatedPercentage(_read_percentage_tiers(given)),
    "block_tiers_all": lambda given: BlockTiersAll(_read_blocks(given)),
    "block_tiers_top": lambda given: BlockTiersTop(_read_blocks(given)),
    "stairstep_capacity": lambda given: Stairstep(_read_capacities(given)),
}
