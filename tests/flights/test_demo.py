"""The demo against the oracle: every line of every invoice, to the cent."""

import json
import subprocess
import sys
from collections import Counter
from datetime import date
from operator import itemgetter
from pathlib import Path

import pandas as pd
import pytest
from rich.progress import Progress

from gateway.cli.demo_run import run_demo
from gateway.cli.examples import load_example
from tests.edge.running import Installation
from tests.flights import oracle
from tests.flights.accepted_books import assert_books_are_accepted
from tests.flights.demo_runs import billed, demo_document, demo_gateway
from tests.services.reports_tie import assert_reports_tie

# Loading and billing the year takes most of a minute, on a busy machine more.
pytestmark = pytest.mark.timeout(400)

SMALL = ("--example", "storage", "--customers", "archive", "--through", "2026-03-01")


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return oracle.load_flights()


# One test, because with several processes each would load the year for itself.
@pytest.mark.costly(60)
def test_the_year_is_billed_as_recomputed_from_the_file(tmp_path: Path, flights: pd.DataFrame) -> None:
    example = load_example("flights")

    with demo_gateway(f"sqlite:///{tmp_path}/gateway.db", example) as gateway:
        document = demo_document(gateway, run_demo(gateway, example, Progress(disable=True)))
        assert_books_are_accepted(gateway, tmp_path)
        assert_reports_tie(gateway.installation)
        unattributed, balances = gateway.database.read(
            lambda unit: (unit.live.unattributed(0, 10), unit.books.balances())
        )

    invoices = document["invoices"]
    assert document["events"] == {"accepted": 336_776, "duplicate": 0, "conflict": 0, "quarantined": 0}
    assert billed(document) == oracle.expected_invoices(flights)
    assert {invoice["status"] for invoice in invoices} == {"finalized"}
    assert sorted(invoice["number"] for invoice in invoices) == [f"INV-{n:06}" for n in range(1, 209)]
    by_number = sorted(invoices, key=itemgetter("number"))
    assert [invoice["issued_on"] for invoice in by_number] == sorted(invoice["issued_on"] for invoice in invoices)
    assert Counter(event.customer for event in unattributed) == Counter(oracle.unattributed(flights)["carrier"])
    assert sum(balances.values()) == 0
    assert sum(balance for balance in balances.values() if balance > 0) == 860_483_546


def test_the_command_prints_what_it_did_and_nothing_else(tmp_path: Path, flights: pd.DataFrame) -> None:
    arguments = ["demo", "--no-serve", "--json", "--customers", "HA,OO", "--through", "2013-02-01"]
    # It starts anew each time, whatever an earlier one has left.
    Installation(tmp_path).json("demo", "--no-serve", *SMALL, "--folder", ".demo")

    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", *arguments], capture_output=True, check=True, cwd=tmp_path
    )

    document = json.loads(done.stdout)
    assert list(document) == ["events", "invoices"]
    assert list(document["invoices"][0]) == ["customer", "issued_on", "number", "status", "currency", "total", "lines"]
    expected = oracle.expected_invoices(flights, customers=["HA", "OO"], issued_through=date(2013, 2, 1))
    assert billed(document) == expected
