"""Prices of every model: published and shown, and refused at the place where a fault is."""

from typing import Any

import pytest

from tests.docs.test_prices_page import EXAMPLES, TITLES, Example, read
from tests.graphql.asking import Api

_METER = """mutation ($dimensions: [String!]!) {
  createMeter(input: {
    key: "usage", name: "Usage", eventType: "used", aggregation: SUM, value: "v", unit: "unit", dimensions: $dimensions
  }) { userErrors { message } }
}"""
_PUBLISH = """mutation ($price: PriceInput!) {
  publishPlan(input: {key: "plan", name: "Plan", currency: "USD", prices: [$price]}) { userErrors { path message } }
}"""
_SHOW = """{ plan(key: "plan") { prices { key
  model { __typename
    ... on Graduated { tiers { upTo unitAmount flatAmount capAmount } }
    ... on Percentage { ratePercent fixedAmount freeTransactions freeAmount transactionMinimum transactionMaximum }
    ... on GraduatedPercentage { rates: tiers { upTo ratePercent flatAmount } }
    ... on BlockTiersAll { blocks: tiers { blockSize blockAmount blocksInTier } }
    ... on Stairstep { limitedDimension steps: tiers { limits { value upTo } amount } }
    ... on Dynamic { amountPlaces }
    ... on CostPlus { multiplier }
  }
  terms {
    conversion { operation factor rounding places } includedUnits zeroUsageIsFree discountPercent maximumAmount
    minimumAmount
  }
} } }"""


def define(api: Api, *dimensions: str) -> None:
    assert api.ask(_METER, dimensions=list(dimensions))["createMeter"]["userErrors"] == []


def published(api: Api, model: dict[str, Any], terms: dict[str, Any] | None = None) -> dict[str, Any]:
    """The price as it is shown after it was published."""
    sent = {"key": "p", "name": "P", "meter": "usage", "model": model, "terms": terms}
    assert api.ask(_PUBLISH, price=sent)["publishPlan"]["userErrors"] == []
    [price] = api.ask(_SHOW)["plan"]["prices"]
    return dict(price)


@pytest.mark.parametrize("example", EXAMPLES, ids=TITLES)
def test_a_price_is_stored_as_it_was_sent(api: Api, example: Example) -> None:
    define(api, *([example.written["dimension"]] if "dimension" in example.written else []))

    answer = api.ask(example.graphql)["publishPlan"]

    assert answer["userErrors"] == []
    stored = api.installation.storage.read(lambda unit: unit.definitions.plan_version("plan"))
    assert stored.prices == (read(example.written),)


SHOWN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"graduated": {"tiers": [{"unitAmount": "2", "capAmount": "9"}]}},
        {"tiers": [{"upTo": None, "unitAmount": "2", "flatAmount": "0", "capAmount": "9"}]},
    ),
    (
        {"percentage": {"ratePercent": "2.9", "freeTransactions": 3, "transactionMaximum": "12"}},
        {
            "ratePercent": "2.9",
            "fixedAmount": "0",
            "freeTransactions": 3,
            "freeAmount": "0",
            "transactionMinimum": None,
            "transactionMaximum": "12",
        },
    ),
    (
        {"graduatedPercentage": {"tiers": [{"ratePercent": "2", "flatAmount": "1"}]}},
        {"rates": [{"upTo": None, "ratePercent": "2", "flatAmount": "1"}]},
    ),
    (
        {"blockTiersAll": {"tiers": [{"blockSize": "100", "blockAmount": "1", "blocksInTier": 10}]}},
        {"blocks": [{"blockSize": "100", "blockAmount": "1", "blocksInTier": "10"}]},
    ),
    (
        {"stairstep": {"tiers": [{"limits": [{"upTo": "10"}], "amount": "5"}]}},
        {"limitedDimension": None, "steps": [{"limits": [{"value": "", "upTo": "10"}], "amount": "5"}]},
    ),
    ({"dynamic": {}}, {"amountPlaces": 0}),
    ({"costPlus": {"multiplier": "1.25"}}, {"multiplier": "1.25"}),
]


