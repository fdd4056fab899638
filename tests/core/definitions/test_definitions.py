"""Definitions: what people write is read exactly, and refused with every fault and where it is."""

import tomllib
from decimal import Decimal
from importlib.resources import files

import pytest

from gateway.core.definitions.reading import Definitions, read_definitions
from gateway.core.errors import InvalidDefinition
from gateway.core.metering.meter import Aggregation, Filter, Meter, UncountableRule
from gateway.core.periods.period import Interval, IntervalUnit
from gateway.core.plans.invoice_thresholds import InvoiceThresholds
from gateway.core.plans.plan import (
    FlatFee,
    Graduated,
    Matrix,
    Package,
    PackageRounding,
    Price,
    Timing,
)
from gateway.core.time import EPOCH
from tests.core.samples import at, meter

Document = dict[str, object]


def a_meter(**fields: object) -> Document:
    return {"key": "m", "name": "M", "event_type": "t", "aggregation": "count", "unit": "u"} | fields


def a_sum(**fields: object) -> Document:
    return a_meter(**{"aggregation": "sum", "value": "v"} | fields)


def a_price(**fields: object) -> Document:
    return {"key": "p", "name": "P", "model": "per_unit", "meter": "m", "unit_amount": "1"} | fields


def a_plan(*prices: Document, **fields: object) -> Document:
    shared: Document = {"key": "plan", "name": "Plan", "currency": "USD", "interval": "month"}
    return shared | {"prices": list(prices)} | fields


def tiered(*tiers: Document, **fields: object) -> Document:
    return {"key": "p", "name": "P", "model": "graduated", "meter": "m", "tiers": list(tiers)} | fields


def tier(up_to: object = None, unit_amount: object = "1", **fields: object) -> Document:
    return {"up_to": up_to, "unit_amount": unit_amount} | fields


def faults(document: object, *known: Meter) -> list[tuple[str, str]]:
    """Every fault of a document, or none."""
    try:
        read_definitions(document, known)  # type: ignore[arg-type]
    except InvalidDefinition as error:
        return error.faults
    return []


def price_faults(*prices: Document, **fields: object) -> list[tuple[str, str]]:
    """The faults of a plan over one count, its path taken off."""
    found = faults({"meters": [a_meter()], "plans": [a_plan(*prices, **fields)]})
    return [(path.removeprefix("plans[0]."), fault) for path, fault in found]


@pytest.fixture(scope="module")
def flights() -> Definitions:
    """The example's plan file."""
    text = (files("gateway_example_flights") / "definitions.toml").read_text()
    return read_definitions(tomllib.loads(text))


def test_the_flights_example_is_read(flights: Definitions) -> None:
    [airports] = flights.plans

    assert flights.event_types == ("flight.departed", "flight.cancelled")
    assert [each.key for each in flights.meters] == [
        "departures", "distance", "air-time", "aircraft", "runway", "cancellations",
    ]  # fmt: skip
    assert (airports.plan, airports.currency, airports.interval) == (
        "nyc-airports",
        "USD",
        Interval(IntervalUnit.MONTH),
    )
    assert airports.prices[0] == Price("base", "Base fee", FlatFee(Decimal("1000.00")), None, Timing.IN_ADVANCE)
    assert airports.metered["distance"].model == Package(Decimal(1000), Decimal("1.35"), PackageRounding.UP)
    assert [len(price.model.tiers) for price in airports.prices if isinstance(price.model, Graduated)] == [3]


def test_a_commitment_counts_all_usage_prices_unless_it_names_some(flights: Definitions) -> None:
    [true_up] = flights.plans[0].commitments

    assert true_up.counts == ("departures", "distance", "air-time", "aircraft", "runway", "cancellations")


def test_rules_for_uncountable_events_are_hold_unless_the_meter_says_skip(flights: Definitions) -> None:
    air_time = flights.meters[2].latest

    assert (air_time.when_missing, air_time.when_invalid) == (UncountableRule.SKIP, UncountableRule.HOLD)


def test_everything_a_meter_can_say_is_read() -> None:
    written = a_sum(
        dimensions=["region"],
        filters=[{"property": "plan", "values": ["pro", "team"]}],
        on_missing="skip",
        on_invalid="skip",
        effective_from="2026-02-01T00:00:00+01:00",
    )

    [read] = read_definitions({"meters": [written]}).meters

    assert read.latest.aggregation is Aggregation.SUM
    assert (read.latest.value_property, read.latest.dimensions) == ("v", ("region",))
    assert read.latest.filters == (Filter("plan", ("pro", "team")),)
    assert read.latest.effective_from == at("2026-01-31T23:00")


