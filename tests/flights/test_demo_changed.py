"""The demo with other input: what changes on the invoices is what changed in the file."""

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from gateway.cli.examples import Event, Example, load_example
from gateway.settings import ReviewSettings
from tests.flights import oracle
from tests.flights.demo_runs import Document, billed, run

pytestmark = pytest.mark.timeout(400)

FEW = ["HA", "OO", "UA"]
TWO_MONTHS = date(2013, 3, 1)
A_MONTH, A_MONTH_OF_THE_PART = 6, 2


@dataclass(frozen=True, slots=True)
class Input:
    """An example, the rows that its events come from, and what the oracle has to know to bill them."""

    example: Example
    flights: pd.DataFrame
    month: int
    boundaries: Mapping[str, Any]

    def expected(self, flights: pd.DataFrame, prices: oracle.Prices | None = None) -> list[Document]:
        """The invoices for some of the rows."""
        return oracle.expected_invoices(flights, prices, **self.boundaries)

    def with_events(self, change: Callable[[Iterable[Event]], Iterable[Event]]) -> Example:
        """The example with other events."""
        return replace(self.example, events=lambda: change(self.example.events()))


@pytest.fixture(scope="module", params=["a part", pytest.param("the year", marks=pytest.mark.slow)])
def given(request: pytest.FixtureRequest) -> Input:
    """Three airlines and two months; where there is time, the year."""
    example, flights = load_example("flights"), oracle.load_flights()
    if request.param == "the year":
        return Input(example, flights, A_MONTH, {})
    example = example.only(FEW, TWO_MONTHS)
    # The whole year is read to find them, so once for all.
    events = list(example.events())
    is_in = flights["carrier"].isin(FEW) & (flights["occurred_at"] < pd.Timestamp(TWO_MONTHS, tz=oracle.ZONE))
    boundaries = {"customers": FEW, "issued_through": TWO_MONTHS}
    return Input(replace(example, events=lambda: events), flights[is_in], A_MONTH_OF_THE_PART, boundaries)


@pytest.fixture
def empty_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/gateway.db"


def among(ids: Collection[str], events: Iterable[Event]) -> Iterable[Event]:
    return (event for event in events if event["id"] in ids)


def with_doubled_air_time(example: Example) -> Example:
    definitions = deepcopy(dict(example.definitions))
    [plan] = definitions["plans"]  # type: ignore[misc]
    [price] = [price for price in plan["prices"] if price["key"] == "air-time"]
    price["unit_amount"] = "0.0750"
    return replace(example, definitions=definitions)


def test_a_month_left_out_is_billed_to_nobody(empty_url: str, given: Input) -> None:
    kept = given.flights[given.flights["occurred_at"].dt.month != given.month]
    ids = set(kept["id"])

    # A month without a flight is an anomaly, which would hold its usage.
    compares_nothing = ReviewSettings(anomaly_factor=Decimal(0))
    document = run(empty_url, given.with_events(lambda events: among(ids, events)), compares_nothing)

    assert 0 < document["events"]["accepted"] == len(kept) < len(given.flights)
    assert billed(document) == given.expected(kept)


def test_five_percent_sent_twice_count_once(empty_url: str, given: Input) -> None:
    again = set(given.flights.sample(frac=0.05, random_state=2013)["id"])

    document = run(empty_url, given.with_events(lambda events: chain(events, among(again, given.example.events()))))

    accepted = len(given.flights)
    assert document["events"] == {"accepted": accepted, "duplicate": len(again), "conflict": 0, "quarantined": 0}
    assert billed(document) == given.expected(given.flights)


def test_the_order_of_events_does_not_matter(empty_url: str, given: Input) -> None:
    def shuffled(events: Iterable[Event]) -> Iterable[Event]:
        rows = list(events)
        Random(2013).shuffle(rows)
        return rows

    document = run(empty_url, given.with_events(shuffled))

    assert billed(document) == given.expected(given.flights)


def test_a_doubled_price_doubles_its_lines(empty_url: str, given: Input) -> None:
    document = run(empty_url, with_doubled_air_time(given.example))

    assert billed(document) == given.expected(given.flights, oracle.doubled("air-time"))


def test_what_is_billed_on_postgresql_is_the_same(postgres_url: str, given: Input) -> None:
    document = run(postgres_url, given.example)

    assert billed(document) == given.expected(given.flights)
