"""Documents for storage: what is stored is what is read again, to the last place."""

import json
import string
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.definitions.writing import (
    meter_version_document,
    meter_version_from,
    plan_document,
    plan_from,
)
from gateway.core.errors import InvalidDefinition
from gateway.core.metering.expressions import read_expression
from gateway.core.metering.meter import (
    Aggregation,
    Filter,
    MeterVersion,
    TimeUnit,
    UncountableRule,
)
from gateway.core.metering.quantities import (
    ConversionOperation,
    RoundingMode,
    UnitConversion,
    UnitRounding,
)
from gateway.core.money import MINOR_UNIT_PLACES
from gateway.core.periods.period import Interval, IntervalUnit
from gateway.core.periods.windows import Window
from gateway.core.plans.invoice_thresholds import InvoiceThresholds
from gateway.core.plans.plan import Commitment, PlanVersion, Price, Timing
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
    is_settled_at_the_end,
)
from gateway.core.plans.price_terms import WITHOUT_TERMS, PriceTerms, terms_faults
from tests.core.samples import DEPARTURES, instants, meter_version, plan

keys = st.text(string.ascii_lowercase + string.digits + "._-", min_size=1, max_size=64)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20).filter(
    str.strip
)
amounts = st.decimals(0, Decimal("999999999999999999"), places=18) | st.integers(0, 10**17).map(Decimal)
sizes = st.decimals(Decimal("1E-12"), 10**25, places=12)
some_instant = instants("1970-01-01", "2200-01-01")


@st.composite
def tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    edges: list[Decimal | None] = [*sorted(draw(st.sets(sizes, max_size=4))), None]
    return tuple(Tier(edge, draw(amounts), draw(amounts), draw(st.none() | amounts)) for edge in edges)


@st.composite
def percentage_tiers(draw: st.DrawFn) -> tuple[PercentageTier, ...]:
    edges: list[Decimal | None] = [*sorted(draw(st.sets(sizes, max_size=4))), None]
    return tuple(PercentageTier(edge, draw(amounts), draw(amounts)) for edge in edges)


@st.composite
def stairsteps(draw: st.DrawFn) -> Stairstep:
    values = draw(st.sets(st.text(max_size=5), min_size=1, max_size=3))
    limits = [{value: Decimal(step * 10) for value in values} for step in range(1, draw(st.integers(1, 3)))]
    return Stairstep(tuple(CapacityTier(limit, draw(amounts)) for limit in [*limits, {}]), draw(st.none() | texts))


block_tiers = st.tuples(st.builds(BlockTier, sizes, amounts, st.integers(1, 9)), st.builds(BlockTier, sizes, amounts))
few_amounts = st.just(Decimal(0)) | amounts
percentages = st.builds(
    Percentage,
    amounts,
    few_amounts,
    st.integers(0, 9),
    few_amounts,
    st.none() | st.just(Decimal(0)),
    st.none() | amounts,
)
all_terms = st.builds(
    PriceTerms,
    st.builds(UnitConversion, st.sampled_from(ConversionOperation), sizes),
    st.none() | st.builds(UnitRounding, st.sampled_from(RoundingMode), st.integers(-12, 12)),
    few_amounts,
    st.booleans(),
    st.decimals(0, 100, places=3),
    st.none() | amounts,
    st.none() | st.just(Decimal(0)),
)


usage_models: st.SearchStrategy[PriceModel] = st.one_of(
    amounts.map(PerUnit),
    tiers().map(Graduated),
    tiers().map(Volume),
    percentages,
    percentage_tiers().map(GraduatedPercentage),
    block_tiers.map(BlockTiersAll),
    block_tiers.map(BlockTiersTop),
    stairsteps(),
    st.integers(0, 6).map(Dynamic),
    amounts.map(CostPlus),
    st.builds(Package, sizes, amounts, st.sampled_from(PackageRounding)),
    st.builds(
        Matrix, texts, st.dictionaries(st.text(max_size=5), amounts, min_size=1, max_size=3), st.none() | amounts
    ),
)


filters = st.builds(Filter, texts, st.tuples(texts, texts), st.booleans())
expressions = st.sampled_from(["a", "input + 3 * output", '("content-length" - 1) / -2.5']).map(read_expression)
OPTIONS: dict[Aggregation, dict[str, st.SearchStrategy[object]]] = {
    Aggregation.SUM: {"recurring": st.booleans(), "prorated_by_day": st.booleans()},
    Aggregation.UNIQUE_COUNT: {"recurring": st.booleans(), "operation_property": st.none() | texts},
    Aggregation.MAX: {"window": st.none() | st.sampled_from(Window)},
    Aggregation.MAX_OF_WINDOW_SUMS: {"window": st.sampled_from(Window)},
    Aggregation.PERCENTILE: {"percentile": st.decimals("0.01", 100, places=2)},
    Aggregation.WEIGHTED_SUM: {"time_unit": st.none() | st.sampled_from(TimeUnit)},
}


@st.composite
def values(draw: st.DrawFn, aggregation: Aggregation) -> dict[str, object]:
    if aggregation is Aggregation.COUNT:
        return {}
    is_expression = aggregation is not Aggregation.UNIQUE_COUNT and draw(st.booleans())
    return {"expression": draw(expressions)} if is_expression else {"value_property": draw(texts)}


