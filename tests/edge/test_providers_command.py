"""`gateway providers`, and what `gateway doctor`, `/readyz` and `/metrics` say of a connection that is held."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.core.circuit import Circuit
from gateway.core.connection_hold import ConnectionHold
from gateway.core.provider_differences import DifferenceKind, ProviderDifference
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
            "kind": "billing",
            "provider": "sandbox",
            "default": True,
            "customers": 0,
            "open_documents": 0,
            "account": None,
            "state": "held since 2026-03-01T00:00:00Z",
            "reason": "The key is revoked",
            "remedy": "set another key",
        }
    ]
    assert "set another key" in held.run("providers", "list").out


def test_an_accounting_system_is_listed_beside_those_that_bill(held: Installation) -> None:
    books = '\n[journals.ledger]\ntarget = "plaintext"\ndirectory = "books"\n'
    (held.folder / "gateway.toml").write_text(SETTINGS + books)
    database = open_database(f"sqlite:///{held.folder / 'gateway.db'}")
    database.transact(lambda unit: unit.connections.set_hold("ledger", HOLD))
    database.close()

    listed = held.json("providers", "list")[1]

    assert (listed["connection"], listed["kind"], listed["provider"]) == ("ledger", "accounting", "plaintext")
    assert (listed["state"], listed["remedy"]) == ("held since 2026-03-01T00:00:00Z", "set another key")
    examined = " ".join(held.run("doctor").out.split())
    assert "journals ledger held since 2026-03-01T00:00:00Z, but works now: run `gateway providers" in examined


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


@pytest.fixture
def different(tmp_path: Path, sqlite_template: Path) -> Installation:
    made = installation(tmp_path, sqlite_template, None, Circuit())
    difference = ProviderDifference(
        id="dif_1",
        connection="main",
        document_kind="invoice",
        document_id="",
        invoice_id="",
        ref="in_1",
        kind=DifferenceKind.UNKNOWN_HERE,
        ours="nothing",
        theirs="invoice in_1, which carries inv_1",
        found_at=HELD_AT,
        seen_at=HELD_AT,
    )
    database = open_database(f"sqlite:///{tmp_path / 'gateway.db'}")
    database.transact(lambda unit: unit.differences.put(difference))
    database.close()
    return made


SHOWN = {
    "id": "dif_1",
    "connection": "main",
    "kind": "unknown_here",
    "document": "",
    "ref": "in_1",
    "ours": "nothing",
    "theirs": "invoice in_1, which carries inv_1",
    "found_at": "2026-03-01T00:00:00Z",
    "state": "open",
    "note": None,
}


def test_differences_are_listed_and_answered_with_a_note(different: Installation) -> None:
    assert different.json("providers", "differences") == [SHOWN]
    assert "which carries inv_1" in different.run("providers", "differences").out
    refused = different.run("providers", "answer", "dif_1", "accept", "--note", "theirs")
    assert refused.code == 1
    assert "cannot be accepted" in refused.err
    answered = different.run("providers", "answer", "dif_1", "resolve", "--note", "a test of theirs")
    assert (answered.code, answered.err.strip()) == (0, "Difference dif_1 is resolved")
    assert different.json("providers", "differences") == []
    closed = different.json("providers", "differences", "--state", "resolved", "--kind", "unknown_here")
    assert closed == [{**SHOWN, "state": "resolved", "note": "a test of theirs"}]


def test_comparing_finds_nothing_different_and_says_how_much_it_compared(held: Installation) -> None:
    done = held.json("providers", "reconcile", "--connection", "main", "--since", "2026-01-01")
    assert (done["differences"], done["faults"], done["runs"][0]["compared"]) == ([], {}, 0)
    assert "main: 0 documents compared, 0 new differences" in held.run("providers", "reconcile").err


def test_a_difference_that_is_gone_there_is_closed_by_comparing(different: Installation) -> None:
    assert different.run("providers", "reconcile").code == 0
    (gone,) = different.json("providers", "differences", "--state", "vanished")
    assert gone["id"] == "dif_1"
