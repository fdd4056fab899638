"""`gateway review`: what waits for a person, by command line."""

import json
from pathlib import Path

import pytest

from tests.edge.acme import customer_with_calls
from tests.edge.running import Installation

LIMIT = '[review]\nlimits = [{ currency = "USD", amount = "10", plan = "basic" }]\n'


@pytest.fixture
def held(tmp_path: Path, sqlite_template: Path) -> Installation:
    """An installation in which an invoice is held, since usage costs more than a limit."""
    acme = customer_with_calls(tmp_path, sqlite_template)
    settings = tmp_path / "gateway.toml"
    settings.write_text(settings.read_text() + LIMIT)
    acme.run("bill")
    return acme


def review(held: Installation) -> str:
    [found] = held.json("review", "list", "--status", "open", "--json")
    name = found["id"]
    assert isinstance(name, str)
    return name


def test_what_waits_is_listed_and_shown_with_what_holds_it(held: Installation) -> None:
    name = review(held)
    heads, row = held.run("review", "list").out.splitlines()
    assert heads.split()[:3] == ["id", "kind", "subject"]
    assert row.split()[:2] == [name, "invoice"]
    shown = held.json("review", "show", name, "--json")
    [hold] = shown["holds"]
    assert (hold["kind"], hold["expected"], hold["found"]) == ("total", "at most 10 USD", "20.00 USD")
    assert [each["action"] for each in shown["history"]] == ["review.opened"]
    assert "usage costs 20.00 USD" in held.run("review", "show", name).out


def test_a_review_is_assigned_commented_and_resolved(held: Installation) -> None:
    name = review(held)
    assert held.run("review", "assign", name, "bob").err == f"Review {name} is bob's\n"
    assert held.run("review", "comment", name, "asked them").code == 0
    done = held.run("review", "resolve", name, "accept_recount", "--reason", "they grew")
    assert done.err == f"Review {name} is resolved: accept_recount\n"
    shown = json.dumps(held.json("review", "show", name, "--json"))
    assert all(word in shown for word in ("asked them", "they grew", "bob"))
    assert held.run("bill").code == 0
    assert [each["status"] for each in held.json("invoices", "--json")] == ["finalized"]


def test_what_cannot_be_decided_says_why(held: Installation) -> None:
    name = review(held)
    refused = held.run("review", "resolve", name, "wait", "--reason", "late events")
    assert (refused.code, "A time is given to wait until" in refused.err) == (1, True)
    unknown = held.run("review", "show", "rev_9")
    assert (unknown.code, unknown.err) == (1, "error: Review 'rev_9' does not exist\n")
