"""Prices in definition documents: every model and term as people write it, and each fault with its path."""

from decimal import Decimal

import pytest

from gateway.core.definitions.reading import read_definitions
from gateway.core.definitions.writing import plan_document, plan_from
from gateway.core.errors import InvalidDefinition
from gateway.core.metering.quantities import (
    ConversionOperation,
    RoundingMode,
    UnitConversion,
    UnitRounding,
)
from gateway.core.plans.plan import Price
from gateway.core.plans.price_models import (
    BlockTier,
    BlockTiersAll,
    BlockTiersTop,
    CapacityTier,
    CostPlus,
    Dynamic,
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
)
from gateway.core.plans.price_terms import PriceTerms
from tests.core.samples import plan

Document = dict[str, object]
D = Decimal


def definitions(price: Document) -> Document:
    """A plan with one price of a meter that tells the kinds of its values apart."""
    meter = {"key": "m", "name": "M", "event_type": "t", "aggregation": "sum", "value": "v", "unit": "u"}
    written = {"key": "p", "name": "P", "meter": "m", **price}
    plan = {"key": "plan", "name": "Plan", "currency": "USD", "interval": "month", "prices": [written]}
    return {"meters": [meter | {"dimensions": ["kind"]}], "plans": [plan]}


def read(price: Document) -> Price:
    return read_definitions(definitions(price)).plans[0].prices[0]


def faults(price: Document) -> list[tuple[str, str]]:
    with pytest.raises(InvalidDefinition) as refused:
        read(price)
    return [(path.removeprefix("plans[0].prices[0]."), fault) for path, fault in refused.value.faults]


MODELS: list[tuple[Document, PriceModel]] = [
    ({"model": "per_unit", "unit_amount": "0.05"}, PerUnit(D("0.05"))),
    (
        {"model": "package", "package_size": "1000", "package_amount": "5", "rounding": "down"},
        Package(D(1000), D(5), PackageRounding.DOWN),
    ),
    (
        {"model": "matrix", "dimension": "kind", "unit_amounts": {"a": "1.50"}, "default_unit_amount": "2"},
        Matrix("kind", {"a": D("1.50")}, D(2)),
    ),
    (
        {"model": "volume", "tiers": [{"up_to": "5", "unit_amount": "1", "flat_amount": "7"}, {"unit_amount": "2"}]},
        Volume((Tier(D(5), D(1), D(7)), Tier(None, D(2)))),
    ),
    (
        {"model": "graduated", "tiers": [{"up_to": "5", "unit_amount": "1", "cap_amount": "3"}, {"unit_amount": "2"}]},
        Graduated((Tier(D(5), D(1), cap_amount=D(3)), Tier(None, D(2)))),
    ),
    ({"model": "percentage", "rate_percent": "2.9"}, Percentage(D("2.9"))),
    (
        {
            "model": "percentage",
            "rate_percent": "2.9",
            "fixed_amount": "0.30",
            "free_transactions": 3,
            "free_amount": "100",
            "transaction_minimum": "0.50",
            "transaction_maximum": "12",
        },
        Percentage(D("2.9"), D("0.30"), 3, D(100), D("0.50"), D(12)),
    ),
    (
        {"model": "graduated_percentage", "tiers": [{"up_to": "100", "rate_percent": "5"}, {"rate_percent": "2"}]},
        GraduatedPercentage((PercentageTier(D(100), D(5)), PercentageTier(None, D(2)))),
    ),
    (
        {
            "model": "block_tiers_all",
            "tiers": [
                {"block_size": "100", "block_amount": "1", "blocks_in_tier": 10},
                {"block_size": "9", "block_amount": "2"},
            ],
        },
        BlockTiersAll((BlockTier(D(100), D(1), 10), BlockTier(D(9), D(2)))),
    ),
    (
        {"model": "block_tiers_top", "tiers": [{"block_size": "100", "block_amount": "1", "blocks_in_tier": 10}]},
        BlockTiersTop((BlockTier(D(100), D(1), 10),)),
    ),
    (
        {"model": "stairstep", "tiers": [{"up_to": "10", "amount": "5"}, {"amount": "9"}]},
        Stairstep((CapacityTier({"": D(10)}, D(5)), CapacityTier({}, D(9)))),
    ),
    (
        {"model": "stairstep", "dimension": "kind", "tiers": [{"limits": {"a": "1", "b": "2"}, "amount": "5"}]},
        Stairstep((CapacityTier({"a": D(1), "b": D(2)}, D(5)),), "kind"),
    ),
    ({"model": "dynamic"}, Dynamic()),
    ({"model": "dynamic", "amount_places": 2}, Dynamic(2)),
    ({"model": "cost_plus", "multiplier": "1.2"}, CostPlus(D("1.2"))),
]