def test_a_meter_counts_from_the_beginning_of_time_unless_it_says_since_when() -> None:
    [read] = read_definitions({"meters": [a_meter()]}).meters

    assert read.latest.effective_from == EPOCH


def test_a_local_time_of_toml_has_no_offset_and_is_refused() -> None:
    document = tomllib.loads('meters = [{ effective_from = 2026-02-01T00:00:00, key = "m" }]')

    assert ("meters[0].effective_from", "'2026-02-01T00:00:00' has no offset; write it like 2026-02-01T00:00:00Z") in (
        faults(document)
    )


def test_exact_numbers_are_strings_or_whole_numbers() -> None:
    document = {"meters": [a_meter()], "plans": [a_plan(a_price(unit_amount="0.000000000000000001"), base_fee(12))]}

    [plan] = read_definitions(document).plans

    assert [price.model for price in plan.prices] == [
        plan.prices[0].model.__class__(Decimal("1E-18")),
        FlatFee(Decimal(12)),
    ]


def base_fee(amount: object) -> Document:
    return {"key": "base", "name": "Base", "model": "flat", "amount": amount}


def test_a_matrix_may_have_a_default() -> None:
    price = a_price(model="matrix", dimension="d", unit_amounts={"a": "1"}, default_unit_amount="2", unit_amount=None)
    document = {"meters": [a_meter(dimensions=["d"])], "plans": [a_plan(price)]}

    assert read_definitions(document).plans[0].prices[0].model == Matrix("d", {"a": Decimal(1)}, Decimal(2))


def test_prices_may_rate_meters_that_are_stored() -> None:
    document = {"plans": [a_plan(a_price(meter="departures"))]}

    assert faults(document, meter(key="departures")) == []
    assert faults(document) == [
        ("plans[0].prices[0].meter", "there is no meter 'departures'; define it or name another")
    ]


ONE_FAULT = [
    # document, path, words of the fault
    ([], "", "is a list; write a table"),
    ({"meter": []}, "meter", "is not a key that is known here"),
    ({"event_types": "a"}, "event_types", "is a string; write a list"),
    ({"event_types": [""]}, "event_types[0]", "is empty"),
    ({"event_types": ["a", "a"]}, "event_types[1]", "named twice"),
    ({"meters": ["m"]}, "meters[0]", "is a string; write a table"),
    ({"meters": [a_meter(key="M")]}, "meters[0].key", "is not a key"),
    ({"meters": [a_meter(key="m" * 65)]}, "meters[0].key", "is not a key"),
    ({"meters": [a_meter(key=None)]}, "meters[0].key", "is missing"),
    ({"meters": [a_meter(name=" ")]}, "meters[0].name", "is empty"),
    ({"meters": [a_meter(unit=5)]}, "meters[0].unit", "is a whole number; write it as a string"),
    ({"meters": [a_meter(event_type="\0")]}, "meters[0].event_type", "holds NUL"),
    ({"meters": [a_meter(aggregation="avg")]}, "meters[0].aggregation", "'avg' is not one of count, sum, max"),
    ({"meters": [a_meter(value="v")]}, "meters[0].value", "a count reads no value"),
    ({"meters": [a_sum(value=None)]}, "meters[0].value", "is missing; name the property that sum reads"),
    ({"meters": [a_meter(dimensions=["a", "b", "a"])]}, "meters[0].dimensions[2]", "named twice"),
    ({"meters": [a_meter(dimensions=list("abcdefghi"))]}, "meters[0].dimensions", "names 9; use at most 8"),
    ({"meters": [a_meter(filters=[{"property": "p"}])]}, "meters[0].filters[0].values", "is empty"),
    ({"meters": [a_meter(filters=[{"values": ["a"]}])]}, "meters[0].filters[0].property", "is missing"),
    ({"meters": [a_meter(filters=[{"property": "p", "values": ["a"], "x": 1}])]}, "meters[0].filters[0].x", "known"),
    ({"meters": [a_meter(on_missing="drop")]}, "meters[0].on_missing", "is not one of hold, skip"),
    ({"meters": [a_sum(value=None, expression="a +", dimensions=["b"], on_missing="skip")]}, "meters[0].expression",
     "has the end at character 4"),
    ({"meters": [a_meter(effective_from="2026-02-01")]}, "meters[0].effective_from", "is not an RFC 3339 time"),
    ({"meters": [a_meter(), a_meter()]}, "meters[1].key", "'m' is defined twice"),
    ({"meters": [a_meter()], "plans": [a_plan(a_price()), a_plan(a_price())]}, "plans[1].key", "defined twice"),
    ({"plans": [a_plan()]}, "plans[0].prices", "has 0 prices"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "path", "words"), ONE_FAULT, ids=[row[1] or "document" for row in ONE_FAULT])
