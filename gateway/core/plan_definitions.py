"""Plans as people write them, read from a table of a definition document."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from gateway.core.definition_tables import Table
from gateway.core.faults import Fault
from gateway.core.meters import ADDITIVE, Meter
from gateway.core.periods import Interval, IntervalUnit
from gateway.core.plans import (
    Commitment,
    FlatFee,
    Graduated,
    Matrix,
    Package,
    PackageRounding,
    PerUnit,
    PlanVersion,
    Price,
    PriceModel,
    Tier,
    Timing,
    Volume,
    plan_faults,
    tier_faults,
)

T = TypeVar("T")

KnownMeters = Mapping[str, Meter | None]
"""Meters that prices may rate, by key; None stands for one that is there but could not be read."""


class ModelName(StrEnum):
    """How documents name the price models."""

    FLAT = "flat"
    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    VOLUME = "volume"
    PACKAGE = "package"
    MATRIX = "matrix"


def read_plan(table: Table, known: KnownMeters | None) -> tuple[str, PlanVersion | None]:
    """A plan's key and its version 1, None if it has faults; prices are checked against `known` meters if given."""
    key, name, currency = table.key("key"), table.text("name"), table.text("currency")
    unit = table.choice("interval", IntervalUnit) or IntervalUnit.MONTH
    interval = table.build(lambda: Interval(unit, table.whole("interval_count", 1)))
    grace = timedelta(seconds=table.whole("grace_period_seconds", 0))
    prices = [_read_price(item, known) for item in table.tables("prices")]
    usage = tuple(price.key for price in prices if price.meter is not None)
    commitments = [_read_commitment(item, usage) for item in table.tables("commitments")]
    table.note(
        plan_faults([(each.key, each.meter) for each in prices], [(each.key, each.counts) for each in commitments])
    )
    readable = _all([each.price for each in prices])
    return key, table.build_whole(
        lambda: PlanVersion(
            plan=key,
            version=1,
            name=name,
            currency=currency,
            interval=interval or Interval(unit),
            prices=readable or (_STAND_IN,),
            commitments=_all([each.commitment for each in commitments]) if readable else (),
            grace=grace,
        )
    )


def _all(read: Sequence[T | None]) -> tuple[T, ...]:
    """Everything that was read, if it was everything."""
    return () if None in read else tuple(each for each in read if each is not None)


@dataclass(frozen=True, slots=True)
class _ReadPrice:
    """A price in a document: how others refer to it, and itself unless something is wrong."""

    key: str
    meter: str | None
    price: Price | None


@dataclass(frozen=True, slots=True)
class _ReadCommitment:
    key: str
    counts: tuple[str, ...]
    commitment: Commitment | None


_NOTHING = Decimal(0)
_STAND_IN = Price("unreadable", "unreadable", FlatFee(_NOTHING))


def _read_price(table: Table, known: KnownMeters | None) -> _ReadPrice:
    key, name, meter = table.key("key"), table.text("name"), table.text_or_none("meter")
    timing = table.choice_or("timing", Timing, Timing.IN_ARREARS)
    model = table.build(lambda: _read_model(table))
    if known is not None and meter is not None and model is not None:
        table.note(rating_faults(meter, known, model))
    likely: PriceModel = FlatFee(_NOTHING) if meter is None else PerUnit(_NOTHING)
    return _ReadPrice(key, meter, table.build_whole(lambda: Price(key, name, model or likely, meter, timing)))


def _read_commitment(table: Table, usage: tuple[str, ...]) -> _ReadCommitment:
    key, name, amount = table.key("key"), table.text("name"), table.amount("amount")
    counts = table.texts("counts") if table.has("counts") else usage
    return _ReadCommitment(key, counts, table.build_whole(lambda: Commitment(key, name, amount, counts)))


def _read_model(table: Table) -> PriceModel | None:
    name = table.choice("model", ModelName)
    if name is None:
        table.ignore()
        return None
    return _READERS[name](table)


def _read_package(table: Table) -> Package:
    rounding = table.choice_or("rounding", PackageRounding, PackageRounding.UP)
    return Package(table.amount("package_size"), table.amount("package_amount"), rounding)


def _read_matrix(table: Table) -> Matrix:
    default = table.amount_or_none("default_unit_amount")
    return Matrix(table.text("dimension"), table.amounts("unit_amounts"), default)


_READERS: dict[ModelName, Callable[[Table], PriceModel]] = {
    ModelName.FLAT: lambda table: FlatFee(table.amount("amount")),
    ModelName.PER_UNIT: lambda table: PerUnit(table.amount("unit_amount")),
    ModelName.GRADUATED: lambda table: Graduated(_read_tiers(table)),
    ModelName.VOLUME: lambda table: Volume(_read_tiers(table)),
    ModelName.PACKAGE: _read_package,
    ModelName.MATRIX: _read_matrix,
}


def _read_tiers(table: Table) -> tuple[Tier, ...]:
    items = table.tables("tiers")
    bounds = [item.amount_or_none("up_to") for item in items]
    table.note(tier_faults(bounds, [index for index, item in enumerate(items) if item.is_faulty]))
    tiers = [_read_tier(item, up_to) for item, up_to in zip(items, bounds, strict=True)]
    return (Tier(None, _NOTHING),) if table.has_faults("tiers") else _all(tiers)


def _read_tier(table: Table, up_to: Decimal | None) -> Tier | None:
    unit_amount = table.amount("unit_amount")
    flat_amount = table.amount("flat_amount") if table.has("flat_amount") else _NOTHING
    return table.build_whole(lambda: Tier(up_to, unit_amount, flat_amount))


def rating_faults(meter: str, known: KnownMeters, model: PriceModel) -> Iterator[Fault]:
    """What keeps a price of `model` from rating the quantities of the newest version of `meter`."""
    if meter not in known:
        yield "meter", f"there is no meter {meter!r}; define it or name another"
    version = found.latest if (found := known.get(meter)) else None
    if version is None:
        return
    if isinstance(model, Matrix) and model.dimension not in version.dimensions:
        yield "dimension", f"{model.dimension!r} is not a dimension of meter {meter!r}; add it to the meter"
    is_split = len(version.dimensions) > (1 if isinstance(model, Matrix) else 0)
    if is_split and version.aggregation not in ADDITIVE:
        fault = f"a {version.aggregation} does not add up over its dimensions"
        yield "meter", f"{fault}; use a meter without those that the price does not tell apart"
