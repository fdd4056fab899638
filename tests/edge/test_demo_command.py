"""The demo's own rules: what it loads, and what it refuses to touch."""

import json
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.commands import command_line
from gateway.cli.examples import load_example
from gateway.cli.serving import CannotListen, require_free_port
from gateway.core.errors import NotFound
from gateway.workers.sole_server import sole_server_of
from tests.edge.running import Installation

# Of the flights the whole year would be read each time, whoever is asked for.
SMALL = ("--example", "storage", "--customers", "archive", "--through", "2026-03-01")


@pytest.fixture
def empty(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_the_demo_leaves_settings_that_serve_its_result_again(empty: Installation) -> None:
    document = empty.json("demo", "--no-serve", *SMALL)

    invoices = empty.json("invoices", "--config", ".demo/gateway.toml")
    checks = empty.json("doctor", "--config", ".demo/gateway.toml")["checks"]
    assert [invoice["number"] for invoice in invoices] == [invoice["number"] for invoice in document["invoices"]]
    assert next(check["found"] for check in checks if check["check"] == "clock").startswith(
        "business time is 2026-05-03"
    )


def test_the_demo_without_json_says_what_it_did(empty: Installation) -> None:
    done = empty.run("demo", "--no-serve", *SMALL)

    assert done.code == 0
    assert "Example storage: 1 customer," in done.err
    assert "1 invoice finalized, 0 held for review" in done.err
    assert "1 invoice delivered to main" in done.err
    assert done.out == ""


def test_the_demo_refuses_a_database_that_holds_something(empty: Installation, sqlite_url: str) -> None:
    first = empty.run("demo", "--no-serve", "--storage", sqlite_url, *SMALL)

    again = empty.run("demo", "--no-serve", "--storage", sqlite_url, *SMALL)

    assert (first.code, again.code) == (0, 1)
    assert "name an empty one" in again.err


def test_the_demo_does_not_take_its_database_from_a_server(empty: Installation) -> None:
    empty.json("demo", "--no-serve", *SMALL)

    with sole_server_of(empty.folder / ".demo" / "gateway.db"):
        done = empty.run("demo", "--no-serve", *SMALL)

    assert done.code == 1
    assert "is served by process" in done.err


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_taken_port_is_noticed_before_anything_is_loaded(empty: Installation, taken_port: int) -> None:
    done = empty.run("demo", "--port", str(taken_port))

    assert (done.code, done.err.strip()) == (
        1,
        f"error: Cannot listen at 127.0.0.1:{taken_port}: Address already in use; choose another with --port",
    )
    assert not (empty.folder / ".demo").exists()


def test_what_to_load_is_looked_at_before_the_port(empty: Installation, taken_port: int) -> None:
    assert "There is no example 'trains'" in empty.run("demo", "--example", "trains", "--port", str(taken_port)).err


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_named(host: str) -> None:
    with pytest.raises(CannotListen, match=f"Cannot listen at {host}:0: .*; choose another with --host"):
        require_free_port(host, 0)


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_beyond_the_last_blames_its_option(command: str) -> None:
    answer = CliRunner().invoke(command_line(), [command, "--port", "65536"])

    assert answer.exit_code == 2
    assert "Invalid value for '--port'" in answer.output


def test_unknown_examples_and_customers_are_named(empty: Installation) -> None:
    assert "there are flights" in empty.run("demo", "--example", "trains").err
    assert "no customer ZZ" in empty.run("demo", "--customers", "HA,ZZ", "--no-serve").err


def test_a_part_of_an_example_has_only_what_belongs_to_it() -> None:
    part = load_example("flights").only(["HA"], date(2013, 1, 3))

    events = list(part.events())

    assert [customer["key"] for customer in part.customers] == ["HA"]
    assert [subscription["customer"] for subscription in part.subscriptions] == ["HA"]
    assert [event["id"] for event in events] == ["2013-01-01-HA51-JFK-0900", "2013-01-02-HA51-JFK-0900"]
    assert part.bill_through.isoformat() == "2013-01-03T00:00:00-05:00"


def test_an_example_that_is_not_installed_is_named() -> None:
    with pytest.raises(NotFound, match="'trains'"):
        load_example("trains")


def test_the_printed_json_is_one_document(empty: Installation) -> None:
    done = empty.run("demo", "--no-serve", "--json", *SMALL)

    assert json.loads(done.out)["invoices"][0] == {
        "customer": "archive",
        "issued_on": "2026-03-01",
        "number": "INV-000001",
        "status": "finalized",
        "currency": "EUR",
        "total": "47.50",
        "lines": [
            {
                "price": "stored",
                "dimensions": {},
                "period_start": "2026-02-01",
                "quantity": "1125.274401187169",
                "amount": "47.50",
            }
        ],
    }
