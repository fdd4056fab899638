"""Whatever is sent is answered in words: never as an internal error, and never by something else than was asked."""

import base64
from typing import Any

import pytest

from tests.graphql.asking import Api

CONNECTIONS = [
    "meters",
    "plans",
    "customers",
    "subscriptions",
    "events",
    "invoices",
    "unattributedEvents",
    "quarantinedEvents",
    "deliveries",
    "apiKeys",
]


@pytest.mark.parametrize("connection", CONNECTIONS)
@pytest.mark.parametrize("first", [0, -1, 101, 1_000])
def test_a_page_of_an_impossible_size_is_refused(company: Api, connection: str, first: int) -> None:
    answer = company.answer(
        f"query ($first: Int!) {{ {connection}(first: $first) {{ nodes {{ __typename }} }} }}", first=first
    )
    assert answer.codes == ["INVALID"] if first < 1_000 else answer.codes[0] in {"INVALID", "LIMIT_EXCEEDED"}
    assert "100" in answer.errors[0]["message"]


@pytest.mark.parametrize("connection", CONNECTIONS)
@pytest.mark.parametrize("after", ["", "nonsense", "bm9uc2Vuc2U", "\u00e9", "x" * 10_000])
def test_a_cursor_of_nothing_is_refused(company: Api, connection: str, after: str) -> None:
    document = f"query ($after: String) {{ {connection}(after: $after) {{ nodes {{ __typename }} }} }}"
    answer = company.answer(document, after=after)
    assert answer.codes == ["INVALID"]
    assert "no cursor of this connection" in answer.errors[0]["message"]
    assert len(answer.errors[0]["message"]) < 200


def test_a_cursor_of_another_connection_is_refused(company: Api) -> None:
    cursor = company.ask("{ events(first: 1) { pageInfo { endCursor } } }")["events"]["pageInfo"]["endCursor"]
    document = "query ($after: String) { unattributedEvents(after: $after) { nodes { position } } }"
    assert company.answer(document, after=cursor).codes == ["INVALID"]


def test_the_cursor_of_a_day_that_does_not_exist_is_refused(company: Api) -> None:
    document = "query ($after: String) { invoices(after: $after) { nodes { id } } }"
    cursor = base64.urlsafe_b64encode(b'["invoices","2026-02-31","inv_1"]').decode()
    answer = company.answer(document, after=cursor)
    assert answer.codes == ["INVALID"]


@pytest.mark.parametrize(
    "node_id",
    [
        "",
        "nonsense",
        "cus_nothing",
        "sub_nothing",
        "inv_nothing",
        "inv_nothing:0",
        "dlv_nothing",
        "key_nothing",
        "evq_nothing",
        "meter:nothing",
        "plan:nothing:1",
        "plan:api:x",
        "plan:api:1:2",
        "plan:api:" + "9" * 50,
        "meter:",
        ":",
        "\u0663",
        "inv_" + "x" * 10_000,
    ],
)
def test_unknown_ids_find_nothing(company: Api, node_id: str) -> None:
    document = """query ($id: ID!) {
      node(id: $id) { id } customer(id: $id) { id } subscription(id: $id) { id } invoice(id: $id) { id }
      explainLine(line: $id) { sentence }
    }"""
    assert set(company.ask(document, id=node_id).values()) == {None}


@pytest.mark.parametrize("ordinal", ["-1", "99", "00", "0 ", "+0", "0x0", "\u0660", "1e0", "9" * 400])
def test_lines_that_do_not_exist_are_not_found(company: Api, ordinal: str) -> None:
    invoice = company.ask("{ invoices(first: 1) { nodes { id } } }")["invoices"]["nodes"][0]["id"]
    document = "query ($id: ID!) { node(id: $id) { id } explainLine(line: $id) { sentence } }"
    assert company.ask(document, id=f"{invoice}:{ordinal}") == {"node": None, "explainLine": None}


@pytest.mark.parametrize(
    "document",
    [
        "{ customer { id } }",
        '{ customer(id: "cus_1", key: "acme") { id } }',
        "{ invoice { id } }",
        '{ invoice(id: "inv_1", number: "INV-000001") { id } }',
    ],
)
def test_one_of_two_names_is_needed(company: Api, document: str) -> None:
    answer = company.answer(document)
    assert answer.codes == ["INVALID"]
    assert "exactly one" in answer.errors[0]["message"]


