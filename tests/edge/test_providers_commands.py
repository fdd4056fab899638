"""`gateway providers`: connections, and switching customers between them."""

import shutil
from pathlib import Path

import pytest

from tests.edge.running import Installation

CONFIG = """
[connections.main]
provider = "sandbox"
file = "main.db"
[connections.new]
provider = "sandbox"
file = "new.db"
currencies = ["USD"]
pays_by_itself = {pays}
"""
PLAN = """
[[plans]]
key = "basic"
name = "Basic"
currency = "{currency}"
interval = "month"
[[plans.prices]]
key = "base"
name = "Base fee"
model = "flat"
amount = "10"
timing = "in_advance"
"""


@pytest.fixture
def migrated(tmp_path: Path, sqlite_template: Path) -> Installation:
    """An empty database."""
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    return Installation(tmp_path)


@pytest.fixture
def company(migrated: Installation) -> Installation:
    return set_up(migrated)


def set_up(installation: Installation, currency: str = "USD", pays: str = "true") -> Installation:
    """Two customers with a delivered, unpaid invoice each."""
    (installation.folder / "gateway.toml").write_text(CONFIG.format(pays=pays))
    (installation.folder / "plan.toml").write_text(PLAN.format(currency=currency))
    installation.json("plans", "apply", "plan.toml")
    for customer in ("acme", "beta"):
        installation.json("customers", "create", customer, "--name", customer.title())
        installation.json("subscriptions", "create", customer, "basic", "--from", "2026-01-01T00:00:00Z")
    installation.json("bill", "--as-of", "2026-01-02T00:00:00Z", "--deliver")
    return installation


def test_a_dry_run_says_what_would_happen_and_does_nothing(company: Installation) -> None:
    plan = company.json("providers", "switch", "--to", "new", "--dry-run")
    assert plan["summary"] == {
        "customers": 2, "known": 0, "found": 0, "missing": 2, "unknown": 0, "blocked": 0, "warned": 2,
        "open_invoices": 2, "credits": 0,
    }  # fmt: skip
    assert [each["stays_at"] for each in plan["open_invoices"]] == ["main", "main"]
    assert [(each["connection"], each["customers"]) for each in company.json("providers", "list")] == [
        ("main", 2),
        ("new", 0),
    ]


def test_a_dry_run_is_shown_in_tables(company: Installation) -> None:
    done = company.run("providers", "switch", "--to", "new", "--dry-run", "--customer", "acme")
    assert "acme      main  will be made  warns     Nothing to pay by at new yet" in done.out
    assert "INV-000001    acme      10.00 USD  unpaid  stays at main" in done.out
    assert "1 customer would go to new: 0 blocked, 1 with warnings; 1 open invoice would stay" in done.err


def test_customers_are_switched_and_their_next_invoices_go_there(company: Installation) -> None:
    done = company.json("providers", "switch", "--to", "new")
    [switch] = done["switches"]
    assert (switch["customers"], switch["moved"], switch["waiting"]) == (2, 2, [])
    assert company.json("providers", "switch", "--to", "new") == {"target": "new", "switches": []}
    billed = company.json("bill", "--as-of", "2026-02-02T00:00:00Z", "--deliver")
    assert billed["delivered_to"] == {"new": 2}
    listed = {each["connection"]: each for each in company.json("providers", "list")}
    assert [(each["customers"], each["open_documents"]) for each in listed.values()] == [(0, 2), (2, 2)]


def test_what_is_left_to_configure_is_said(company: Installation) -> None:
    done = company.run("providers", "switch", "--to", "new")
    assert "2 customers switched to new" in done.err
    assert "New customers go to main, until `billing.connection` says 'new'" in done.err


def test_customers_that_are_blocked_keep_all_from_being_switched(migrated: Installation) -> None:
    company = set_up(migrated, currency="EUR")
    assert company.run("providers", "switch", "--to", "new", "--dry-run").code == 1
    done = company.run("providers", "switch", "--to", "new")
    assert done.code == 1
    assert (
        "2 customers cannot be switched to new, such as 'acme': new does not have EUR enabled; enable EUR at new"
        in done.err
    )
    assert company.json("providers", "list")[1]["customers"] == 0


def test_moves_that_are_parked_are_told_with_what_to_do(company: Installation) -> None:
    broken = Installation(company.folder, {"GATEWAY_CONNECTIONS__NEW__FAULTS__DECLINE": "1"})
    done = broken.run("providers", "switch", "--to", "new", "--customer", "acme")
    assert done.code == 1
    assert "acme: The sandbox declines this: correct what the provider refuses" in done.err
    again = company.json("providers", "switch", "--to", "new", "--customer", "acme")
    assert again["switches"][0]["moved"] == 1


def test_a_connection_that_is_not_configured_is_named(company: Installation) -> None:
    done = company.run("providers", "switch", "--to", "nowhere")
    assert "There is no connection 'nowhere'; choose one of main, new, or configure it" in done.err