@pytest.mark.parametrize(("written", "model"), MODELS, ids=[str(row[0]["model"]) for row in MODELS])
def test_a_model_is_read_as_it_is_written(written: Document, model: PriceModel) -> None:
    assert read(written).model == model


@pytest.mark.parametrize("model", [row[1] for row in MODELS], ids=[str(row[0]["model"]) for row in MODELS])
def test_a_model_survives_its_document(model: PriceModel) -> None:
    price = Price("p", "P", model, "m")

    assert plan_from(plan_document(plan(price))).prices == (price,)


THOUSANDS = UnitConversion(ConversionOperation.DIVIDE, D(1000))
TERMS: list[tuple[Document, PriceTerms]] = [
    ({}, PriceTerms()),
    ({"included_units": "5", "zero_usage_is_free": True}, PriceTerms(included_units=D(5), zero_usage_is_free=True)),
    (
        {"discount_percent": "10", "maximum_amount": "90", "minimum_amount": "1"},
        PriceTerms(discount_percent=D(10), maximum_amount=D(90), minimum_amount=D(1)),
    ),
    ({"conversion": {"divide_by": "1000"}}, PriceTerms(THOUSANDS)),
    (
        {"conversion": {"divide_by": "1000", "rounding": "up", "places": 1}},
        PriceTerms(THOUSANDS, UnitRounding(RoundingMode.UP, 1)),
    ),
    (
        {"conversion": {"multiply_by": "8", "rounding": "down"}},
        PriceTerms(UnitConversion(ConversionOperation.MULTIPLY, D(8)), UnitRounding(RoundingMode.DOWN)),
    ),
]


@pytest.mark.parametrize(("written", "terms"), TERMS)
def test_terms_are_read_as_they_are_written(written: Document, terms: PriceTerms) -> None:
    assert read({"model": "per_unit", "unit_amount": "1", **written}).terms == terms


PER_UNIT = {"model": "per_unit", "unit_amount": "1"}
BLOCK = {"block_size": "1", "block_amount": "1"}
FAULTS = [
    # a price, path, words of the fault
    ({"model": "percentage"}, "rate_percent", "is missing"),
    ({"model": "percentage", "rate_percent": "1", "free_transactions": -1}, "free_transactions", "not a whole number"),
    ({"model": "graduated_percentage", "tiers": []}, "tiers", "has 0 tiers"),
    ({"model": "graduated_percentage", "tiers": [{"up_to": "1", "rate_percent": "1"}]}, "tiers[0].up_to", "is open"),
    ({"model": "block_tiers_all", "tiers": [BLOCK, BLOCK]}, "tiers[0].blocks_in_tier", "only the last tier is open"),
    ({"model": "block_tiers_all", "tiers": [BLOCK | {"block_size": "0"}]}, "tiers[0].block_size", "not above 0"),
    ({"model": "block_tiers_top", "tiers": [{"block_size": "1"}]}, "tiers[0].block_amount", "is missing"),
    ({"model": "stairstep", "tiers": [{"amount": "1"}, {"amount": "2"}]}, "tiers[1].limits", "which comes first"),
    ({"model": "stairstep", "tiers": [{"up_to": "0", "amount": "1"}]}, "tiers[0].limits.", "is not above 0"),
    ({"model": "stairstep", "dimension": "size", "tiers": [{"amount": "1"}]}, "dimension", "is not a dimension of"),
    ({"model": "dynamic", "amount_places": 9}, "amount_places", "9 is not 0 to 6"),
    ({"model": "cost_plus", "multiplier": "-1"}, "multiplier", "is negative"),
    (PER_UNIT | {"included_units": "-1"}, "included_units", "is negative"),
    (PER_UNIT | {"discount_percent": "101"}, "discount_percent", "is above 100"),
    (PER_UNIT | {"minimum_amount": "2", "maximum_amount": "1"}, "maximum_amount", "below the minimum_amount of 2"),
    (PER_UNIT | {"conversion": {"divide_by": "0"}}, "conversion.factor", "not above 0"),
    (PER_UNIT | {"conversion": {}}, "conversion.divide_by", "is missing"),
    (PER_UNIT | {"conversion": {"divide_by": "9", "rounding": "x"}}, "conversion.rounding", "is not one of up, down"),
    (PER_UNIT | {"conversion": {"divide_by": "9", "places": 1}}, "conversion.places", "is not a key"),
    (
        {"model": "matrix", "dimension": "kind", "unit_amounts": {"a": "1"}, "maximum_amount": "1"},
        "maximum_amount",
        "a matrix has a line for each value",
    ),
]


