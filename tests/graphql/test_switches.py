"""Switching customers to another provider over GraphQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.money import Money
from gateway.plugin_api import Permanent, QuotedLine, TaxQuote
from gateway.services.clocks import RandomIds
from gateway.services.grant_credit import give_to_wallet
from gateway.services.installation import ConnectedProvider, Installation
from gateway.services.shadow_run import quote_next
from gateway.storage.database import Database
from gateway.testing import customer_document
from gateway.workers.delivery import Delivery
from tests.graphql.asking import Api
from tests.services.switching import RATE, TwoProviders, instead
from tests.services.test_plan_switch import raising
from tests.support import FixedClock

SWITCH = """mutation ($to: String!, $customers: [String!], $key: String!) {
  switchProvider(to: $to, customers: $customers, idempotencyKey: $key) {
    switches { id target customers moved pending parked givenUp isDone } userErrors { code message } } }"""
LINK = """mutation ($ref: String!, $customer: String! = "acme-1", $key: String!) {
  linkCustomer(customer: $customer, connection: "new", ref: $ref, idempotencyKey: $key) {
    delivery { id kind status reason remedy } userErrors { code message } } }"""
PARKED = "{ deliveries(status: PARKED) { nodes { id kind customer { key } } } }"
SETTLE = """mutation ($id: ID!) {
  settleDelivery(id: $id, reason: "A typing error", idempotencyKey: "settle") {
    delivery { status reason } userErrors { code message }
  }
}"""
PLAN = """mutation ($key: String!, $customers: [String!]) {
  planProviderSwitch(to: "new", customers: $customers, idempotencyKey: $key) {
    plan { id state total } userErrors { code message } } }"""
PLANNED = """query ($id: ID!, $after: String) { providerSwitchPlan(id: $id) {
  target state done total failure balancesUnknownAt
  customers(first: 1, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { customerKey fromConnection presence ref currencies problems { kind severity message remedy } } }
  blocked: customers(severity: BLOCKS) { totalCount }
  openInvoices { nodes { number customerKey staysAt total { amount currency } state invoice { status } } }
  credits { nodes { customerKey balance { amount } staysAt } } } }"""
PROGRESS = """query ($after: String) { providerSwitches(first: 1, after: $after) {
  pageInfo { hasNextPage endCursor } nodes { id target moved pending isDone } } }"""
ROWS = """query ($after: String, $only: Boolean! = false) { shadowParity {
  invoices(first: 1, after: $after, onlyDifferent: $only) {
    pageInfo { hasNextPage endCursor }
    nodes { status differences reason ours { total { amount } tax { amount } lines } theirs { total { amount } }
            invoice { customer { key } } } } } }"""
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
    assert api.ask(PROGRESS)["providerSwitches"]["nodes"] == [
        {"id": switch["id"], "target": "new", "moved": 2, "pending": 0, "isDone": True}
    ]
    customers = api.ask("{ customers { edges { node { key connection } } } }")["customers"]["edges"]
    assert [edge["node"]["connection"] for edge in customers] == ["new", "new"]


def test_a_parked_move_says_whose_it_is_and_is_given_up_by_another_switch(world: TwoProviders) -> None:
    api = Api(world.installation)
    api.ask(SWITCH, to="new", customers=["acme-2"], key="one")
    world.deliver(provider=instead(world.new, put_customer=raising(Permanent("declined"))))
    [parked] = api.ask(PARKED)["deliveries"]["nodes"]
    assert (parked["kind"], parked["customer"]) == ("MOVE", {"key": "acme-2"})

    refused = api.ask(SETTLE, id=parked["id"])["settleDelivery"]

    assert (refused["delivery"], refused["userErrors"][0]["code"]) == (None, "ILLEGAL_TRANSITION")
    assert "switch the customer to the connection where it is" in refused["userErrors"][0]["message"]


def test_what_is_not_known_is_refused_as_data(world: TwoProviders) -> None:
    api = Api(world.installation)
    for to, customers in (("nowhere", None), ("new", ["nobody"])):
        answer = api.ask(SWITCH, to=to, customers=customers, key=to)["switchProvider"]
        assert (answer["switches"], answer["userErrors"][0]["code"]) == ([], "NOT_FOUND")


def test_a_plan_is_asked_for_made_by_the_worker_and_read_in_pages(world: TwoProviders) -> None:
    api = Api(world.installation)
    world.finalize(1)
    world.installation.storage.transact(
        lambda unit: give_to_wallet(unit, world.installation, "acme-2", Money(700, "EUR"), "agreed")
    )
    asked = api.ask(PLAN, key="one")["planProviderSwitch"]
    assert api.ask(PLAN, key="one")["planProviderSwitch"] == asked
    assert (asked["plan"]["state"], asked["plan"]["total"], asked["userErrors"]) == ("REQUESTED", None, [])
    worker = Delivery(world.installation, "new", world.new)
    for _ in range(4):
        worker.step()
    plan = api.ask(PLANNED, id=asked["plan"]["id"])["providerSwitchPlan"]
    assert (plan["state"], plan["done"], plan["balancesUnknownAt"]) == ("MADE", 2, ["main"])
    assert (plan["customers"]["totalCount"], plan["blocked"]["totalCount"]) == ("2", "0")
    [first] = plan["customers"]["nodes"]
    assert (first["customerKey"], first["presence"], first["currencies"]) == ("acme-1", "MISSING", ["EUR"])
    assert [(each["kind"], each["severity"]) for each in first["problems"]] == [("PAYMENT_METHOD_MISSING", "WARNS")]
    cursor = plan["customers"]["pageInfo"]["endCursor"]
    rest = api.ask(PLANNED, id=asked["plan"]["id"], after=cursor)["providerSwitchPlan"]["customers"]
    assert ([each["customerKey"] for each in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (["acme-2"], False)
    [invoice] = plan["openInvoices"]["nodes"]
    assert (invoice["staysAt"], invoice["state"], invoice["invoice"]) == ("main", "PENDING", {"status": "FINALIZED"})
    assert plan["credits"]["nodes"] == [{"customerKey": "acme-2", "balance": {"amount": "7.00"}, "staysAt": None}]


def test_a_plan_of_what_is_not_known_is_refused(world: TwoProviders) -> None:
    api = Api(world.installation)
    refused = api.ask(PLAN, key="one", customers=["nobody"])["planProviderSwitch"]
    assert (refused["plan"], refused["userErrors"][0]["code"]) == (None, "NOT_FOUND")
    assert api.ask(PLANNED, id="swp_none") == {"providerSwitchPlan": None}


def test_a_customer_is_linked_once_and_what_leads_nowhere_says_so(world: TwoProviders) -> None:
    api = Api(world.installation)
    there = world.new.put_customer(customer_document(id="theirs"), "by hand")
    asked = api.ask(LINK, ref=there.ref, key="one")["linkCustomer"]
    assert api.ask(LINK, ref=there.ref, key="one")["linkCustomer"] == asked
    assert (asked["delivery"]["kind"], asked["delivery"]["status"]) == ("LINK", "PENDING")
    api.ask(LINK, ref="nobody", customer="acme-2", key="two")
    world.deliver_all()
    shown = api.ask("{ deliveries { nodes { id kind status remedy customer { key } } } }")["deliveries"]["nodes"]
    assert sorted((each["status"], each["remedy"]) for each in shown) == [
        ("DELIVERED", None),
        ("PARKED", "look up its id at new, link that, and settle the delivery (`gateway deliveries settle`)"),
    ]
    assert [each["customer"]["key"] for each in shown if each["status"] == "PARKED"] == ["acme-2"]
    settled = api.ask(SETTLE, id=next(each["id"] for each in shown if each["status"] == "PARKED"))["settleDelivery"]
    assert settled["delivery"]["status"] == "DELIVERED"
    assert settled["delivery"]["reason"].endswith(": A typing error")
    refused = api.ask(LINK, ref=there.ref, customer="acme-2", key="three")["linkCustomer"]
    assert (refused["delivery"], refused["userErrors"][0]["code"]) == (None, "INVALID")


def test_the_parity_of_a_shadow_run_is_shown(world: TwoProviders) -> None:
    nothing = {"connection": None, "same": 0, "different": 0, "failed": 0, "pending": 0, "isProven": False}
    assert Api(world.installation).ask(PARITY) == {"shadowParity": nothing}
    world.installation = replace(world.installation, shadow="new")
    world.finalize(1)
    assert Api(world.installation).ask(PARITY) == {"shadowParity": nothing | {"connection": "new", "pending": 1}}


def test_switches_come_in_pages_newest_first(world: TwoProviders) -> None:
    [first], _ = world.begin(customers=["acme-1"]), world.clock.advance(timedelta(hours=1))
    [second] = world.begin(customers=["acme-2"])
    api = Api(world.installation)
    page = api.ask(PROGRESS)["providerSwitches"]
    assert ([each["id"] for each in page["nodes"]], page["pageInfo"]["hasNextPage"]) == ([second], True)
    rest = api.ask(PROGRESS, after=page["pageInfo"]["endCursor"])["providerSwitches"]
    assert ([each["id"] for each in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == ([first], False)


def test_the_rows_of_a_shadow_run_come_in_pages_and_those_that_differ_alone(world: TwoProviders) -> None:
    assert Api(world.installation).ask(ROWS)["shadowParity"]["invoices"]["nodes"] == []
    world.installation = replace(world.installation, shadow="new")
    for number in (1, 2, 3, 4):
        world.finalize(number)
    other = QuotedLine("inv_2:0", Money(1, "EUR"))
    for members in ({}, {"quote_tax": lambda _: TaxQuote("inv_2", Money(1, "EUR"), [other])}, {"quote_tax": None}):
        quote_next(world.installation, "new", instead(world.new, **members))
    api = Api(world.installation)
    rows, after = [], None
    for _ in range(4):
        page = api.ask(ROWS, after=after)["shadowParity"]["invoices"]
        rows, after = rows + page["nodes"], page["pageInfo"]["endCursor"]
    assert page["pageInfo"]["hasNextPage"] is False
    assert [(each["status"], each["differences"]) for each in rows] == [
        ("QUOTED", []),
        ("QUOTED", ["total"]),
        ("PENDING", []),
        ("PENDING", []),
    ]
    assert rows[0]["ours"] == {"total": {"amount": "12.50"}, "tax": {"amount": "0.00"}, "lines": 1}
    [different] = api.ask(ROWS, only=True)["shadowParity"]["invoices"]["nodes"]
    assert different["theirs"] == {"total": {"amount": "0.01"}}
