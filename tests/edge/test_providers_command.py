"""`gateway providers`, and what `gateway doctor`, `/readyz` and `/metrics` say of a connection that is held."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.core.circuit import Circuit
from gateway.core.connection_hold import ConnectionHold
from gateway.storage.database import open_database
from tests.edge.running import Installation
from tests.edge.test_command_line import SETTINGS

HELD_AT = datetime(2026, 3, 1, tzinfo=UTC)
HOLD = ConnectionHold.begun("The key is revoked", "set another key", HELD_AT)


def installation(folder: Path, template: Path, hold: ConnectionHold | None, circuit: Circuit) -> Installation:
    (folder / "gateway.toml").write_text(SETTINGS)
    shutil.copyfile(template, folder / "gateway.db")
    database = open_database(f"sqlite:///{folder / 'gateway.db'}")
    database.transact(lambda unit: unit.connections.set_circuit("main", circuit))
    if hold is not None:
        database.transact(lambda unit: unit.connections.set_hold("main", hold))
    database.close()
    return Installation(folder)


@pytest.fixture
def held(tmp_path: Path, sqlite_template: Path) -> Installation:
    return installation(tmp_path, sqlite_template, HOLD, Circuit())


def test_a_held_connection_is_listed_with_what_to_do(held: Installation) -> None:
    assert held.json("providers", "list") == [
        {
            "connection": "main",
            "provider": "sandbox",
            "state": "held since 2026-03-01T00:00:00Z",
            "reason": "The key is revoked",
            "remedy": "set another key",
        }
    ]
    assert "set another key" in held.run("providers", "list").out


def test_a_connection_that_is_left_alone_is_listed_as_such(tmp_path: Path, sqlite_template: Path) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    (shown,) = installation(tmp_path, sqlite_template, None, Circuit(6, until, "no answer")).json("providers", "list")
    assert shown["state"].startswith("left alone until 20")
    assert (shown["reason"], shown["remedy"]) == ("no answer", None)


def test_a_held_connection_is_resumed_by_one_command(held: Installation) -> None:
    assert held.run("providers", "resume", "main").code == 0
    assert held.json("providers", "list")[0]["state"] == "at work"


def test_the_doctor_names_what_is_held_and_the_way_out(held: Installation) -> None:
    examined = held.run("doctor")
    assert examined.code == 1
    expected = "held since 2026-03-01T00:00:00Z, but works now: run `gateway providers resume main`"
    assert expected in " ".join(examined.out.split())
