"""Plans as people write them, read from a table of a definition document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from gateway.core.definitions.reading_prices import read_model, read_terms
from gateway.core.definitions.tables import Table
from gateway.core.faults import Fault, repeated
from gateway.core.metering.meter import Meter
from gateway.core.periods.period import Interval, IntervalUnit
from gateway.core.periods.proration import Proration
from gateway.core.plans.invoice_thresholds import InvoiceThresholds
from gateway.core.plans.plan import Commitment, PlanVersion, Price, Timing, plan_faults
from gateway.core.plans.price_models import (
    FlatFee,
    Matrix,
    PerUnit,
    PriceModel,
    Stairstep,
    is_by_transaction,
)
from gateway.core.plans.price_terms import WITHOUT_TERMS

T = TypeVar("T")

KnownMeters = Mapping[str, Meter | None]
"""Meters that prices may rate, by key; None stands for one that is there but could not be read."""


KnownPlans = Mapping[str, PlanVersion | None]
"""Plans that others may be based on, by key; None stands for one that is there but could not be read."""


def read_plan(table: Table, known: KnownMeters | None, plans: KnownPlans) -> tuple[str, PlanVersion | None]:
    """A plan's key and its version 1, None if it has faults; prices are checked against `known` meters if given.

    One that is based on another of the `plans` has all of that, but for the prices that it says itself.
    """
    return _read_variant(table, known, plans) if table.has("based_on") else _read_whole(table, known)


def _read_variant(table: Table, known: KnownMeters | None, plans: KnownPlans) -> tuple[str, PlanVersion | None]:
    key, name, base_key = table.key("key"), table.text("name"), table.text("based_on")
    prices = [_read_price(item, known) for item in table.tables("prices")]
    table.note(_base_faults(key, base_key, plans))
    table.note((f"prices[{index}].key", f"{name!r} is given twice") for index, name in repeated(e.key for e in prices))
    base, readable = plans.get(base_key), _all([each.price for each in prices])
    if base is None:
        table.finish()
        return key, None
    return key, table.build_whole(lambda: base.with_prices(key, name, readable))


def _base_faults(key: str, base: str, plans: KnownPlans) -> Iterator[Fault]:
    if base == key:
        yield "based_on", "is the plan itself; name another one"
    elif base not in plans:
        yield "based_on", f"there is no plan {base!r}; define it before, or name another"


def _read_whole(table: Table, known: KnownMeters | None) -> tuple[str, PlanVersion | None]:
    key, name, currency = table.key("key"), table.text("name"), table.text("currency")
    unit = table.choice("interval", IntervalUnit) or IntervalUnit.MONTH
    interval = table.build(lambda: Interval(unit, table.whole("interval_count", 1)))
    grace = timedelta(seconds=table.whole("grace_period_seconds", 0))
    proration = table.choice_or("proration", Proration, Proration.SECOND)
    thresholds = _read_thresholds(table.table("invoice_thresholds")) if table.has("invoice_thresholds") else None
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
            proration=proration,
            invoice_thresholds=thresholds if readable else None,
        )
    )


def _read_thresholds(table: Table) -> InvoiceThresholds | None:
    period, lifetime = table.amount_list("period"), table.amount_list("lifetime")
    step = table.amount_or_none("lifetime_step")
    return table.build_whole(lambda: InvoiceThresholds(period, lifetime, step))


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
    model, terms = table.build(lambda: read_model(table)), table.build(lambda: read_terms(table))
    if known is not None and meter is not None:
        table.note(_meter_faults(meter, known) if model is None else rating_faults(meter, known, model))
    if known is not None and meter is not None and timing is Timing.IN_ADVANCE:
        table.note(timing_faults(meter, known))
    likely: PriceModel = FlatFee(_NOTHING) if meter is None else PerUnit(_NOTHING)

    def read() -> Price:
        return Price(key, name, model or likely, meter, timing, (model and terms) or WITHOUT_TERMS)

    return _ReadPrice(key, meter, table.build_whole(read))


def _read_commitment(table: Table, usage: tuple[str, ...]) -> _ReadCommitment:
    key, name, amount = table.key("key"), table.text("name"), table.amount("amount")
    counts = table.texts("counts") if table.has("counts") else usage
    return _ReadCommitment(key, counts, table.build_whole(lambda: Commitment(key, name, amount, counts)))


def timing_faults(meter: str, known: KnownMeters) -> Iterator[Fault]:
    """What keeps a price from billing the quantities of `meter` as they come."""
    version = found.latest if (found := known.get(meter)) else None
    if version is not None and not version.only_grows:
        yield "timing", f"the quantity of {meter!r} is known at the end of its period only; use in_arrears"


def _meter_faults(meter: str, known: KnownMeters) -> Iterator[Fault]:
    """What keeps any price from rating `meter`."""
    if meter not in known:
        yield "meter", f"there is no meter {meter!r}; define it or name another"


def rating_faults(meter: str, known: KnownMeters, model: PriceModel) -> Iterator[Fault]:
    """What keeps a price of `model` from rating the quantities of the newest version of `meter`."""
    yield from _meter_faults(meter, known)
    version = found.latest if (found := known.get(meter)) else None
    if version is None:
        return
    dimension = model.dimension if isinstance(model, (Matrix, Stairstep)) else None
    if dimension is not None and dimension not in version.dimensions:
        yield "dimension", f"{dimension!r} is not a dimension of meter {meter!r}; add it to the meter"
    if is_by_transaction(model) and not version.is_plain_sum:
        yield "meter", f"{meter!r} is no plain sum of values, so that there are no transactions to rate one by one"
    is_split = len(version.dimensions) > (0 if dimension is None else 1)
    if is_split and not version.is_additive:
        kind = version.aggregation if version.rounding is None else f"rounded {version.aggregation}"
        fault = f"a {kind} does not add up over its dimensions"
        yield "meter", f"{fault}; use a meter without those that the price does not tell apart"
