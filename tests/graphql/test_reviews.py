"""The queue of reviews over GraphQL: what waits, why, and what is decided."""

from datetime import UTC, datetime

import pytest

from tests.graphql.asking import Api
from tests.graphql.company import bill, event, send
from tests.support import FixedClock

LIST = """query($filter: ReviewFilter, $first: Int = 20, $after: String) {
  reviews(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id kind status assignee waitsUntil decision decidedBy resolvedAt customer { key }
      invoice { id status holds { kind meterKey cause events { position source eventId } } }
      providerDifference { id } history { actor action reason } } } }"""
ASSIGN = """mutation($id: ID!, $to: String) {
  assignReview(id: $id, assignee: $to, idempotencyKey: "a") { review { assignee } userErrors { code message } } }"""
COMMENT = """mutation($id: ID!, $text: String!) {
  commentReview(id: $id, text: $text, idempotencyKey: "c") {
    review { history { action } } userErrors { code message } } }"""
RESOLVE = """mutation($id: ID!, $decision: ReviewDecision!, $until: DateTime, $key: String = "r") {
  resolveReview(id: $id, decision: $decision, until: $until, reason: "looked at it", idempotencyKey: $key) {
    review { status decision decidedBy waitsUntil invoice { status } } userErrors { code message } } }"""


@pytest.fixture
def held(company: Api, clock: FixedClock) -> Api:
    """Acme's March is held for a value that cannot be counted."""
    clock.set(datetime(2026, 4, 1, 12, tzinfo=UTC))
    send(company, event("acme", 50, "2026-03-10T00:00:00Z", bytes="many"))
    bill(company, "with a value that cannot be counted")
    return company


def review(api: Api, **asked: str) -> dict[str, object]:
    [found] = api.ask(LIST, filter=asked)["reviews"]["nodes"]
    assert isinstance(found, dict)
    return found


def test_what_waits_is_listed_with_what_holds_it(held: Api) -> None:
    found = review(held, status="OPEN", kind="INVOICE", customer="acme")
    assert found | {"id": "", "invoice": {}} == {
        "id": "",
        "kind": "INVOICE",
        "status": "OPEN",
        "assignee": None,
        "waitsUntil": None,
        "decision": None,
        "decidedBy": None,
        "resolvedAt": None,
        "customer": {"key": "acme"},
        "invoice": {},
        "providerDifference": None,
        "history": [{"actor": "gateway", "action": "REVIEW_OPENED", "reason": None}],
    }
    held_invoice = found["invoice"]
    assert isinstance(held_invoice, dict)
    assert held_invoice["holds"] == [{"kind": "UNCOUNTABLE", "meterKey": "bytes", "cause": None, "events": []}]
    by_id = held.ask("query($id: ID!) { node(id: $id) { ... on Review { status } } }", id=found["id"])
    assert by_id == {"node": {"status": "OPEN"}}


def test_reviews_come_in_pages(held: Api) -> None:
    first = held.ask(LIST, first=1)["reviews"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == ("1", False)
    assert held.ask(LIST, after=first["pageInfo"]["endCursor"])["reviews"]["nodes"] == []


def test_a_review_is_assigned_commented_and_resolved(held: Api) -> None:
    name = review(held)["id"]
    assert held.do(ASSIGN, id=name, to="bob")["review"] == {"assignee": "bob"}
    commented = held.do(COMMENT, id=name, text="asked them")["review"]["history"]
    assert {each["action"] for each in commented} == {"REVIEW_OPENED", "REVIEW_ASSIGNED", "REVIEW_COMMENTED"}
    waiting = held.do(RESOLVE, id=name, decision="WAIT", until="2026-04-05T00:00:00Z")["review"]
    assert waiting == {
        "status": "WAITING",
        "decision": "WAIT",
        "decidedBy": "key_admin",
        "waitsUntil": "2026-04-05T00:00:00Z",
        "invoice": {"status": "HELD"},
    }
    accepted = held.do(RESOLVE, id=name, decision="ACCEPT_RECOUNT", key="later")["review"]
    assert (accepted["status"], accepted["invoice"]) == ("RESOLVED", {"status": "APPROVED"})


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"decision": "WAIT"}, "INVALID"),
        ({"decision": "WAIT", "until": "2020-01-01T00:00:00Z"}, "INVALID"),
        ({"decision": "VOID", "id": "rev_unknown"}, "NOT_FOUND"),
    ],
)
def test_what_cannot_be_decided_is_refused_as_data(held: Api, variables: dict[str, str], code: str) -> None:
    [refusal] = held.refusals(RESOLVE, **{"id": review(held)["id"], **variables})
    assert refusal["code"] == code