@st.composite
def meter_versions(draw: st.DrawFn) -> MeterVersion:
    aggregation = draw(st.sampled_from(Aggregation))
    conversion = st.builds(UnitConversion, st.sampled_from(ConversionOperation), sizes)
    rounding = st.builds(UnitRounding, st.sampled_from(RoundingMode), st.integers(-12, 12))
    fields = {
        "key": draw(keys),
        "version": draw(st.integers(1, 99)),
        "event_type": draw(texts),
        "unit": draw(texts),
        "dimensions": tuple(draw(st.lists(texts, max_size=3, unique=True))),
        "dimension_values_max": draw(st.integers(1, 100_000)),
        "filters": tuple(draw(st.lists(filters, max_size=2))),
        "excludes": tuple(draw(st.lists(st.tuples(filters, filters), max_size=2))),
        "when_missing": draw(st.sampled_from(UncountableRule)),
        "when_invalid": draw(st.sampled_from(UncountableRule)),
        "effective_from": draw(some_instant),
        "conversion": draw(st.none() | conversion),
        "rounding": draw(st.none() | rounding),
    }
    options = {name: draw(strategy) for name, strategy in OPTIONS.get(aggregation, {}).items()}
    return MeterVersion(aggregation=aggregation, **fields, **options, **draw(values(aggregation)))


@st.composite
def usage_prices(draw: st.DrawFn, key: str, meter: str) -> Price:
    model, terms = draw(usage_models), draw(all_terms)
    fitting = WITHOUT_TERMS if list(terms_faults(model, terms)) else terms
    timing = Timing.IN_ARREARS if is_settled_at_the_end(model) else draw(st.sampled_from(Timing))
    return Price(key, draw(texts), model, meter, timing, fitting)


lifetimes = st.lists(st.integers(1, 10**6).map(Decimal), unique=True, min_size=1, max_size=3).map(tuple)
thresholds = st.builds(InvoiceThresholds, st.just((Decimal("99.50"), Decimal(200)))) | st.builds(
    InvoiceThresholds, st.just(()), lifetimes, st.none() | st.integers(1, 10**6).map(Decimal)
)


def _has_late_usage(prices: list[Price]) -> bool:
    return any(each.may_be_billed_early and not each.is_billed_at_once for each in prices)


@st.composite
def plans(draw: st.DrawFn) -> PlanVersion:
    names = draw(st.lists(keys, min_size=2, max_size=5, unique=True))
    prices = [Price(names[0], draw(texts), FlatFee(draw(amounts)), None, draw(st.sampled_from(Timing)))]
    prices += [draw(usage_prices(name, f"meter-{n}")) for n, name in enumerate(names[1:-1])]
    promise = Commitment(names[-1], draw(texts), draw(amounts), tuple(price.key for price in prices))
    return PlanVersion(
        plan=draw(keys),
        version=draw(st.integers(1, 99)),
        name=draw(texts),
        currency=draw(st.sampled_from(sorted(MINOR_UNIT_PLACES))),
        interval=Interval(draw(st.sampled_from(IntervalUnit)), draw(st.integers(1, 12))),
        prices=tuple(prices),
        commitments=(promise,),
        grace=timedelta(seconds=draw(st.integers(0, 10**6))),
        published_at=draw(st.none() | some_instant),
        invoice_thresholds=draw(st.none() | thresholds) if _has_late_usage(prices) else None,
    )


@given(meter_versions())
def test_a_meter_version_survives_its_document(version: MeterVersion) -> None:
    assert meter_version_from(json.loads(json.dumps(meter_version_document(version)))) == version


@given(plans())
def test_a_plan_survives_its_document(version: PlanVersion) -> None:
    stored = json.loads(json.dumps(plan_document(version), sort_keys=True))

    assert plan_from(stored) == version
    assert plan_document(plan_from(stored)) == plan_document(version)


def test_what_a_price_does_not_have_is_not_in_its_document() -> None:
    [price] = plan_document(plan(DEPARTURES))["prices"]  # type: ignore[misc]

    assert price == {
        "key": "departures",
        "name": "Departures",
        "meter": "departures",
        "timing": "in_arrears",
        "model": "per_unit",
        "unit_amount": "12.50",
    }


def test_a_price_keeps_the_places_it_was_written_with() -> None:
    [price] = plan_from(plan_document(plan(DEPARTURES))).prices

    assert str(price.model) == "PerUnit(unit_amount=Decimal('12.50'))"


@pytest.mark.parametrize(
    ("break_it", "path"),
    [
        (lambda: meter_version_from({**meter_version_document(meter_version()), "unit": ""}), "unit"),
        (lambda: plan_from({**plan_document(plan(DEPARTURES)), "currency": "XYZ"}), "currency"),
        (lambda: replace(plan(DEPARTURES), version=0), "version"),
        (lambda: replace(meter_version(), version=0), "version"),
    ],
)
def test_a_definition_that_exists_is_valid(break_it: Callable[[], object], path: str) -> None:
    with pytest.raises(InvalidDefinition) as error:
        break_it()

    assert [found for found, _ in error.value.faults] == [path]
