"""Connections to billing systems over GraphQL: their rate, and whether they answer."""

from dataclasses import replace
from datetime import timedelta

from gateway.core.access import Caller, Scope
from gateway.core.circuit import Circuit
from gateway.core.connection_hold import ConnectionHold
from gateway.plugin_api import RatePolicy
from gateway.services.clocks import RandomIds
from gateway.services.installation import ConnectedProvider, Installation
from gateway.storage.database import Database
from tests.graphql.asking import Api
from tests.support import FixedClock

QUESTION = """{ connections { name provider isDefault rate { requests seconds burst }
  circuit { isOpen openUntil failures reason } hold { reason remedy heldAt probeAt } } }"""
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
            "hold": None,
        },
        {"name": "old", "provider": "gone", "isDefault": False, "rate": None, "circuit": CLOSED, "hold": None},
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


RESUME = """mutation($name: String!) { resumeConnection(name: $name) {
  connection { name hold { reason } } userErrors { code message } } }"""


def test_a_held_connection_says_why_and_goes_on(database: Database, clock: FixedClock) -> None:
    hold = ConnectionHold.begun("The key is revoked", "set another key", clock.now())
    database.transact(lambda unit: unit.connections.set_hold("main", hold))
    asked = api(database, clock)
    assert asked.ask(QUESTION)["connections"][0]["hold"] == {
        "reason": "The key is revoked",
        "remedy": "set another key",
        "heldAt": "2026-03-01T12:00:00Z",
        "probeAt": "2026-03-01T12:01:00Z",
    }
    done = asked.ask(RESUME, name="main")["resumeConnection"]
    assert done == {"connection": {"name": "main", "hold": None}, "userErrors": []}
    assert database.read(lambda unit: unit.connections.holds()) == {}


def test_a_connection_that_is_not_there_is_not_resumed(sqlite_database: Database, clock: FixedClock) -> None:
    done = api(sqlite_database, clock).ask(RESUME, name="gone")["resumeConnection"]
    assert done["connection"] is None
    assert done["userErrors"] == [
        {"code": "NOT_FOUND", "message": "There is no connection 'gone'; there are main, old"}
    ]


def test_only_who_bills_may_resume_a_connection(sqlite_database: Database, clock: FixedClock) -> None:
    reader = Caller("key_reader", frozenset({Scope.READ}))
    assert api(sqlite_database, clock).answer(RESUME, reader, name="main").codes == ["FORBIDDEN"]
