"""Webhooks that providers sent, by command line."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook
from gateway.storage.database import open_database
from tests.edge.running import Installation

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
APPLIED = ReceivedWebhook("main", "evt_1", "invoice.paid", "invoice", "in_1", AT, ReceivedStatus.APPLIED, 1)
PARKED = replace(APPLIED, event_id="evt_2", received_at=AT.replace(hour=13), status=ReceivedStatus.PARKED, reason="odd")
ELSEWHERE = replace(PARKED, connection="old", kind=None, received_at=AT.replace(hour=11))


@pytest.fixture
def told(tmp_path: Path, sqlite_template: Path) -> Installation:
    """A gateway that was sent three webhooks, at two connections."""
    file = shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    database = open_database(f"sqlite:///{file}")
    for webhook in (APPLIED, PARKED, ELSEWHERE):
        database.transact(lambda unit, webhook=webhook: unit.received.add(webhook))
    database.close()
    return Installation(tmp_path)


def test_they_are_listed_newest_first_with_what_became_of_them(told: Installation) -> None:
    listed = told.json("webhooks", "received")

    assert [(each["connection"], each["id"], each["status"]) for each in listed] == [
        ("main", "evt_2", "parked"),
        ("main", "evt_1", "applied"),
        ("old", "evt_2", "parked"),
    ]
    assert listed[0] == {
        "connection": "main", "id": "evt_2", "type": "invoice.paid", "ref": "in_1",
        "received_at": "2026-03-01T13:00:00Z", "status": "parked", "attempts": 1, "due_at": None, "reason": "odd",
    }  # fmt: skip
    head, first, *_ = told.run("webhooks", "received").out.splitlines()
    assert head.split()[:3] == ["connection", "id", "type"]
    assert first.split()[-1] == "odd"


def test_those_of_a_state_or_a_connection_are_listed_alone(told: Installation) -> None:
    parked = told.json("webhooks", "received", "--status", "parked", "--connection", "main")
    assert [each["id"] for each in parked] == ["evt_2"]
    assert told.json("webhooks", "received", "--status", "pending") == []


def test_a_parked_one_is_looked_into_again(told: Installation) -> None:
    done = told.run("webhooks", "retry-received", "evt_2")

    assert done.code == 0, done.err
    assert "Webhook evt_2 of main is looked into again" in done.err
    [pending] = told.json("webhooks", "received", "--status", "pending")
    assert (pending["connection"], pending["attempts"], pending["reason"]) == ("main", 0, None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evt_1"], "Webhook 'evt_1' is applied; only a parked one can be tried again"),
        (["evt_9"], "Connection 'main' has sent no webhook 'evt_9' that was kept"),
        (["evt_2", "--connection", "old"], "Webhook 'evt_2' was not understood; have the provider send it again"),
    ],
)
def test_what_cannot_be_looked_into_again_says_why(told: Installation, arguments: list[str], said: str) -> None:
    done = told.run("webhooks", "retry-received", *arguments)

    assert done.code == 1
    assert said in done.err
