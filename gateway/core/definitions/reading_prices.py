"""Prices as people write them: the model and the terms, read from a table of a definition document."""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from gateway.core.definitions.tables import Table
from gateway.core.metering.quantities import (
    ConversionOperation,
    RoundingMode,
    UnitConversion,
    UnitRounding,
)
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
    PackageRounding,
    Percentage,
    PercentageTier,
    PerUnit,
    PriceModel,
    Stairstep,
    Tier,
    Volume,
    tier_faults,
)
from gateway.core.plans.price_terms import PriceTerms

T = TypeVar("T")

_NOTHING = Decimal(0)
_A_BLOCK = BlockTier(Decimal(1), _NOTHING)


class ModelName(StrEnum):
    """How documents name the price models."""

    FLAT = "flat"
    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    VOLUME = "volume"
    PACKAGE = "package"
    MATRIX = "matrix"
    PERCENTAGE = "percentage"
    GRADUATED_PERCENTAGE = "graduated_percentage"
    BLOCK_TIERS_ALL = "block_tiers_all"
    BLOCK_TIERS_TOP = "block_tiers_top"
    STAIRSTEP = "stairstep"
    DYNAMIC = "dynamic"
    COST_PLUS = "cost_plus"


def read_model(table: Table) -> PriceModel | None:
    """The model of a price; None if it has no known name, and then the rest of the table is passed over."""
    name = table.choice("model", ModelName)
    if name is None:
        table.ignore()
        return None
    return _READERS[name](table)


def read_terms(table: Table) -> PriceTerms:
    """What a price says beside its model. Raises `InvalidDefinition` with every fault."""
    conversion, rounding = _read_conversion(table.table("conversion")) if table.has("conversion") else (None, None)
    return PriceTerms(
        conversion=conversion,
        rounding=rounding,
        included_units=_amount_or_nothing(table, "included_units"),
        zero_usage_is_free=table.flag("zero_usage_is_free"),
        discount_percent=_amount_or_nothing(table, "discount_percent"),
        maximum_amount=table.amount_or_none("maximum_amount"),
        minimum_amount=table.amount_or_none("minimum_amount"),
    )


def _read_conversion(table: Table) -> tuple[UnitConversion | None, UnitRounding | None]:
    operation = ConversionOperation.MULTIPLY if table.has("multiply_by") else ConversionOperation.DIVIDE
    mode = table.choice("rounding", RoundingMode) if table.has("rounding") else None
    rounding = table.build(lambda: UnitRounding(mode, table.integer("places", 0))) if mode is not None else None
    return table.build_whole(lambda: UnitConversion(operation, table.amount(f"{operation}_by"))), rounding


def _read_package(table: Table) -> Package:
    rounding = table.choice_or("rounding", PackageRounding, PackageRounding.UP)
    return Package(table.amount("package_size"), table.amount("package_amount"), rounding)


# What is checked beside a model depends on its kind and dimension. One with a fault is replaced by a sound one of the
# same kind, so that the other faults are found with it.


def _read_flat(table: Table) -> FlatFee:
    amount = table.amount("amount")
    return table.build(lambda: FlatFee(amount)) or FlatFee(_NOTHING)


def _read_matrix(table: Table) -> Matrix:
    default = table.amount_or_none("default_unit_amount")
    dimension, amounts = table.text("dimension"), table.amounts("unit_amounts")
    return table.build(lambda: Matrix(dimension, amounts, default)) or Matrix(dimension, {}, _NOTHING)


def _read_percentage(table: Table) -> Percentage:
    is_by_transaction = any(map(table.has, _BY_TRANSACTION))
    rate_percent, fixed_amount = table.amount("rate_percent"), _amount_or_nothing(table, "fixed_amount")
    free_transactions, free_amount = table.whole("free_transactions", 0), _amount_or_nothing(table, "free_amount")
    minimum, maximum = table.amount_or_none("transaction_minimum"), table.amount_or_none("transaction_maximum")
    return table.build(
        lambda: Percentage(rate_percent, fixed_amount, free_transactions, free_amount, minimum, maximum)
    ) or Percentage(_NOTHING, transaction_minimum=_NOTHING if is_by_transaction else None)