def test_a_fault_is_named_with_its_path(document: object, path: str, words: str) -> None:
    [(found, fault)] = faults(document)

    assert found == path
    assert words in fault


PRICE_FAULTS = [
    # price, path, words of the fault
    (a_price(unit_amount=1.5), "unit_amount", "is a float; write it as a string"),
    (a_price(unit_amount=True), "unit_amount", "is true or false; write it as a string"),
    (a_price(unit_amount="1,5"), "unit_amount", "is not a decimal number"),
    (a_price(unit_amount="NaN"), "unit_amount", "is not a decimal number"),
    (a_price(unit_amount="-1"), "unit_amount", "-1 is negative"),
    (a_price(unit_amount="0.0000000000000000001"), "unit_amount", "more than 18 places"),
    (a_price(unit_amount="1e18"), "unit_amount", "more than 18 digits before the point"),
    (a_price(unit_amount=None), "unit_amount", "is missing"),
    (a_price(amount="1"), "amount", "is not a key that is known here"),
    (a_price(meter=None), "meter", "is missing; name the meter"),
    (a_price(meter="n"), "meter", "there is no meter 'n'"),
    (tiered(tier(), model="volume", timing="in_advance"), "timing", "more usage may cost less in all"),
    (a_price(timing="later"), "timing", "is not one of in_advance, in_arrears"),
    (a_price(model="gradual"), "model", "is not one of flat, per_unit"),
    (base_fee("1") | {"meter": "m"}, "meter", "a flat fee has no meter"),
    (base_fee("1") | {"amount": None}, "amount", "is missing"),
    (a_price(model="package", unit_amount=None, package_size="0", package_amount="1"), "package_size", "not above 0"),
    (a_price(model="package", unit_amount=None, package_size="1", package_amount="1", rounding="x"), "rounding", "up"),
    (a_price(model="matrix", unit_amount=None, dimension="d", unit_amounts={"a": "1"}), "dimension", "not a dimension"),
    (tiered(), "tiers", "has 0 tiers"),
    (tiered(tier("10")), "tiers[0].up_to", "the last tier is open"),
    (tiered(tier("10"), tier("20")), "tiers[1].up_to", "the last tier is open"),
    (tiered(tier(), tier("10"), tier()), "tiers[0].up_to", "only the last tier is open"),
    (tiered(tier("10"), tier("10"), tier()), "tiers[1].up_to", "10 is not above 10"),
    (tiered(tier("10"), tier("9"), tier()), "tiers[1].up_to", "9 is not above 10"),
    (tiered(tier("0"), tier()), "tiers[0].up_to", "0 is not above 0"),
    (tiered(tier(10.5), tier()), "tiers[0].up_to", "is a float; write it as a string"),
    (tiered(tier("10", flat_amount="-1"), tier()), "tiers[0].flat_amount", "is negative"),
    (tiered(tier(from_unit="1")), "tiers[0].from_unit", "is not a key"),
    (tiered(*[tier(n) for n in range(1, 101)], tier()), "tiers", "has 101 tiers; use 1 to 100"),
]


@pytest.mark.parametrize(("price", "path", "words"), PRICE_FAULTS)
def test_a_fault_of_a_price_is_named_with_its_path(price: Document, path: str, words: str) -> None:
    [(found, fault)] = price_faults(price)

    assert found == f"prices[0].{path}"
    assert words in fault


