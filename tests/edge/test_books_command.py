"""Closing the books and looking at them by command line."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.edge.acme import customer_with_calls
from tests.edge.running import Installation

JANUARY = ("--month", "2026-01")
FEBRUARY = ("--month", "2026-02")


@pytest.fixture
def acme(tmp_path: Path, sqlite_template: Path) -> Installation:
    """A customer with calls in January that are not billed yet."""
    return customer_with_calls(tmp_path, sqlite_template)


@pytest.fixture
def billed(acme: Installation) -> Installation:
    """Acme's invoice of January: 18.00 earned in January, and owed from 1 February on with 3.60 of tax."""
    acme.json("bill")
    return acme


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "gateway.db")) as connection, connection:
        connection.execute(statement)


def test_the_trial_balance_is_a_table_or_json(billed: Installation) -> None:
    table = billed.run("books", "balances", *FEBRUARY).out.splitlines()
    assert [line.split() for line in table] == [
        ["account", "class", "currency", "opening", "debits", "credits", "closing"],
        ["receivables", "asset", "USD", "0.00", "21.60", "0.00", "21.60", "Dr"],
        ["unbilled_receivables", "asset", "USD", "18.00", "Dr", "0.00", "18.00", "0.00"],
        ["tax_liability", "liability", "USD", "0.00", "0.00", "3.60", "3.60", "Cr"],
        ["revenue", "income", "USD", "18.00", "Cr", "0.00", "0.00", "18.00", "Cr"],
        ["total", "USD", "0.00", "21.60", "21.60", "0.00"],
    ]
    [account] = billed.json("books", "balances", *FEBRUARY, "--kind", "receivables", "--json")
    assert account == {
        "account": "receivables:acme", "class": "asset", "currency": "USD", "opening": "0.00", "debits": "21.60",
        "credits": "0.00", "closing": "21.60",
    }  # fmt: skip


def test_transfers_of_an_account_are_listed(billed: Installation) -> None:
    found = billed.json("books", "transfers", "receivables:acme", *FEBRUARY, "--json")
    assert sorted((each["credit"], each["amount"], each["accounting_day"]) for each in found) == [
        ("tax_liability:vat", "3.60", "2026-02-01"),
        ("unbilled_receivables:acme", "18.00", "2026-02-01"),
    ]
    table = billed.run("books", "transfers", "receivables:acme", *FEBRUARY).out
    assert "unbilled_receivables:acme" in table
    assert billed.json("books", "transfers", "receivables:acme", *JANUARY, "--json") == []


def test_a_month_is_closed_locked_and_listed(billed: Installation) -> None:
    assert billed.run("books", "close", "2026-01").err == "Month 2026-01 of default is closed\n"
    assert billed.run("books", "reopen", "2026-01", "--reason", "late usage").code == 0
    assert billed.run("books", "close", "2026-01").code == 0
    assert billed.run("books", "lock", "2026-01").err == "Month 2026-01 of default is locked\n"
    [january, february] = billed.json("books", "periods", "--json")
    assert (january["month"], january["status"], january["changed_by"]) == ("2026-01", "locked", "cli")
    assert (february["month"], february["status"], february["changed_at"]) == ("2026-02", "open", None)
    assert "locked" in billed.run("books", "periods").out


def test_what_is_earned_is_posted_once(billed: Installation) -> None:
    for _ in range(2):
        done = billed.run("books", "recognise")
        assert done.code == 0
    assert done.err == "Revenue is posted through the last month: 0 new records in the journal\n"


def test_a_month_that_is_not_ready_names_each_thing_on_a_line(acme: Installation) -> None:
    refused = acme.run("books", "close", "2026-01")
    said = "error: 2026-01: 1 billing date is not billed; run `gateway bill` after the grace period\n"
    assert (refused.code, refused.err) == (1, said)
    assert acme.run("books", "close", "2026-01", "--override", "the auditor wants it").code == 0
    [january] = acme.json("books", "periods", "--json")
    assert (january["reason"], len(january["passed_over"])) == ("the auditor wants it", 1)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("books", "close", "January"), "'January' is not a month; write it like 2013-06"),
        (("books", "close", "2026-01", "--entity", "nobody"), "Legal entity 'nobody' does not exist"),
        (("books", "lock", "2026-01"), "Month 2026-01 is open; close it first"),
        (("books", "balances", "--month", "2026-01", "--kind", "pocket"), "'pocket' is not a kind of account"),
        (("books", "transfers", "cash", "--month", "13"), "'13' is not a month"),
    ],
)
def test_what_cannot_be_done_says_why(billed: Installation, command: tuple[str, ...], said: str) -> None:
    refused = billed.run(*command)
    assert (refused.code, said in refused.err) == (1, True)


def test_verifying_says_what_differs(billed: Installation, tmp_path: Path) -> None:
    done = billed.run("books", "verify")
    assert (done.code, done.err) == (0, "3 transfers added up, 0 balances differ from that\n")
    change(tmp_path, "UPDATE account_balance SET debit_low = 2159 WHERE account = 'receivables:acme'")
    refused = billed.run("books", "verify")
    assert (refused.code, "receivables:acme" in refused.out, "1 balance differ" in refused.err) == (1, True, True)
    assert '"debits_kept": "21.59"' in billed.run("books", "verify", "--json").out


def test_the_running_month_is_the_one_that_is_shown(billed: Installation) -> None:
    assert billed.run("books", "balances").code == 0
