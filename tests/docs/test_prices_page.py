"""The reference of prices: every model and term is there, and its examples cost what the page says."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from gateway.core.definitions.reading_plans import read_plan
from gateway.core.definitions.reading_prices import ModelName
from gateway.core.definitions.tables import Faults, Table
from gateway.core.invoicing.billed_usage import usage_by_line
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Dimensions
from gateway.core.plans.plan import Price
from gateway.core.rating.pieces import rate_with_terms
from gateway.core.rating.rated import Transaction, Usage
from tests.core.samples import at
from tests.docs.markdown import ROOT
from tests.docs.test_meters_page import created, document

PAGE = (ROOT / "docs" / "reference" / "prices.md").read_text(encoding="utf-8")
SCHEMA = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
_EXAMPLE = re.compile(
    r"^##+ (?P<title>.+)\n[^#]*?```toml\n(?P<toml>[^`]+)```\n\n```graphql\n(?P<graphql>[^`]+)```\n\n"
    r"\| (?P<asked>.+) \| costs \|\n\| --- \| --- \|\n(?P<rows>(?:\| .+\n)+)",
    re.MULTILINE,
)
_TERMS = {"conversion", "included_units", "zero_usage_is_free", "discount_percent", "maximum_amount", "minimum_amount"}


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example of the page."""

    title: str
    toml: str
    graphql: str
    asked: str
    rows: str

    @property
    def written(self) -> dict[str, Any]:
        [price] = tomllib.loads(self.toml)["plans"][0]["prices"]
        return dict(price)

    @property
    def costs(self) -> Iterator[tuple[str, Decimal]]:
        for line in self.rows.strip().splitlines():
            asked, amount = line.strip("| ").split(" | ")
            yield asked, Decimal(amount)

    def usage(self, price: Price, asked: str) -> tuple[Dimensions, Usage]:
        """What a row of the table is about."""
        if self.asked != "quantity":
            values = [Decimal(value) for value in asked.split(", ")]
            counted = (Transaction(at("2026-01-01"), place, value) for place, value in enumerate(values))
            quantities = [MeteredQuantity("usage", 1, (), sum(values, Decimal(0)), tuple(counted))]
        else:
            quantities = [quantity(part) for part in asked.split(", ")]
        [(dimensions, (_, usage))] = usage_by_line(price, quantities).items()
        return dimensions, usage


def quantity(text: str) -> MeteredQuantity:
    """`8 with kind cpu`."""
    number, _, kept = text.partition(" with ")
    dimensions = (tuple(kept.split(" ")),) if kept else ()
    return MeteredQuantity("usage", 1, dimensions, Decimal(number))  # type: ignore[arg-type]


def read(written: dict[str, Any]) -> Price:
    faults = Faults()
    plan = {"key": "plan", "name": "Plan", "currency": "USD", "interval": "month", "prices": [written]}
    _, made = read_plan(Table(plan, "", faults), known=None, plans={})
    assert made is not None, faults.found
    return made.prices[0]


EXAMPLES = [Example(**found.groupdict()) for found in _EXAMPLE.finditer(PAGE)]
TITLES = [example.title for example in EXAMPLES]


def test_every_model_and_every_term_has_an_example() -> None:
    assert {example.written["model"] for example in EXAMPLES} == set(ModelName)
    assert {key for example in EXAMPLES for key in example.written if key in _TERMS} == _TERMS
    assert len(EXAMPLES) == PAGE.count("```toml") == PAGE.count("```graphql")


def test_every_model_has_a_formula() -> None:
    models = re.findall(r"^## `.+\n(.+)", PAGE, re.MULTILINE)

    assert len(models) >= len(ModelName)
    assert [each for each in models if not each.startswith("Amount = ")] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=TITLES)
def test_an_example_costs_what_the_page_says(example: Example) -> None:
    price = read(example.written)
    for asked, amount in example.costs:
        usage = Usage(Decimal(asked)) if price.meter is None else None
        dimensions, used = ((), usage) if usage else example.usage(price, asked)

        assert rate_with_terms(price.model, price.terms, used, dimensions).amount == amount, asked


@pytest.mark.parametrize("example", EXAMPLES, ids=TITLES)
def test_the_mutation_publishes_the_price_of_the_file(example: Example) -> None:
    assert validate(SCHEMA, parse(example.graphql)) == []
    [sent] = document(created(example.graphql))["prices"]
    assert read(flat(sent)) == read(example.written)


def flat(sent: dict[str, Any]) -> dict[str, Any]:
    """A price as it is sent, in the shape of the file."""
    [(name, fields)] = sent["model"].items()
    fields["tiers"] = [tier | _limits(tier) for tier in fields.get("tiers", [])]
    if not fields["tiers"]:
        del fields["tiers"]
    if name == "matrix":
        fields["unit_amounts"] = {each["value"]: each["unit_amount"] for each in fields["unit_amounts"]}
    others = {key: value for key, value in sent.items() if key not in ("model", "terms")}
    return {**others, "model": name, **fields, **sent.get("terms", {})}


def _limits(tier: dict[str, Any]) -> dict[str, Any]:
    return {"limits": {each.get("value", ""): each["up_to"] for each in tier["limits"]}} if "limits" in tier else {}