PLAN_FAULTS = [
    # fields of the plan, path, words of the fault
    ({"currency": "USDT"}, "currency", "is not an ISO 4217 code"),
    ({"interval": "fortnight"}, "interval", "is not one of day, week, month, quarter"),
    ({"interval_count": 0}, "interval_count", "0 is not 1 to 366"),
    ({"interval_count": "1"}, "interval_count", "is not a whole number"),
    ({"grace_period_seconds": -1}, "grace_period_seconds", "is not a whole number of 0 or more"),
    ({"grace_period_seconds": 10**11}, "grace_period_seconds", "is not 0 to 366 days"),
    ({"colour": "red"}, "colour", "is not a key that is known here"),
    ({"commitments": [{"key": "c", "name": "C", "amount": 2.5}]}, "commitments[0].amount", "write it as a string"),
    ({"commitments": [{"key": "p", "name": "C", "amount": "1"}]}, "commitments[0].key", "of another price"),
    (
        {"commitments": [{"key": "c", "name": "C", "amount": "1", "counts": ["q"]}]},
        "commitments[0].counts[0]",
        "'q' is",
    ),
    ({"commitments": [{"key": "c", "name": "C", "amount": "1", "counts": []}]}, "commitments[0].counts", "is empty"),
    ({"invoice_thresholds": {}}, "invoice_thresholds", "has no amount; name one in period, lifetime or lifetime_step"),
    ({"invoice_thresholds": ["1"]}, "invoice_thresholds", "is a list; write a table"),
    ({"invoice_thresholds": {"period": [5.5]}}, "invoice_thresholds.period[0]", "write it as a string"),
    ({"invoice_thresholds": {"period": ["1", "0"]}}, "invoice_thresholds.period[1]", "0 is not above 0"),
    ({"invoice_thresholds": {"period": ["2", "2.0"]}}, "invoice_thresholds.period[1]", "2 is named twice"),
    ({"invoice_thresholds": {"lifetime": ["-1"]}}, "invoice_thresholds.lifetime[0]", "-1 is negative"),
    ({"invoice_thresholds": {"lifetime_step": "0"}}, "invoice_thresholds.lifetime_step", "0 is not above 0"),
    (
        {"invoice_thresholds": {"period": [str(each) for each in range(1, 102)]}},
        "invoice_thresholds.period",
        "has 101 amounts; use at most 100",
    ),
    ({"invoice_thresholds": {"period": ["1"], "yearly": ["1"]}}, "invoice_thresholds.yearly", "is not a key"),
]


@pytest.mark.parametrize(("fields", "path", "words"), PLAN_FAULTS, ids=[row[1] for row in PLAN_FAULTS])
def test_a_fault_of_a_plan_is_named_with_its_path(fields: Document, path: str, words: str) -> None:
    [(found, fault)] = price_faults(a_price(), **fields)

    assert found == path
    assert words in fault


def test_thresholds_are_read_as_they_are_written() -> None:
    written = {"period": ["100", "250.50"], "lifetime": [1000], "lifetime_step": "500"}
    document = {"meters": [a_meter()], "plans": [a_plan(a_price(), invoice_thresholds=written)]}

    [plan] = read_definitions(document).plans

    assert plan.invoice_thresholds == InvoiceThresholds(
        (Decimal(100), Decimal("250.50")), (Decimal(1000),), Decimal(500)
    )


def test_thresholds_on_a_plan_that_bills_nothing_early_are_refused() -> None:
    volume = tiered(tier(), model="volume")

    assert price_faults(base_fee("1"), volume, invoice_thresholds={"period": ["1"]}) == [
        (
            "invoice_thresholds",
            "no price of this plan bills usage in arrears that they could bill earlier; add one, or leave it out",
        )
    ]


def test_thresholds_on_usage_that_is_billed_as_it_comes_are_refused() -> None:
    [(path, fault)] = price_faults(a_price(timing="in_advance"), invoice_thresholds={"period": ["1"]})

    assert (path, "could bill earlier" in fault) == ("invoice_thresholds", True)


@pytest.mark.parametrize(
    "fields",
    [
        {"aggregation": "average", "value": "v"},
        {"aggregation": "weighted_sum", "value": "v", "time_unit": "hour"},
        {"aggregation": "sum", "value": "v", "recurring": True},
        {"aggregation": "unique_count", "value": "v", "prorated_by_day": True},
        {"aggregation": "unique_count", "value": "v", "operation": "o"},
    ],
)
def test_what_a_meter_only_knows_at_the_end_is_not_billed_as_it_comes(fields: Document) -> None:
    document = {"meters": [a_meter(**fields)], "plans": [a_plan(a_price(timing="in_advance"))]}

    assert faults(document) == [
        ("plans[0].prices[0].timing", "the quantity of 'm' is known at the end of its period only; use in_arrears")
    ]


@pytest.mark.parametrize("aggregation", ["sum", "max", "unique_count"])
def test_what_only_grows_may_be_billed_as_it_comes(aggregation: str) -> None:
    meter = a_meter(aggregation=aggregation, value="v")

    assert faults({"meters": [meter], "plans": [a_plan(a_price(timing="in_advance"))]}) == []