@pytest.mark.parametrize(("price", "path", "words"), FAULTS)
def test_a_fault_is_named_with_its_path(price: Document, path: str, words: str) -> None:
    [(found, fault)] = faults(price)

    assert found == path
    assert words in fault


@pytest.mark.parametrize(
    ("fields", "can_be_rated"),
    [
        ({}, True),
        ({"dimensions": []}, True),
        ({"aggregation": "max", "dimensions": []}, False),
        ({"recurring": True}, False),
        ({"conversion": {"divide_by": "100"}}, False),
        ({"rounding": {"mode": "up"}, "dimensions": []}, False),
    ],
)
def test_transactions_are_rated_where_a_meter_sums_values_as_they_are(fields: Document, can_be_rated: bool) -> None:
    written = definitions({"model": "percentage", "rate_percent": "1", "fixed_amount": "0.30"})
    written["meters"] = [written["meters"][0] | fields]  # type: ignore[index]

    try:
        read_definitions(written)
        found = []
    except InvalidDefinition as refused:
        found = [path for path, _ in refused.faults]

    assert found == ([] if can_be_rated else ["plans[0].prices[0].meter"])


@pytest.mark.parametrize(
    ("price", "paths"),
    [
        (
            {"model": "matrix", "dimension": "size", "unit_amounts": {"a": "-1"}, "minimum_amount": "1"},
            ["unit_amounts.a", "dimension", "minimum_amount"],
        ),
        (
            {"model": "stairstep", "dimension": "size", "tiers": [{"amount": "1"}] * 2, "included_units": "1"},
            ["tiers[1].limits", "dimension", "included_units"],
        ),
        ({"model": "percentage", "rate_percent": "1", "fixed_amount": "-1", "included_units": "1"},
         ["fixed_amount", "included_units"]),
        ({"model": "percentage", "rate_percent": "-1", "included_units": "1"}, ["rate_percent"]),
        ({"model": "flat", "amount": "-1", "discount_percent": "5"}, ["amount", "meter", "discount_percent"]),
        ({"model": "per_unit", "unit_amount": "-1", "meter": "nowhere"}, ["unit_amount", "meter"]),
        ({"model": "per_unit", "unit_amount": "-1"}, ["unit_amount"]),
    ],
)  # fmt: skip
def test_a_fault_in_a_model_hides_none_in_what_goes_with_it(price: Document, paths: list[str]) -> None:
    assert [path for path, _ in faults(price)] == paths


def test_every_fault_of_a_price_is_reported_at_once() -> None:
    price = {"model": "graduated", "tiers": [{"unit_amount": "-1"}, {"up_to": "x"}], "discount_percent": "200"}

    assert [path for path, _ in faults(price)] == [
        "tiers[1].up_to",
        "tiers[0].up_to",
        "tiers[0].unit_amount",
        "tiers[1].unit_amount",
        "discount_percent",
    ]


def test_terms_without_a_model_that_could_be_read_are_no_faults_of_their_own() -> None:
    assert [path for path, _ in faults({"model": "magic", "discount_percent": "200"})] == ["model"]
