"""The demo with other input, in full: what changes on the invoices is what changed in the file."""

from collections.abc import Collection, Iterable
from copy import deepcopy
from dataclasses import replace
from itertools import chain
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from gateway.cli.examples import Event, Example, load_example
from tests.flights import oracle
from tests.flights.demo_runs import billed, flights_with, run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return oracle.load_flights()


@pytest.fixture
def empty_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/gateway.db"


def among(ids: Collection[str], events: Iterable[Event]) -> Iterable[Event]:
    return (event for event in events if event["id"] in ids)


def with_doubled_air_time() -> Example:
    example = load_example("flights")
    definitions = deepcopy(dict(example.definitions))
    [plan] = definitions["plans"]  # type: ignore[misc]
    [price] = [price for price in plan["prices"] if price["key"] == "air-time"]
    price["unit_amount"] = "0.0750"
    return replace(example, definitions=definitions)


def test_a_month_left_out_is_billed_to_nobody(empty_url: str, flights: pd.DataFrame) -> None:
    kept = flights[flights["occurred_at"].dt.month != 6]
    ids = set(kept["id"])

    document = run(empty_url, flights_with(lambda events: among(ids, events)))

    assert document["events"]["accepted"] == len(kept)
    assert billed(document) == oracle.expected_invoices(kept)


def test_five_percent_sent_twice_count_once(empty_url: str, flights: pd.DataFrame) -> None:
    again = set(flights.sample(frac=0.05, random_state=2013)["id"])
    example = flights_with(lambda events: chain(events, among(again, load_example("flights").events())))

    document = run(empty_url, example)

    assert document["events"] == {"accepted": 336_776, "duplicate": len(again), "conflict": 0, "quarantined": 0}
    assert billed(document) == oracle.expected_invoices(flights)


def test_the_order_of_events_does_not_matter(empty_url: str, flights: pd.DataFrame) -> None:
    def shuffled(events: Iterable[Event]) -> Iterable[Event]:
        rows = list(events)
        Random(2013).shuffle(rows)
        return rows

    document = run(empty_url, flights_with(shuffled))

    assert billed(document) == oracle.expected_invoices(flights)


def test_a_doubled_price_doubles_its_lines(empty_url: str, flights: pd.DataFrame) -> None:
    document = run(empty_url, with_doubled_air_time())

    assert billed(document) == oracle.expected_invoices(flights, prices=oracle.doubled("air-time"))


def test_the_year_on_postgresql_is_the_year_on_sqlite(postgres_url: str, flights: pd.DataFrame) -> None:
    document = run(postgres_url, load_example("flights"))

    assert billed(document) == oracle.expected_invoices(flights)