def test_all_faults_of_thresholds_are_told_at_once() -> None:
    found = price_faults(a_price(meter="none"), invoice_thresholds={"period": ["0", "x"], "lifetime_step": "-1"})

    assert [path for path, _ in found] == [
        "invoice_thresholds.period[1]",
        "invoice_thresholds.period[0]",
        "invoice_thresholds.lifetime_step",
        "prices[0].meter",
    ]


def test_a_meter_is_rated_by_one_price_of_a_plan() -> None:
    assert price_faults(a_price(), a_price(key="q")) == [
        ("prices[1].meter", "'m' is rated by another price of this plan already")
    ]


def test_a_commitment_over_a_plan_without_usage_counts_nothing_and_is_refused() -> None:
    commitment = {"key": "c", "name": "C", "amount": "1"}

    assert price_faults(base_fee("1"), commitments=[commitment]) == [
        ("commitments[0].counts", "is empty; name the prices that count")
    ]


def test_a_commitment_that_counts_a_faulty_price_has_no_fault_of_its_own() -> None:
    commitment = {"key": "c", "name": "C", "amount": "1", "counts": ["p"]}

    assert price_faults(a_price(meter="none"), commitments=[commitment]) == [
        ("prices[0].meter", "there is no meter 'none'; define it or name another")
    ]


SPLIT = [
    # aggregation, dimensions, price model, whether it can be rated
    ("count", ["d"], "per_unit", True),
    ("sum", ["d", "e"], "matrix", True),
    ("unique_count", [], "per_unit", True),
    ("unique_count", ["d"], "matrix", True),
    ("unique_count", ["d"], "per_unit", False),
    ("unique_count", ["d", "e"], "matrix", False),
]


@pytest.mark.parametrize(("aggregation", "dimensions", "model", "can_be_rated"), SPLIT)
def test_only_additive_meters_are_summed_over_dimensions(
    aggregation: str, dimensions: list[str], model: str, can_be_rated: bool
) -> None:
    value = None if aggregation == "count" else "v"
    rates = {"dimension": "d", "unit_amounts": {"a": "1"}} if model == "matrix" else {"unit_amount": "1"}
    price = {"key": "p", "name": "P", "meter": "m", "model": model} | rates
    counted = a_meter(aggregation=aggregation, value=value, dimensions=dimensions)

    found = faults({"meters": [counted], "plans": [a_plan(price)]})

    assert [path for path, _ in found] == ([] if can_be_rated else ["plans[0].prices[0].meter"])


def test_an_expression_that_cannot_be_read_hides_no_other_fault() -> None:
    meter = a_sum(value=None, expression="a + * b", dimensions=["a", "a"], percentile="50", on_missing="drop")

    assert [path for path, _ in faults({"meters": [meter]})] == [
        "meters[0].expression",
        "meters[0].on_missing",
        "meters[0].dimensions[1]",
        "meters[0].percentile",
    ]


def test_every_fault_is_reported_and_none_twice() -> None:
    document = {
        "event_types": ["a", 3],
        "meters": [
            a_meter(key="Bad Key", name="", aggregation="avg", value="v", colour="red"),
            a_sum(key="s", value=None),
        ],
        "plans": [
            a_plan(
                a_price(meter="Bad Key", unit_amount=1.5),
                tiered(tier(1.5), tier("20", unit_amount="-1"), tier("20"), tier("30"), key="q", meter="nowhere"),
                currency="XYZ",
                interval_count=0,
            )
        ],
        "extra": 1,
    }

    assert {path for path, _ in faults(document)} == {
        "event_types[1]",
        "meters[0].key",
        "meters[0].name",
        "meters[0].aggregation",
        "meters[0].colour",
        "meters[1].value",
        "plans[0].prices[0].unit_amount",
        "plans[0].prices[1].tiers[0].up_to",
        "plans[0].prices[1].tiers[1].unit_amount",
        "plans[0].prices[1].tiers[3].up_to",
        "plans[0].prices[1].tiers[2].up_to",
        "plans[0].prices[1].meter",
        "plans[0].currency",
        "plans[0].interval_count",
        "extra",
    }
    assert len(faults(document)) == 15


def test_the_message_names_every_path() -> None:
    with pytest.raises(InvalidDefinition, match=r"meters\[0\].key: is missing; meters\[0\].unit: is missing"):
        read_definitions({"meters": [a_meter(key=None, unit=None)]})
