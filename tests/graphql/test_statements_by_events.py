"""Previews, running costs and pages of explained events: as many statements for ten thousand events as for ten."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.wire.events import WireFormat, parse_events
from tests.graphql.asking import Api
from tests.graphql.company import NOW, add_customer, bill, define, event
from tests.graphql.conftest import Furnished, opened
from tests.graphql.test_statements import counting
from tests.support import FixedClock

EVENTS = {"few": 10, "many": 10_000}
_BILLED = "2026-01-10T00:00:00Z"
_RUNNING = "2026-03-01T08:00:00Z"

PREVIEW = """query ($id: ID!) { previewInvoice(subscription: $id) {
  total { amount } amountDue { amount } taxes { amount { amount } } asOf { isCurrent }
  lines { unit quantity net { amount } steps { amount } } leftOut { detail }
} }"""
COST = """query ($id: ID!) { node(id: $id) { ... on Subscription {
  runningCost { total { amount } soFar { unit amount { amount } } forecast { low { amount } expected { amount } } }
} } }"""
PAGE = """query ($line: ID!, $after: String) { explainLine(line: $line) {
  events(first: 10, after: $after) { nodes { value event { id properties { name value } } } pageInfo { endCursor } }
} }"""


@pytest.fixture(scope="module")
def two_file(furnished: Furnished) -> Path:
    return furnished(_furnish)


@pytest.fixture
def two(two_file: Path, tmp_path: Path) -> Iterator[Api]:
    """Two customers, with ten and with ten thousand events in January, which is billed, and as many on 1 March."""
    with opened(shutil.copyfile(two_file, tmp_path / "two.db"), FixedClock(NOW)) as api:
        api.projector.catch_up()
        yield api


@pytest.mark.parametrize("document", [PREVIEW, COST], ids=["preview", "cost"])
def test_the_running_period_is_read_without_its_events(two: Api, document: str) -> None:
    def read(customer: str) -> int:
        with counting() as statements:
            answer = two.ask(document, id=_subscription(two, customer))
        assert answer
        return len(statements)

    read("few")
    assert read("many") == read("few")


def test_a_preview_has_all_the_events(two: Api) -> None:
    shown = two.ask(PREVIEW, id=_subscription(two, "many"))["previewInvoice"]

    assert [line["quantity"] for line in shown["lines"] if line["unit"] == "call"] == ["10000"]


def test_a_page_of_the_events_behind_a_line_is_read_without_the_others(two: Api) -> None:
    def read(customer: str, after: str | None = None) -> tuple[int, Any]:
        line = _line(two, customer)
        with counting() as statements:
            page = two.ask(PAGE, line=line, after=after)["explainLine"]["events"]
        assert len(page["nodes"]) == 10
        return len(statements), page["pageInfo"]["endCursor"]

    few, _ = read("few")
    first, cursor = read("many")
    following, _ = read("many", cursor)
    assert first == following == few


def _furnish(api: Api) -> None:
    define(api)
    for customer, times in EVENTS.items():
        add_customer(api, customer)
        for begin, at in ((0, _BILLED), (times, _RUNNING)):
            events = [event(customer, begin + number, at) for number in range(times)]
            api.recorder.record(parse_events(json.dumps(events).encode(), WireFormat.JSON))
    bill(api, "all of it")


def _subscription(api: Api, customer: str) -> str:
    found = api.ask(f'{{ subscriptions(customer: "{customer}") {{ nodes {{ id }} }} }}')["subscriptions"]["nodes"]
    return str(found[0]["id"])


def _line(api: Api, customer: str) -> str:
    """The line of the calls in January."""
    document = f'{{ invoices(filter: {{customer: "{customer}"}}) {{ nodes {{ lines {{ id price quantity }} }} }} }}'
    lines = [line for each in api.ask(document)["invoices"]["nodes"] for line in each["lines"]]
    return next(line["id"] for line in lines if line["price"] == "calls" and line["quantity"] == str(EVENTS[customer]))