@pytest.mark.parametrize(("model", "shown"), SHOWN, ids=[next(iter(row[0])) for row in SHOWN])
def test_a_model_is_shown_as_it_was_sent(api: Api, model: dict[str, Any], shown: dict[str, Any]) -> None:
    define(api)

    found = published(api, model)["model"]

    assert {key: value for key, value in found.items() if key != "__typename"} == shown


def test_terms_are_shown_as_they_were_sent(api: Api) -> None:
    define(api)
    terms = {
        "conversion": {"operation": "MULTIPLY", "factor": "8", "rounding": "HALF_UP", "places": 1},
        "includedUnits": "5",
        "zeroUsageIsFree": True,
        "discountPercent": "10",
        "maximumAmount": "100",
        "minimumAmount": "1",
    }

    assert published(api, {"perUnit": {"unitAmount": "1"}}, terms)["terms"] == terms


def test_a_conversion_without_rounding_is_shown_as_one(api: Api) -> None:
    define(api)

    found = published(api, {"perUnit": {"unitAmount": "1"}}, {"conversion": {"factor": "1000"}})["terms"]

    assert found["conversion"] == {"operation": "DIVIDE", "factor": "1000", "rounding": None, "places": 0}


REFUSED = [
    # model, terms, where the fault is
    ({"percentage": {"ratePercent": "-1"}}, None, "model.percentage.ratePercent"),
    (
        {"blockTiersAll": {"tiers": [{"blockSize": "0", "blockAmount": "1"}]}},
        None,
        "model.blockTiersAll.tiers.0.blockSize",
    ),
    ({"stairstep": {"dimension": "d", "tiers": [{"amount": "1"}]}}, None, "model.stairstep.dimension"),
    ({"perUnit": {"unitAmount": "1"}}, {"discountPercent": "101"}, "terms.discountPercent"),
    ({"perUnit": {"unitAmount": "1"}}, {"conversion": {"factor": "0"}}, "terms.conversion.factor"),
    ({"perUnit": {"unitAmount": "1"}}, {"minimumAmount": "2", "maximumAmount": "1"}, "terms.maximumAmount"),
]


@pytest.mark.parametrize(("model", "terms", "path"), REFUSED, ids=[row[2] for row in REFUSED])
def test_a_fault_is_told_where_it_was_sent(
    api: Api, model: dict[str, Any], terms: dict[str, Any] | None, path: str
) -> None:
    define(api)

    answer = api.ask(_PUBLISH, price={"key": "p", "name": "P", "meter": "usage", "model": model, "terms": terms})

    assert [error["path"] for error in answer["publishPlan"]["userErrors"]] == [
        ["input", "prices", "0", *path.split(".")]
    ]


def test_a_value_that_is_limited_twice_is_told_so(api: Api) -> None:
    define(api, "kind")
    limits = [{"value": "cpu", "upTo": "1"}, {"value": "cpu", "upTo": "2"}]
    model = {"stairstep": {"dimension": "kind", "tiers": [{"limits": limits, "amount": "1"}]}}

    answer = api.ask(_PUBLISH, price={"key": "p", "name": "P", "meter": "usage", "model": model})

    [error] = answer["publishPlan"]["userErrors"]
    assert "is limited twice" in error["message"]


def test_prices_of_one_customer_override_those_of_a_plan(company: Api) -> None:
    done = company.ask(
        """mutation {
          overridePrices(input: {key: "api-acme", name: "API for Acme", basedOn: "api", prices: [
            {key: "calls", name: "Calls", meter: "calls", model: {perUnit: {unitAmount: "0.50"}}}
          ]}) { plan { currency prices { key model { __typename } } } userErrors { message } }
        }"""
    )["overridePrices"]

    assert done["userErrors"] == []
    assert [(each["key"], each["model"]["__typename"]) for each in done["plan"]["prices"]] == [
        ("base", "FlatFee"),
        ("calls", "PerUnit"),
        ("bytes", "Matrix"),
    ]


def test_overrides_of_a_plan_that_is_not_there_are_refused(company: Api) -> None:
    done = company.ask(
        """mutation { overridePrices(input: {key: "x", name: "X", basedOn: "none", prices: []}) {
          plan { key } userErrors { path message }
        } }"""
    )["overridePrices"]

    assert done["plan"] is None
    assert [error["path"] for error in done["userErrors"]] == [["input", "basedOn"]]