USAGE = {"customer": "acme", "from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"to": "2026-01-01T00:00:00Z"}, "INVALID"),
        ({"to": "2025-01-01T00:00:00Z"}, "INVALID"),
        ({"timeZone": "Nowhere/Land"}, "INVALID"),
        ({"timeZone": ""}, "INVALID"),
        ({"timeZone": "../../etc/passwd"}, "INVALID"),
        ({"meters": ["nothing"]}, "INVALID"),
        ({"groupBy": ["nothing"]}, "INVALID"),
        ({"from": "2000-01-01T00:00:00Z", "window": "HOUR"}, "INVALID"),
        ({"from": "0001-01-01T00:00:00Z"}, "INVALID"),
        ({"to": "9999-12-31T23:59:59Z", "window": "MONTH"}, "INVALID"),
        ({"from": "2026-01-01T00:00:00"}, "BAD_USER_INPUT"),
        ({"from": "yesterday"}, "BAD_USER_INPUT"),
        ({"from": 1767225600}, "BAD_USER_INPUT"),
        ({"from": float("nan")}, "BAD_USER_INPUT"),
        ({"window": "FORTNIGHT"}, "BAD_USER_INPUT"),
        ({"meters": [1]}, "BAD_USER_INPUT"),
    ],
)
def test_usage_that_cannot_be_shown_is_refused(company: Api, changed: dict[str, Any], code: str) -> None:
    document = """query (
      $customer: String!, $from: DateTime!, $to: DateTime!, $meters: [String!], $window: UsageWindow,
      $groupBy: [String!], $timeZone: String! = "UTC"
    ) { usage(
      customer: $customer, from: $from, to: $to, meters: $meters, window: $window, groupBy: $groupBy,
      timeZone: $timeZone
    ) { points { quantity } } }"""
    answer = company.answer(document, **{**USAGE, **changed})
    assert answer.codes == [code]


@pytest.mark.parametrize(
    "document",
    [
        '{ subscriptions { nodes { runningCost(at: "1969-01-01T00:00:00Z") { total { amount } } } } }',
        '{ subscriptions { nodes { runningCost(at: "9999-01-01T00:00:00Z") { total { amount } } } } }',
    ],
)
def test_the_cost_at_an_impossible_time_is_refused(company: Api, document: str) -> None:
    assert set(company.answer(document).codes) <= {"INVALID"}


@pytest.mark.parametrize(
    "document",
    [
        '{ invoices(filter: {color: "red"}) { nodes { id } } }',
        '{ invoices(filter: {issuedFrom: "2026-02-30"}) { nodes { id } } }',
        "{ invoices(filter: {issuedFrom: 20260201}) { nodes { id } } }",
        "{ invoices(filter: {status: PAID}) { nodes { id } } }",
        '{ invoices(first: "many") { nodes { id } } }',
        "{ invoices(first: 99999999999) { nodes { id } } }",
        "{ invoices(first: null) { nodes { id } } }",
        "{ customer(key: 7) { id } }",
        "{ nothing }",
        "{ node { id } }",
        '{ mintCustomerToken(customer: "acme") { token } }',
        "mutation { createCustomer(input: {}) { userErrors { message } } }",
        'mutation { createCustomer(input: {key: "k", name: "n", color: "red"}) { userErrors { message } } }',
        "mutation { ingestEvents(batch: [1]) { userErrors { message } } }",
        "mutation { billDue { userErrors { message } } }",
        "mutation { billDue(idempotencyKey: null) { userErrors { message } } }",
        """mutation { publishPlan(input: {key: "p", name: "P", currency: "USD", prices: [{
          key: "f", name: "F", model: {}
        }]}) { userErrors { message } } }""",
        """mutation { publishPlan(input: {key: "p", name: "P", currency: "USD", prices: [{
          key: "f", name: "F", model: {flat: {amount: "1"}, perUnit: {unitAmount: "1"}}
        }]}) { userErrors { message } } }""",
        """mutation { publishPlan(input: {key: "p", name: "P", currency: "USD", prices: [{
          key: "f", name: "F", model: {flat: null}
        }]}) { userErrors { message } } }""",
        """mutation { publishPlan(input: {key: "p", name: "P", currency: "USD", prices: [{
          key: "f", name: "F", model: {flat: {amount: 1.5}}
        }]}) { userErrors { message } } }""",
        """mutation { publishPlan(input: {key: "p", name: "P", currency: "USD", prices: [{
          key: "f", name: "F", model: {flat: {amount: "NaN"}}
        }]}) { userErrors { message } } }""",
    ],
)
def test_documents_that_do_not_fit_the_schema_are_refused(company: Api, document: str) -> None:
    answer = company.answer(document)
    assert answer.data is None
    assert answer.errors
    assert "INTERNAL" not in answer.codes
