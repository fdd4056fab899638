"""The reference of meters: every aggregation is there, and its examples come out of the recount as the page says."""

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import FieldNode, ObjectValueNode, ValueNode, build_schema, parse, validate
from graphql.language import BooleanValueNode, EnumValueNode, ListValueNode, OperationDefinitionNode, StringValueNode

from gateway.core.definitions.reading import read_definitions
from gateway.core.events import LoggedEvent, UsageEvent
from gateway.core.metering.meter import Aggregation, Meter
from gateway.core.metering.recount import CountingScope, recount
from gateway.core.periods.period import BillingPeriod, Interval, IntervalUnit
from gateway.core.subscriptions.subscription import Subscription
from tests.docs.markdown import ROOT

PAGE = ROOT / "docs" / "reference" / "meters.md"
SCHEMA = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
START = datetime(2026, 1, 1, tzinfo=UTC)
PERIODS = {
    "January": BillingPeriod(START, datetime(2026, 2, 1, tzinfo=UTC)),
    "February": BillingPeriod(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
}
_EXAMPLE = re.compile(
    r"^#+ (?P<title>.+?)\n.*?```toml\n(?P<toml>.+?)```.*?```graphql\n(?P<graphql>.+?)```.*?"
    r"(?P<rows>\| occurred at .+?)\n\nThe quantity of (?P<month>\w+) is \*\*(?P<quantity>\S+)\*\*\.$",
    re.MULTILINE | re.DOTALL,
)
_ROW = re.compile(r"^\| (\S+) \| `(.+)` \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example of the page."""

    title: str
    toml: str
    graphql: str
    rows: str
    month: str
    quantity: str

    @property
    def meter(self) -> Meter:
        [meter] = read_definitions(tomllib.loads(self.toml)).meters
        return meter

    @property
    def events(self) -> list[LoggedEvent]:
        rows = [(instant(when), json.loads(text, parse_float=Decimal)) for when, text in _ROW.findall(self.rows)]
        return [
            LoggedEvent(
                position, when, UsageEvent("page", str(position), "usage.measured", "acme", when, None, properties)
            )
            for position, (when, properties) in enumerate(rows, 1)
        ]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00Z")


EXAMPLES = [Example(**found.groupdict()) for found in _EXAMPLE.finditer(PAGE.read_text(encoding="utf-8"))]


def test_every_aggregation_has_an_example() -> None:
    assert {example.meter.latest.aggregation for example in EXAMPLES} == set(Aggregation)
    assert len(EXAMPLES) == PAGE.read_text(encoding="utf-8").count("```toml")


def test_every_aggregation_has_a_formula() -> None:
    aggregations = re.findall(r"^## `.+\n(.+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(aggregations) >= len(Aggregation)
    assert [each for each in aggregations if not each.startswith("Quantity = ")] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_an_example_comes_out_as_the_page_says(example: Example) -> None:
    owner = Subscription("sub", "acme/plan", "acme", "plan", 1, Interval(IntervalUnit.MONTH), START, None, START, "UTC")
    scope = CountingScope(owner, PERIODS[example.month], (example.meter,))

    [count] = recount(example.events, [scope]).counts.values()

    assert count.quantity == Decimal(example.quantity)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_the_mutation_creates_the_same_meter_as_the_file(example: Example) -> None:
    assert validate(SCHEMA, parse(example.graphql)) == []
    assert document(created(example.graphql)) == tomllib.loads(example.toml)["meters"][0]


def created(text: str) -> ValueNode:
    """The input of the mutation."""
    [operation] = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    [field] = operation.selection_set.selections
    assert isinstance(field, FieldNode)
    return field.arguments[0].value


def document(node: ValueNode) -> Any:
    """An input as a definitions file writes it."""
    match node:
        case ObjectValueNode():
            fields = {snake(field.name.value): document(field.value) for field in node.fields}
            return {f"{fields.pop('operation')}_by": fields.pop("factor"), **fields} if "factor" in fields else fields
        case ListValueNode():
            return [document(value) for value in node.values]
        case EnumValueNode():
            return node.value.lower()
        case BooleanValueNode() | StringValueNode():
            return node.value
        case _:
            return int(node.value)


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)
