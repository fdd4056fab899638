"""Payments that came by another way, and taxes that the provider computes, by command line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.edge.running import Installation
from tests.edge.test_command_line import PLAN, SETTINGS, event

_SANDBOX = """
[connections.main]
provider = "sandbox"
file = "sandbox.db"
pays_by_itself = false
"""


def company(folder: Path, template: Path, settings: str = "") -> Installation:
    """A customer with 40 calls at 0.50 in January, and a provider that keeps what it is sent."""
    (folder / "gateway.toml").write_text(SETTINGS + _SANDBOX + settings)
    (folder / "plan.toml").write_text(PLAN)
    shutil.copyfile(template, folder / "gateway.db")
    made = Installation(folder)
    for command in (
        ["plans", "apply", "plan.toml"],
        ["customers", "create", "acme", "--name", "Acme"],
        ["subscriptions", "create", "acme", "basic", "--from", "2026-01-01T00:00:00Z"],
    ):
        done = made.run(*command)
        assert done.code == 0, done.err
    made.json("ingest", "-", sent=b"\n".join(json.dumps(event(number)).encode() for number in range(40)))
    return made


@pytest.fixture
def billed(tmp_path: Path, sqlite_template: Path) -> Installation:
    """Acme's invoice of January, delivered."""
    made = company(tmp_path, sqlite_template)
    assert made.json("bill", "--deliver")["delivered"] == 1
    return made


def invoice(installation: Installation) -> dict[str, Any]:
    [found] = installation.json("invoices")
    return dict(found)


def payment(installation: Installation) -> str:
    """What the list of invoices says of the money."""
    [_, row] = installation.run("invoices").out.splitlines()
    return str(row.split()[4])


def pay(installation: Installation, *more: str, key: str = "p1") -> Any:
    number = invoice(installation)["number"]
    return installation.run("documents", "pay", number, "--received", "2026-02-01", "--key", key, *more)


def test_a_payment_is_kept_and_makes_the_invoice_paid_once_it_is_delivered(billed: Installation) -> None:
    done = pay(billed, "--method", "bank transfer", "--reference", "RF18")
    again = pay(billed, "--method", "bank transfer", "--reference", "RF18")

    assert done.code == 0, done.err
    assert "of invoice INV-000001 is kept, and queued for the provider" in done.err
    assert again.err == done.err
    assert payment(billed) == "unpaid"
    assert billed.json("bill", "--deliver")["delivered"] == 1
    assert payment(billed) == "paid"
    shown = invoice(billed)
    assert (shown["payment_status"], shown["paid_by"], shown["numbered_by"]) == ("paid", "out_of_band", "gateway")


@pytest.mark.parametrize(
    ("amount", "said"),
    [("20.01", "20.01"), ("1.001", "1.001 has more places than USD; record whole minor units")],
)
def test_what_cannot_be_paid_is_refused(billed: Installation, amount: str, said: str) -> None:
    done = pay(billed, "--amount", amount)

    assert done.code == 1
    assert said in done.err
    assert billed.json("bill", "--deliver")["delivered"] == 0


def test_parts_pay_it_together_and_a_key_is_for_one_payment(billed: Installation) -> None:
    first = pay(billed, "--amount", "12.50", key="p1")
    other = pay(billed, "--amount", "7.50", key="p1")
    rest = pay(billed, key="p2")

    assert (first.code, other.code, rest.code) == (0, 1, 0)
    assert "p1" in other.err
    assert billed.json("bill", "--deliver")["delivered"] == 2
    assert payment(billed) == "paid"


def test_billing_says_how_many_invoices_wait_for_a_tax_quote(tmp_path: Path, sqlite_template: Path) -> None:
    made = company(tmp_path, sqlite_template, 'tax_source = "provider"\ntax_percent = "20"\n')

    said = made.run("bill")
    told = made.json("bill", "--deliver")

    assert "0 invoices finalized, 0 held for review, 1 waiting for a tax quote" in said.err
    assert (told["finalized"], len(told["awaiting_quote"])) == ([], 1)
    assert invoice(made)["total"] == "24.00"
    assert made.json("bill")["awaiting_quote"] == []
