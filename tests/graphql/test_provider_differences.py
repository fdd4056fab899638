"""Where what a provider holds differs from our documents, and pages to pay, over GraphQL."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.core.access import Caller, Scope
from gateway.core.ports.provider_differences import ProviderReconciliation
from gateway.core.provider_differences import DifferenceKind
from gateway.plugin_api import DocumentKind, Money
from gateway.services.follow_provider import follow
from gateway.services.installation import ConnectedProvider, Installation
from gateway.services.reconcile_provider import reconcile
from tests.graphql.asking import Api, token_of
from tests.services.altered import Altered
from tests.services.delivering import World
from tests.support import FixedClock

LIST = """query($connection: String, $state: ProviderDifferenceState, $kind: ProviderDifferenceKind, $invoice: ID,
    $first: Int = 20, $after: String) {
  providerDifferences(
    connection: $connection, state: $state, kind: $kind, invoice: $invoice, first: $first, after: $after
  ) { totalCount pageInfo { hasNextPage endCursor } nodes { id connection kind documentKind documentId ref ours theirs
    foundAt seenAt state closedAt actor note invoice { number providerDifferences { kind } } } } }"""
ANSWER = """mutation($id: ID!, $answer: ProviderDifferenceAnswer!, $note: String = "agreed", $key: String = "k") {
  answerProviderDifference(id: $id, answer: $answer, note: $note, idempotencyKey: $key) {
    providerDifference { state actor note closedAt } userErrors { code message } } }"""


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> World:
    """Two invoices, each with another total at the provider."""
    connected = (ConnectedProvider("main", "sandbox", None),)
    world = World.of(replace(installation, connections=connected), clock)
    there = Altered(world.provider)
    for number in (1, 2):
        world.finalize(number)
        world.deliver()
        (made,) = world.at_provider(DocumentKind.INVOICE, f"inv_{number}")
        there.alter(made.ref, total=Money(1500, "EUR"))
    reconcile(world.installation, "main", there.provider)
    return world


@pytest.fixture
def api(world: World) -> Api:
    return Api(world.installation)


def listed(api: Api, **variables: object) -> Any:
    return api.ask(LIST, **variables)["providerDifferences"]


def test_a_difference_is_shown_with_both_values_and_what_waits_for_it(api: Api, world: World) -> None:
    shown = listed(api, invoice="inv_1")
    (made,) = world.at_provider(DocumentKind.INVOICE, "inv_1")
    assert shown["totalCount"] == "1"
    assert shown["nodes"][0] | {"id": ""} == {
        "id": "",
        "connection": "main",
        "kind": "TOTAL",
        "documentKind": "INVOICE",
        "documentId": "inv_1",
        "ref": made.ref,
        "ours": "16.00 EUR",
        "theirs": "15.00 EUR",
        "foundAt": "2026-03-01T12:00:00Z",
        "seenAt": "2026-03-01T12:00:00Z",
        "state": "OPEN",
        "closedAt": None,
        "actor": None,
        "note": None,
        "invoice": {"number": "INV-000001", "providerDifferences": [{"kind": "TOTAL"}]},
    }


def test_differences_come_in_pages_and_by_what_they_are(api: Api) -> None:
    first = listed(api, first=1)
    second = listed(api, first=1, after=first["pageInfo"]["endCursor"])
    assert first["pageInfo"]["hasNextPage"]
    assert not second["pageInfo"]["hasNextPage"]
    assert {each["nodes"][0]["documentId"] for each in (first, second)} == {"inv_1", "inv_2"}
    for variables, count in (
        ({"connection": "main"}, "2"),
        ({"connection": "other"}, "0"),
        ({"kind": DifferenceKind.TAX.name}, "0"),
        ({"kind": "TOTAL", "state": "OPEN"}, "2"),
        ({"state": "RESOLVED"}, "0"),
    ):
        assert listed(api, **variables)["totalCount"] == count


def test_a_person_answers_a_difference_once(api: Api) -> None:
    shown = listed(api, invoice="inv_1")["nodes"][0]
    done = api.ask(ANSWER, id=shown["id"], answer="RESOLVE")["answerProviderDifference"]
    assert done == {
        "providerDifference": {
            "state": "RESOLVED",
            "actor": "key_admin",
            "note": "agreed",
            "closedAt": "2026-03-01T12:00:00Z",
        },
        "userErrors": [],
    }
    assert api.ask(ANSWER, id=shown["id"], answer="RESOLVE")["answerProviderDifference"] == done
    again = api.ask(ANSWER, id=shown["id"], answer="RESOLVE", key="other")["answerProviderDifference"]
    assert again["providerDifference"] is None
    assert again["userErrors"][0]["code"] == "ILLEGAL_TRANSITION"
    assert listed(api, state="OPEN")["totalCount"] == "1"


def test_what_cannot_be_accepted_is_refused_with_the_way_out(api: Api) -> None:
    shown = listed(api, invoice="inv_1")["nodes"][0]
    refused = api.ask(ANSWER, id=shown["id"], answer="ACCEPT")["answerProviderDifference"]
    assert refused["userErrors"][0]["code"] == "ILLEGAL_TRANSITION"
    assert "cannot be accepted: our document never changes" in refused["userErrors"][0]["message"]


def test_a_difference_is_found_by_its_id_but_not_by_a_customer(api: Api) -> None:
    shown = listed(api, invoice="inv_1")["nodes"][0]
    document = "query($id: ID!) { node(id: $id) { ... on ProviderDifference { kind } } }"
    assert api.ask(document, id=shown["id"])["node"] == {"kind": "TOTAL"}
    assert api.ask(document, token_of("acme-1"), id=shown["id"])["node"] is None


def test_a_customer_is_shown_where_to_pay_and_no_difference(api: Api, world: World) -> None:
    document = "{ invoices { nodes { number payUrl providerDifferences { id } } } }"
    (made,) = world.at_provider(DocumentKind.INVOICE, "inv_1")
    expected = {"number": "INV-000001", "payUrl": made.pay_url, "providerDifferences": []}
    assert made.pay_url is not None
    assert api.ask(document, token_of("acme-1"))["invoices"]["nodes"] == [expected]


def test_what_is_paid_has_no_page_to_pay(api: Api, world: World) -> None:
    (made,) = world.at_provider(DocumentKind.INVOICE, "inv_1")
    world.provider.pay(made.ref)
    follow(world.installation, "main", world.provider)
    assert api.ask('{ invoice(number: "INV-000001") { payUrl } }')["invoice"] == {"payUrl": None}


def test_a_comparison_is_requested_and_its_last_run_is_shown(api: Api, world: World, clock: FixedClock) -> None:
    fields = "requestedAt beganAt endedAt compared found notOurs failure"
    reader = Caller("key_reader", frozenset({Scope.READ}))
    done = ProviderReconciliation("main", began_at=clock.now(), ended_at=clock.now(), compared=7, found=2, not_ours=1)
    world.installation.storage.transact(lambda unit: unit.differences.set_reconciliation(done))
    ask = f"""mutation($name: String!) {{ reconcileProvider(name: $name, since: "2026-01-01T00:00:00Z") {{
      connection {{ reconciliation {{ {fields} }} }} userErrors {{ code }} }} }}"""
    assert api.answer(ask, reader, name="main").codes == ["FORBIDDEN"]
    clock.advance(timedelta(minutes=1))
    shown = api.ask(ask, name="main")["reconcileProvider"]["connection"]["reconciliation"]
    assert shown == {
        "requestedAt": "2026-03-01T12:01:00Z",
        "beganAt": "2026-03-01T12:00:00Z",
        "endedAt": "2026-03-01T12:00:00Z",
        "compared": 7,
        "found": 2,
        "notOurs": 1,
        "failure": None,
    }
    assert api.ask(ask, name="other")["reconcileProvider"]["userErrors"] == [{"code": "NOT_FOUND"}]
