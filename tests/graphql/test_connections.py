"""Connections to billing systems over GraphQL: their rate, and whether they answer."""

from dataclasses import replace
from datetime import timedelta

from gateway.core.circuit import Circuit
from gateway.plugin_api import RatePolicy
from gateway.services.clocks import RandomIds
from gateway.services.installation import ConnectedProvider, Installation
from gateway.storage.database import Database
from tests.graphql.asking import Api
from tests.support import FixedClock

QUESTION = """{ connections { name provider isDefault rate { requests seconds burst }
  circuit { isOpen openUntil failures reason } } }"""
CONNECTIONS = (
    ConnectedProvider("main", "sandbox", RatePolicy(requests=150, seconds=60, burst=30)),
    ConnectedProvider("old", "gone", None),
)
CLOSED = {"isOpen": False, "openUntil": None, "failures": 0, "reason": None}


def api(database: Database, clock: FixedClock) -> Api:
    return Api(Installation(database, clock, clock, RandomIds(), connection="main", connections=CONNECTIONS))


def test_each_connection_says_who_is_behind_it_and_how_often_it_may_be_asked(
    sqlite_database: Database, clock: FixedClock
) -> None:
    assert api(sqlite_database, clock).ask(QUESTION)["connections"] == [
        {
            "name": "main",
            "provider": "sandbox",
            "isDefault": True,
            "rate": {"requests": 150, "seconds": 60, "burst": 30},
            "circuit": CLOSED,
        },
        {"name": "old", "provider": "gone", "isDefault": False, "rate": None, "circuit": CLOSED},
    ]


def test_a_provider_that_does_not_answer_is_shown(sqlite_database: Database, clock: FixedClock) -> None:
    down = Circuit(7, clock.now() + timedelta(minutes=2), "no answer")
    sqlite_database.transact(lambda unit: unit.connections.set_circuit("main", down))
    asked = api(sqlite_database, clock)
    shown = asked.ask(QUESTION)["connections"][0]["circuit"]
    assert shown == {"isOpen": True, "openUntil": "2026-03-01T12:02:00Z", "failures": 7, "reason": "no answer"}
    clock.advance(timedelta(minutes=2))
    assert asked.ask(QUESTION)["connections"][0]["circuit"]["isOpen"] is False


def test_circuits_are_kept_by_connection(database: Database, clock: FixedClock) -> None:
    down = Circuit(5, clock.now(), "no answer")
    database.transact(lambda unit: unit.connections.set_circuit("main", down))
    database.transact(lambda unit: unit.connections.set_circuit("second", replace(down, open_until=None)))
    database.transact(lambda unit: unit.connections.set_circuit("main", Circuit()))
    found = database.read(lambda unit: unit.connections.circuits())
    assert found == {"main": Circuit(), "second": Circuit(5, None, "no answer")}
