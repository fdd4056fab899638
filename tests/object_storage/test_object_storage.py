"""Stored gigabytes against an oracle that shares no code with us, over months in which clocks change."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from gateway_example_storage import EVENT_COUNT, events
from gateway_example_storage.tenants import TENANTS

from gateway.cli.examples import Event, load_example
from tests.flights.demo_runs import run
from tests.object_storage.oracle import Row, expected_rows

ZONES = {tenant.key: tenant.zone for tenant in TENANTS}
FEW = ["archive", "lord-howe-labs", "santiago-survey"]


def billed(document: dict[str, Any]) -> list[Row]:
    """The invoices of a demo, each of one line, in the shape of the oracle."""
    return sorted(
        [
            (invoice["customer"], invoice["issued_on"], Decimal(line["quantity"]), Decimal(line["amount"]))
            for invoice in document["invoices"]
            for line in invoice["lines"]
        ],
        key=lambda row: (row[1], row[0]),
    )


def shuffled(found: list[Event]) -> list[Event]:
    return random.Random(7).sample(found, len(found))


def sent_again(found: list[Event]) -> list[Event]:
    return [*found, *found[::20]]


def test_the_quarter_is_billed_as_recomputed_from_the_changes(tmp_path: Path) -> None:
    document = run(f"sqlite:///{tmp_path}/gateway.db", load_example("storage"))

    assert document["events"] == {"accepted": EVENT_COUNT, "duplicate": 0, "conflict": 0, "quarantined": 0}
    assert {invoice["status"] for invoice in document["invoices"]} == {"finalized"}
    assert billed(document) == expected_rows(events(), ZONES)


def test_a_level_that_never_changes_again_is_carried_from_month_to_month() -> None:
    rows = [row for row in expected_rows(events(), ZONES) if row[0] == "archive"]

    assert len([event for event in events() if event["customer"] == "archive"]) == 1
    assert rows[1][2:] == rows[2][2:]
    assert rows[0][2] < rows[1][2]


@pytest.mark.parametrize("change", [shuffled, sent_again])
def test_neither_order_nor_repeats_change_a_bill(
    database_url: str, change: Callable[[list[Event]], list[Event]]
) -> None:
    example = load_example("storage").only(FEW, None)
    changed = replace(example, events=lambda: change(list(example.events())))
    few = {key: ZONES[key] for key in FEW}

    document = run(database_url, changed)

    assert billed(document) == expected_rows((each for each in events() if each["customer"] in few), few)
