"""The demo against the oracle: every line of every invoice, to the cent."""

import json
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from gateway.cli.examples import load_example
from tests.flights import oracle
from tests.flights.demo_runs import Document, billed, demo_gateway, run

FEW = ["HA", "OO", "UA"]
TWO_MONTHS = date(2013, 3, 1)


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return oracle.load_flights()


@pytest.fixture(scope="module")
def year_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('year')}/gateway.db"


@pytest.fixture(scope="module")
def year(year_url: str) -> Document:
    """The whole year, on SQLite."""
    return run(year_url, load_example("flights"))


def test_every_line_of_the_year_is_as_recomputed_from_the_file(year: Document, flights: pd.DataFrame) -> None:
    assert billed(year) == oracle.expected_invoices(flights)


def test_every_flight_is_accepted(year: Document) -> None:
    assert year["events"] == {"accepted": 336_776, "duplicate": 0, "conflict": 0, "quarantined": 0}


def test_the_years_invoices_are_finalized_and_numbered_without_gaps(year: Document) -> None:
    assert {invoice["status"] for invoice in year["invoices"]} == {"finalized"}
    assert sorted(invoice["number"] for invoice in year["invoices"]) == [f"INV-{n:06}" for n in range(1, 209)]


def test_the_years_invoices_are_numbered_in_the_order_of_their_boundaries(year: Document) -> None:
    by_number = sorted(year["invoices"], key=lambda invoice: str(invoice["number"]))

    assert [invoice["issued_on"] for invoice in by_number] == sorted(invoice["issued_on"] for invoice in by_number)


@pytest.mark.usefixtures("year")
def test_flights_after_every_subscription_are_shown_as_unattributed(year_url: str, flights: pd.DataFrame) -> None:
    with demo_gateway(year_url, load_example("flights")) as gateway:
        unattributed = gateway.database.read(lambda unit: unit.live.unattributed(0, 10))

    assert Counter(event.customer for event in unattributed) == Counter(oracle.unattributed(flights)["carrier"])


@pytest.mark.usefixtures("year")
def test_the_years_books_balance_with_its_invoices(year_url: str) -> None:
    with demo_gateway(year_url, load_example("flights")) as gateway:
        balances = gateway.database.read(lambda unit: unit.books.balances())

    assert sum(balances.values()) == 0
    assert sum(balance for balance in balances.values() if balance > 0) == 860_483_546


def test_a_part_of_the_example_is_billed_as_in_the_whole(database_url: str, flights: pd.DataFrame) -> None:
    document = run(database_url, load_example("flights").only(FEW, TWO_MONTHS))

    assert billed(document) == oracle.expected_invoices(flights, customers=FEW, issued_through=TWO_MONTHS)


def test_the_command_prints_what_it_did_and_nothing_else(tmp_path: Path, flights: pd.DataFrame) -> None:
    arguments = ["demo", "--no-serve", "--json", "--customers", "HA,OO", "--through", "2013-02-01"]
    command = [sys.executable, "-m", "gateway.cli", *arguments, "--folder", str(tmp_path / ".demo")]

    for _ in range(2):  # it starts anew each time
        done = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)

    document = json.loads(done.stdout)
    assert list(document) == ["events", "invoices"]
    assert list(document["invoices"][0]) == ["customer", "issued_on", "number", "status", "currency", "total", "lines"]
    expected = oracle.expected_invoices(flights, customers=["HA", "OO"], issued_through=date(2013, 2, 1))
    assert billed(document) == expected
