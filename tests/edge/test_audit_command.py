"""`gateway audit`: who did what to what, by command line."""

from pathlib import Path

import pytest

from tests.edge.acme import customer_with_calls
from tests.edge.running import Installation


@pytest.fixture
def voided(tmp_path: Path, sqlite_template: Path) -> tuple[Installation, str]:
    """An installation in which an invoice was made void, and that invoice."""
    acme = customer_with_calls(tmp_path, sqlite_template)
    acme.json("bill")
    [made] = acme.json("invoices", "--json")
    done = acme.run("documents", "void", made["id"], "--reason", "wrong plan", "--key", "void")
    assert done.code == 0, done.err
    return acme, made["id"]


def test_the_log_is_a_table_or_json(voided: tuple[Installation, str]) -> None:
    acme, invoice = voided
    heads, row = acme.run("audit").out.splitlines()
    assert heads.split() == ["at", "actor", "action", "subject", "customer", "reason", "details"]
    assert row.split()[1:6] == ["command", "line", "invoice.voided", invoice, "acme"]
    [entry] = acme.json("audit", "--json")
    assert {**entry, "id": "", "at": ""} == {
        "id": "",
        "at": "",
        "actor": "command line",
        "action": "invoice.voided",
        "subject": invoice,
        "customer": "acme",
        "reason": "wrong plan",
        "details": {"number": "INV-000001", "total": "21.60 USD"},
    }


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--customer", "acme", "--actor", "command line", "--action", "invoice.voided", "--since", "2020-01-01"), 1),
        (("--customer", "globex"), 0),
        (("--actor", "key_1"), 0),
        (("--subject", "inv_1"), 0),
        (("--since", "2999-01-01"), 0),
    ],
)
def test_it_lists_what_is_asked_for(voided: tuple[Installation, str], options: tuple[str, ...], count: int) -> None:
    acme, _ = voided
    assert len(acme.json("audit", "--json", *options)) == count
