"""`gateway deliveries`, and what `gateway plugins check` says of rates."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.core.circuit import Circuit
from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.storage.database import open_database
from tests.edge.running import Installation
from tests.edge.test_command_line import SETTINGS

DUE = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def parked(tmp_path: Path, sqlite_template: Path) -> Installation:
    """One delivery that waits for a person, one that is due, and a provider that does not answer."""
    (tmp_path / "gateway.toml").write_text(SETTINGS)
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    database = open_database(f"sqlite:///{tmp_path / 'gateway.db'}")
    held = Delivery("dlv_1", "main", "inv_1", DeliveryStatus.PARKED, 3, reason="the card", remedy="another card")
    down = Circuit(6, datetime.now(UTC) + timedelta(hours=1), "no answer")
    database.transact(lambda unit: unit.deliveries.add(held))
    database.transact(lambda unit: unit.deliveries.add(Delivery("dlv_2", "main", "inv_2", due_at=DUE)))
    database.transact(lambda unit: unit.connections.set_circuit("main", down))
    database.close()
    return Installation(tmp_path)


def test_deliveries_are_listed_with_reason_and_remedy(parked: Installation) -> None:
    assert parked.json("deliveries", "list", "--status", "parked") == [
        {
            "id": "dlv_1",
            "connection": "main",
            "document": "inv_1",
            "customer": None,
            "status": "parked",
            "attempts": 3,
            "due_at": None,
            "reason": "the card",
            "remedy": "another card",
        }
    ]
    assert [each["id"] for each in parked.json("deliveries", "list")] == ["dlv_1", "dlv_2"]


def test_a_provider_that_does_not_answer_is_named(parked: Installation) -> None:
    listed = parked.run("deliveries", "list")
    assert listed.code == 0
    assert "another card" in listed.out
    assert "main is left alone until" in listed.err
    assert "after 6 failures: no answer" in listed.err


def test_a_parked_delivery_goes_on(parked: Installation) -> None:
    assert parked.run("deliveries", "resume", "dlv_1").code == 0
    statuses = {each["id"]: each["status"] for each in parked.json("deliveries", "list")}
    assert statuses == {"dlv_1": "pending", "dlv_2": "pending"}
    again = parked.run("deliveries", "resume", "dlv_1")
    assert again.code == 1
    assert "only a parked one can be resumed" in again.err


def test_a_parked_credit_note_is_settled_by_hand_and_an_invoice_is_not(parked: Installation) -> None:
    database = open_database(f"sqlite:///{parked.folder / 'gateway.db'}")
    note = Delivery("dlv_3", "main", "cn_1", DeliveryStatus.PARKED, reason="cannot", remedy="by hand")
    database.transact(lambda unit: unit.deliveries.add(note))
    database.close()

    assert parked.run("deliveries", "settle", "dlv_3", "--reason", "Refunded by card").code == 0
    refused = parked.run("deliveries", "settle", "dlv_1", "--reason", "No more")

    [settled] = parked.json("deliveries", "list", "--status", "delivered")
    assert settled["reason"] == "Settled by hand by the command line: Refunded by card"
    assert refused.code == 1
    assert "of invoice cannot be settled by hand" in refused.err


def test_the_rate_of_a_connection_is_shown(parked: Installation) -> None:
    assert "main (sandbox, 10000 requests in 1 s): works" in parked.run("plugins", "check").err
    assert parked.json("plugins", "check")["rates"] == {"main": {"requests": 10_000, "seconds": 1, "burst": 1000}}
