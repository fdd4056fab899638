"""A plan is tried by the API, and nothing is stored."""

from typing import Any

import pytest

from tests.graphql.asking import Api
from tests.graphql.company import PLAN

SIMULATE = """query ($input: SimulationInput!) { simulate(input: $input) {
  invoices { issuedOn total { amount currency } lines { price quantity amount { amount } } leftOut { meterKey reason } }
  total { amount } userErrors { code message path }
} }"""
BACKTEST = """query ($input: BacktestInput!, $first: Int! = 20, $after: String) { backtest(input: $input) {
  subscribers(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { subscription { customerKey } before { amount } after { amount } difference { amount } }
  }
  before { amount } after { amount } difference { amount } userErrors { code message path }
} }"""
JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
TWO_MONTHS = {"from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}


def dearer() -> dict[str, Any]:
    """The plan with a base fee of 12.00 instead of 10.00."""
    base, *others = PLAN["prices"]
    return {**PLAN, "prices": [{**base, "model": {"flat": {"amount": "12.00"}}}, *others]}


def test_quantities_are_rated_by_a_published_plan(company: Api) -> None:
    used = [{"meter": "calls", "quantity": "4"}, {"meter": "bytes", "quantity": "7", "dimensions": [EU]}]

    found = company.ask(SIMULATE, input={"plan": {"key": "api"}, **JANUARY, "quantities": used})["simulate"]

    assert [(each["issuedOn"], each["total"]["amount"]) for each in found["invoices"]] == [
        ("2026-01-01", "10.00"),
        ("2026-02-01", "5.07"),
    ]
    assert [(line["price"], line["quantity"], line["amount"]["amount"]) for line in found["invoices"][1]["lines"]] == [
        ("calls", "4", "5.00"),
        ("bytes", "7", "0.07"),
    ]
    assert found["total"]["amount"] == "15.07"


def test_the_events_of_a_customer_are_rated_by_a_draft(company: Api) -> None:
    def total(plan: dict[str, object]) -> str:
        asked = {"plan": plan, **TWO_MONTHS, "customer": "acme"}
        found: str = company.ask(SIMULATE, input=asked)["simulate"]["total"]["amount"]
        return found

    assert float(total({"draft": dearer()})) - float(total({"key": "api"})) == 4


def test_usage_without_a_price_is_told(company: Api) -> None:
    used = [{"meter": "bytes", "quantity": "7", "dimensions": [{"name": "zone", "value": "mars"}]}]

    found = company.ask(SIMULATE, input={"plan": {"key": "api"}, **JANUARY, "quantities": used})["simulate"]

    assert [line["price"] for line in found["invoices"][1]["lines"]] == ["calls", "minimum"]
    assert [each["meterKey"] for each in found["invoices"][1]["leftOut"]] == ["bytes"]


def test_a_backtest_has_the_largest_differences_first(company: Api) -> None:
    asked = {"plan": {"draft": dearer()}, **TWO_MONTHS}

    whole = company.ask(BACKTEST, input=asked)["backtest"]

    differences = [each["difference"]["amount"] for each in whole["subscribers"]["nodes"]]
    assert differences == sorted(differences, key=float, reverse=True) != []
    assert whole["subscribers"]["totalCount"] == str(len(differences))
    for name in ("before", "after", "difference"):
        every = [float(each[name]["amount"]) for each in whole["subscribers"]["nodes"]]
        assert float(whole[name]["amount"]) == pytest.approx(sum(every))


def test_a_backtest_is_read_page_by_page(company: Api) -> None:
    asked = {"plan": {"draft": dearer()}, **TWO_MONTHS}
    whole = company.ask(BACKTEST, input=asked)["backtest"]

    found, after = list[dict[str, Any]](), None
    while True:
        page = company.ask(BACKTEST, input=asked, first=1, after=after)["backtest"]
        assert page["difference"] == whole["difference"]
        found += page["subscribers"]["nodes"]
        if not page["subscribers"]["pageInfo"]["hasNextPage"]:
            break
        after = page["subscribers"]["pageInfo"]["endCursor"]

    assert found == whole["subscribers"]["nodes"]
    assert len(found) > 1


def test_single_transactions_are_rated_one_by_one(company: Api) -> None:
    percentage = {"ratePercent": "1", "fixedAmount": "0.30"}
    price = {"key": "sales", "name": "Sales", "meter": "bytes", "model": {"percentage": percentage}}
    plan = {**PLAN, "key": "sales", "prices": [price], "commitments": []}
    asked = {"plan": {"draft": plan}, **JANUARY}

    found = company.ask(SIMULATE, input={**asked, "quantities": [{"meter": "bytes", "transactions": ["100", "20.5"]}]})[
        "simulate"
    ]
    refused = company.ask(SIMULATE, input={**asked, "quantities": [{"meter": "bytes", "quantity": "120.5"}]})[
        "simulate"
    ]

    [line] = found["invoices"][-1]["lines"]
    assert (line["quantity"], line["amount"]["amount"]) == ("120.5", "1.81")
    assert "give their values one by one" in refused["userErrors"][0]["message"]


def test_a_simulation_that_cannot_be_made_says_why(company: Api) -> None:
    refused: list[tuple[dict[str, Any], str]] = [
        ({"plan": {}, **JANUARY}, "Give the `key`"),
        ({"plan": {"key": "api", "draft": PLAN}, **JANUARY}, "Give the `key`"),
        ({"plan": {"key": "nothing"}, **JANUARY}, "nothing"),
        ({"plan": {"key": "api"}, **JANUARY, "customer": "nobody"}, "nobody"),
        ({"plan": {"key": "api"}, **JANUARY, "timeZone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"plan": {"key": "api"}, "from": JANUARY["to"], "to": JANUARY["from"]}, "must end after it starts"),
    ]
    for asked, words in refused:
        [error] = company.ask(SIMULATE, input=asked)["simulate"]["userErrors"]
        assert words in error["message"]


def test_every_fault_of_a_draft_is_told(company: Api) -> None:
    draft = {**PLAN, "currency": "XXXX", "name": ""}

    found = company.ask(SIMULATE, input={"plan": {"draft": draft}, **JANUARY})["simulate"]

    assert found["invoices"] == []
    assert {error["code"] for error in found["userErrors"]} == {"INVALID_DEFINITION"}
    assert len(found["userErrors"]) == 2


COMPARE = """query ($plan: PublishPlanInput!) { comparePlan(input: $plan) {
  version differences { path before after } userErrors { code path message }
} }"""


def test_comparing_a_plan_tells_the_version_it_would_be_and_what_differs(company: Api) -> None:
    fee, *others = PLAN["prices"]
    dearer = {**PLAN, "prices": [{**fee, "model": {"flat": {"amount": "25"}}}, *others]}

    assert company.ask(COMPARE, plan=dearer)["comparePlan"] == {
        "version": 2,
        "differences": [{"path": "prices[base].amount", "before": '"10.00"', "after": '"25"'}],
        "userErrors": [],
    }
    assert company.ask(COMPARE, plan=PLAN)["comparePlan"] == {"version": None, "differences": [], "userErrors": []}
    new = company.ask(COMPARE, plan={**PLAN, "key": "new"})["comparePlan"]
    assert (new["version"], new["differences"]) == (1, [])
    assert company.ask("{ plans(allVersions: true) { nodes { key version } } }")["plans"]["nodes"] == [
        {"key": "api", "version": 1}
    ]


def test_comparing_a_plan_tells_every_fault_with_its_place(company: Api) -> None:
    price = {"key": "p", "name": "P", "meter": "nowhere", "model": {"perUnit": {"unitAmount": "-1"}}}

    found = company.ask(COMPARE, plan={**PLAN, "currency": "XXXX", "prices": [price], "commitments": []})

    assert [error["path"] for error in found["comparePlan"]["userErrors"]] == [
        ["input", "prices", "0", "model", "perUnit", "unitAmount"],
        ["input", "prices", "0", "meter"],
        ["input", "currency"],
    ]
    assert found["comparePlan"]["version"] is None


EU = {"name": "zone", "value": "eu"}