_BY_TRANSACTION = ("fixed_amount", "free_transactions", "free_amount", "transaction_minimum", "transaction_maximum")


def _read_stairstep(table: Table) -> Stairstep:
    dimension, anything = table.text_or_none("dimension"), CapacityTier({}, _NOTHING)
    tiers = _read_tiers(table, _read_capacity, anything)
    return table.build(lambda: Stairstep(tiers, dimension)) or Stairstep((anything,), dimension)


_READERS: dict[ModelName, Callable[[Table], PriceModel]] = {
    ModelName.FLAT: _read_flat,
    ModelName.PER_UNIT: lambda table: PerUnit(table.amount("unit_amount")),
    ModelName.GRADUATED: lambda table: Graduated(_read_bounded(table, _read_tier, Tier(None, _NOTHING))),
    ModelName.VOLUME: lambda table: Volume(_read_bounded(table, _read_tier, Tier(None, _NOTHING))),
    ModelName.PACKAGE: _read_package,
    ModelName.MATRIX: _read_matrix,
    ModelName.PERCENTAGE: _read_percentage,
    ModelName.GRADUATED_PERCENTAGE: lambda table: GraduatedPercentage(
        _read_bounded(table, _read_percentage_tier, PercentageTier(None, _NOTHING))
    ),
    ModelName.BLOCK_TIERS_ALL: lambda table: BlockTiersAll(_read_tiers(table, _read_block, _A_BLOCK)),
    ModelName.BLOCK_TIERS_TOP: lambda table: BlockTiersTop(_read_tiers(table, _read_block, _A_BLOCK)),
    ModelName.STAIRSTEP: _read_stairstep,
    ModelName.DYNAMIC: lambda table: Dynamic(table.whole("amount_places", 0)),
    ModelName.COST_PLUS: lambda table: CostPlus(table.amount("multiplier")),
}


def _read_bounded(table: Table, read: Callable[[Table, Decimal | None], T | None], stand_in: T) -> tuple[T, ...]:
    """The tiers up to bounds that have to cover every quantity once; only `stand_in` if there is a fault in them."""
    items = table.tables("tiers")
    bounds = [item.amount_or_none("up_to") for item in items]
    table.note(tier_faults(bounds, [index for index, item in enumerate(items) if item.is_faulty]))
    tiers = [read(item, up_to) for item, up_to in zip(items, bounds, strict=True)]
    return _sound(table, tiers, stand_in)


def _read_tiers(table: Table, read: Callable[[Table], T | None], stand_in: T) -> tuple[T, ...]:
    return _sound(table, [read(item) for item in table.tables("tiers")], stand_in)


def _sound(table: Table, tiers: list[T | None], stand_in: T) -> tuple[T, ...]:
    if table.has_faults("tiers"):
        return (stand_in,)
    return tuple(tier for tier in tiers if tier is not None)


def _read_tier(table: Table, up_to: Decimal | None) -> Tier | None:
    unit_amount, flat_amount = table.amount("unit_amount"), _amount_or_nothing(table, "flat_amount")
    cap_amount = table.amount_or_none("cap_amount")
    return table.build_whole(lambda: Tier(up_to, unit_amount, flat_amount, cap_amount))


def _read_percentage_tier(table: Table, up_to: Decimal | None) -> PercentageTier | None:
    rate_percent, flat_amount = table.amount("rate_percent"), _amount_or_nothing(table, "flat_amount")
    return table.build_whole(lambda: PercentageTier(up_to, rate_percent, flat_amount))


def _read_block(table: Table) -> BlockTier | None:
    size, amount = table.amount("block_size"), table.amount("block_amount")
    blocks = table.whole("blocks_in_tier", 0) if table.has("blocks_in_tier") else None
    return table.build_whole(lambda: BlockTier(size, amount, blocks))


def _read_capacity(table: Table) -> CapacityTier | None:
    up_to, limits, amount = table.amount_or_none("up_to"), table.amounts("limits"), table.amount("amount")
    limits = limits if up_to is None else {**limits, "": up_to}
    return table.build_whole(lambda: CapacityTier(limits, amount))


def _amount_or_nothing(table: Table, key: str) -> Decimal:
    return table.amount(key) if table.has(key) else _NOTHING
