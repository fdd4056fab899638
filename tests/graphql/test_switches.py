"""Switching customers to another provider over GraphQL."""

from dataclasses import replace

import pytest

from gateway.services.clocks import RandomIds
from gateway.services.installation import ConnectedProvider, Installation
from gateway.storage.database import Database
from gateway.testing import customer_document
from tests.graphql.asking import Api
from tests.services.switching import RATE, TwoProviders
from tests.support import FixedClock

SWITCH = """mutation ($to: String!, $customers: [String!], $key: String!) {
  switchProvider(to: $to, customers: $customers, idempotencyKey: $key) {
    switches { id target customers moved pending parked givenUp isDone } userErrors { code message } } }"""
LINK = """mutation ($ref: String!, $customer: String! = "acme-1", $key: String!) {
  linkCustomer(customer: $customer, connection: "new", ref: $ref, idempotencyKey: $key) {
    delivery { id kind status reason remedy } userErrors { code message } } }"""
PROGRESS = "{ providerSwitches { id target moved pending isDone } }"
PARITY = "{ shadowParity { connection same different failed pending isProven } }"


@pytest.fixture
def world(database: Database, clock: FixedClock) -> TwoProviders:
    connections = tuple(ConnectedProvider(name, "sandbox", RATE) for name in ("main", "new"))
    installation = Installation(database, clock, clock, RandomIds(), connection="main", connections=connections)
    return TwoProviders.of(installation, clock, customers=2)


def test_a_switch_is_begun_once_and_its_progress_is_shown(world: TwoProviders) -> None:
    api = Api(world.installation)
    asked = {"to": "new", "key": "one"}
    begun = api.ask(SWITCH, **asked)["switchProvider"]
    assert api.ask(SWITCH, **asked)["switchProvider"] == begun
    [switch] = begun["switches"]
    assert (switch["target"], switch["customers"], switch["pending"], switch["isDone"]) == ("new", 2, 2, False)
    world.deliver_all()
    assert api.ask(PROGRESS)["providerSwitches"] == [
        {"id": switch["id"], "target": "new", "moved": 2, "pending": 0, "isDone": True}
    ]
    customers = api.ask("{ customers { edges { node { key connection } } } }")["customers"]["edges"]
    assert [edge["node"]["connection"] for edge in customers] == ["new", "new"]


def test_what_is_not_known_is_refused_as_data(world: TwoProviders) -> None:
    api = Api(world.installation)
    for to, customers in (("nowhere", None), ("new", ["nobody"])):
        answer = api.ask(SWITCH, to=to, customers=customers, key=to)["switchProvider"]
        assert (answer["switches"], answer["userErrors"][0]["code"]) == ([], "NOT_FOUND")


def test_a_customer_is_linked_once_and_what_leads_nowhere_says_so(world: TwoProviders) -> None:
    api = Api(world.installation)
    there = world.new.put_customer(customer_document(id="theirs"), "by hand")
    asked = api.ask(LINK, ref=there.ref, key="one")["linkCustomer"]
    assert api.ask(LINK, ref=there.ref, key="one")["linkCustomer"] == asked
    assert (asked["delivery"]["kind"], asked["delivery"]["status"]) == ("LINK", "PENDING")
    api.ask(LINK, ref="nobody", customer="acme-2", key="two")
    world.deliver_all()
    shown = api.ask("{ deliveries { nodes { kind status remedy } } }")["deliveries"]["nodes"]
    assert sorted((each["status"], each["remedy"]) for each in shown) == [
        ("DELIVERED", None),
        ("PARKED", "look up its id at new, and link that"),
    ]
    refused = api.ask(LINK, ref=there.ref, customer="acme-2", key="three")["linkCustomer"]
    assert (refused["delivery"], refused["userErrors"][0]["code"]) == (None, "INVALID")


def test_the_parity_of_a_shadow_run_is_shown(world: TwoProviders) -> None:
    nothing = {"connection": None, "same": 0, "different": 0, "failed": 0, "pending": 0, "isProven": False}
    assert Api(world.installation).ask(PARITY) == {"shadowParity": nothing}
    world.installation = replace(world.installation, shadow="new")
    world.finalize(1)
    assert Api(world.installation).ask(PARITY) == {"shadowParity": nothing | {"connection": "new", "pending": 1}}
