"""A customer token sees its own customer only: what is another's is as if it did not exist, in every query field."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLNamedType, get_named_type, is_leaf_type

from gateway.core.access import Caller, Scope
from tests.graphql.asking import Answer, Api, schema, token_of
from tests.graphql.company import NOW, PLAN, add_customer, bill, define, event, send, use
from tests.graphql.conftest import Furnished, opened
from tests.graphql.selections import everything, everything_in_two
from tests.support import FixedClock

ACME = token_of("acme")
_QUERY = schema()._schema.query_type
assert _QUERY is not None

# How each query field is asked for one customer's part of it; $id is a thing's id, $key a customer's key.
ARGUMENTS = {
    "viewer": "",
    "node": "(id: $id)",
    "meters": "(first: 50)",
    "meter": '(key: "secret")',
    "plans": "(allVersions: true)",
    "plan": '(key: "secret")',
    "customers": "",
    "customer": "(key: $key)",
    "subscriptions": "(customer: $key)",
    "subscription": "(id: $id)",
    "events": "(customer: $key)",
    "usage": '(customer: $key, from: "2026-01-01T00:00:00Z", to: "2026-03-02T00:00:00Z", window: MONTH)',
    "invoices": "(filter: {customer: $key}, first: 10)",
    "invoice": "(id: $id)",
    "explainLine": "(line: $id)",
    "previewInvoice": "(subscription: $id)",
    "creditNotes": "(customer: $key)",
    "unattributedEvents": "(customer: $key)",
}
_SPAN = 'plan: {key: "api"}, from: "2026-01-01T00:00:00Z", to: "2026-03-01T00:00:00Z"'
COMPANY_ONLY = {
    "gateway": "",
    "eventTypes": "",
    "quarantinedEvents": "",
    "intake": "",
    "deliveries": "",
    "coupons": "",
    "legalEntities": "",
    "taxRules": "",
    "accountingPeriods": "",
    "journals": '(month: "2026-01")',
    "journalTargets": "",
    "journalComparisons": '(month: "2026-01")',
    "closingChecklist": '(month: "2026-01")',
    "trialBalance": '(month: "2026-01")',
    "accountBalances": '(month: "2026-01", kind: "receivables")',
    "bookedTransfers": '(month: "2026-01", account: "receivables:globex")',
    "apiKeys": "",
    "connections": "",
    "providerSwitches": "",
    "providerSwitchPlan": '(id: "swp_1")',
    "shadowParity": "",
    "projectedRevenue": "",
    "customersAtRisk": "",
    "deferredRevenue": "",
    "recognisedRevenue": "",
    "deferredSchedule": "",
    "revenueBridge": "",
    "receivablesAgeing": "",
    "unbilledAgeing": "",
    "providerDifferences": "",
    "auditLog": "",
    "creditsOutstanding": "",
    "monthlyRecurringRevenue": "",
    "revenueBy": "(by: CUSTOMER)",
    "reratePreview": "(input: {lateEvents: true})",
    "rerateJobs": "",
    "rerateJob": '(id: "job_1")',
    "reviews": "",
    "webhookEndpoints": "",
    "receivedWebhooks": "",
    "comparePlan": '(input: {key: "p", name: "P", currency: "USD", prices: []})',
    "simulate": f"(input: {{{_SPAN}, quantities: []}})",
    "backtest": f"(input: {{{_SPAN}}})",
}


_DEFINE_SECRET = """mutation ($plan: PublishPlanInput!) {
  createMeter(input: {key: "secret", name: "Secret", eventType: "call", aggregation: COUNT, unit: "call"}) {
    userErrors { message }
  }
  publishPlan(input: $plan) { userErrors { message } }
  createSubscription(input: {customer: "globex", plan: "secret", startsAt: "2026-01-01T00:00:00Z"}) {
    userErrors { message }
  }
}"""


def _two_customers(api: Api) -> None:
    """A gateway where `globex` has everything that `acme` must not see, on a plan and with a meter of its own."""
    define(api)
    for customer in ("acme", "globex"):
        add_customer(api, customer)
    secret = {**PLAN, "key": "secret", "prices": [{**PLAN["prices"][1], "meter": "secret"}]}
    done = api.ask(_DEFINE_SECRET, plan=secret)
    assert not [error for payload in done.values() for error in payload["userErrors"]]
    for customer in ("acme", "globex"):
        use(api, customer)
    send(api, event("globex", 99, "2027-01-01T00:00:00Z"))
    bill(api, "first run")
    api.do('mutation { createApiKey(input: {name: "k", scopes: [READ]}) { userErrors { code } } }')


@dataclass(frozen=True)
class TwoCustomers:
    """The gateway, and the ids of all that `acme` must not see."""

    api: Api
    foreign_ids: list[str]


@pytest.fixture(scope="module")
def two_file(furnished: Furnished) -> Path:
    return furnished(_two_customers)


@pytest.fixture(scope="module")
def two(two_file: Path) -> Iterator[TwoCustomers]:
    """The two customers, for tests that only read."""
    with opened(two_file, FixedClock(NOW)) as api:
        yield TwoCustomers(api, list(_foreign_ids(api)))


@pytest.fixture
def two_to_change(two_file: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Api]:
    """The two customers, for a test that changes something."""
    with opened(shutil.copyfile(two_file, tmp_path / "two.db"), clock) as api:
        yield api


def test_every_query_field_is_under_test() -> None:
    assert ARGUMENTS.keys() | COMPANY_ONLY.keys() == set(_QUERY.fields)


@pytest.mark.parametrize("field", ARGUMENTS)
def test_foreign_and_absent_things_give_the_same_answer(two: TwoCustomers, field: str) -> None:
    for document in _documents(field, levels=1):
        absent = two.api.answer(document, ACME, **_variables(document, id="inv_nothing", key="nobody"))
        for foreign_id in two.foreign_ids if "$id" in document else [""]:
            foreign = two.api.answer(document, ACME, **_variables(document, id=foreign_id, key="globex"))
            assert foreign == absent


@pytest.mark.parametrize("field", ARGUMENTS)
def test_nothing_of_another_customer_is_in_an_answer(two: TwoCustomers, field: str) -> None:
    for answer in _own_answers(two.api, field):
        assert not answer.errors
        text = json.dumps(answer.data)
        assert "globex" not in text.lower()
        assert "secret" not in text.lower()
        assert not [foreign for foreign in two.foreign_ids if json.dumps(foreign) in text]


@pytest.mark.parametrize("field", ARGUMENTS)
def test_what_another_customer_does_changes_no_answer(two_to_change: Api, field: str) -> None:
    api = two_to_change
    before = _own_answers(api, field)

    add_customer(api, "initech")
    send(api, *(event("globex", number, "2026-02-20T00:00:00Z") for number in range(200, 210)))
    send(api, event("initech", 1, "2025-02-20T00:00:00Z"))
    bill(api, "second run")

    assert _own_answers(api, field) == before


@pytest.mark.parametrize("field", sorted(COMPANY_ONLY))
def test_what_is_about_all_customers_is_refused(two: TwoCustomers, field: str) -> None:
    (document,) = _documents(field)
    answer = two.api.answer(document, ACME)
    assert answer.data in (None, {field: None})
    assert answer.codes == ["FORBIDDEN"]


def test_a_number_of_anothers_invoice_finds_nothing(two: TwoCustomers) -> None:
    numbers = [
        each["number"]
        for each in two.api.ask('{ invoices(filter: {customer: "globex"}) { nodes { number } } }')["invoices"]["nodes"]
    ]
    for number in [*numbers, "INV-999999"]:
        document = "query ($number: String!) { invoice(number: $number) { id } }"
        assert two.api.ask(document, ACME, number=number) == {"invoice": None}


def test_a_customer_sees_no_invoice_before_it_is_issued(two_to_change: Api, clock: FixedClock) -> None:
    api = two_to_change
    clock.set(datetime(2026, 4, 1, 12, tzinfo=UTC))
    send(api, event("acme", 50, "2026-03-10T00:00:00Z", bytes="many"))
    bill(api, "with a value that cannot be counted")
    held = api.ask('{ invoices(filter: {customer: "acme", status: HELD}) { nodes { id } } }')["invoices"]["nodes"]
    assert len(held) == 1

    seen = api.ask("{ invoices { totalCount nodes { status } } }", ACME)["invoices"]
    assert {node["status"] for node in seen["nodes"]} == {"FINALIZED"}
    assert int(seen["totalCount"]) == len(seen["nodes"])
    by_id = api.ask("query ($id: ID!) { invoice(id: $id) { id } node(id: $id) { id } }", ACME, id=held[0]["id"])
    assert by_id == {"invoice": None, "node": None}


def test_a_customer_is_shown_neither_holds_nor_deliveries(two: TwoCustomers) -> None:
    document = '{ invoices(filter: {customer: "acme"}) { nodes { holds { detail } deliveries { id } } } }'
    assert all(each["deliveries"] for each in two.api.ask(document)["invoices"]["nodes"][:1])
    for each in two.api.ask(document, ACME)["invoices"]["nodes"]:
        assert each == {"holds": [], "deliveries": []}


def test_a_customer_cannot_tell_how_long_the_log_is(two: TwoCustomers) -> None:
    document = """{ usage(customer: "acme", from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z") {
      asOf { position head isCurrent } } }"""
    assert two.api.ask(document, ACME)["usage"]["asOf"] == {"position": None, "head": None, "isCurrent": True}
    assert two.api.ask(document)["usage"]["asOf"]["head"] is not None


def test_a_customer_token_changes_nothing(two: TwoCustomers) -> None:
    mutations = schema()._schema.mutation_type
    assert mutations is not None
    caller = Caller("customer:acme", frozenset(Scope), "acme")
    for name, document in MUTATIONS.items():
        assert two.api.answer(document, caller).codes == ["FORBIDDEN"], name
    assert set(MUTATIONS) == set(mutations.fields)


MUTATIONS = {
    "rerate": """mutation {
      rerate(input: {lateEvents: true}, reason: "r", idempotencyKey: "k") { userErrors { code } }
    }""",
    "assignReview": 'mutation { assignReview(id: "rev_1", idempotencyKey: "k") { userErrors { code } } }',
    "commentReview": 'mutation { commentReview(id: "rev_1", text: "t", idempotencyKey: "k") { userErrors { code } } }',
    "resolveReview": """mutation {
      resolveReview(id: "rev_1", decision: VOID, reason: "r", idempotencyKey: "k") { userErrors { code } }
    }""",
    "postJournals": 'mutation { postJournals(month: "2026-01", idempotencyKey: "k") { userErrors { code } } }',
    "reverseJournal": 'mutation { reverseJournal(id: "jrn_1", idempotencyKey: "k") { userErrors { code } } }',
    "compareJournals": 'mutation { compareJournals(month: "2026-01") { userErrors { code } } }',
    "closePeriod": 'mutation { closePeriod(month: "2026-01", idempotencyKey: "k") { userErrors { code } } }',
    "lockPeriod": 'mutation { lockPeriod(month: "2026-01", idempotencyKey: "k") { userErrors { code } } }',
    "reopenPeriod": """mutation {
      reopenPeriod(month: "2026-01", reason: "r", idempotencyKey: "k") { userErrors { code } }
    }""",
    "ingestEvents": 'mutation { ingestEvents(batch: "[]") { userErrors { code } } }',
    "recordUsage": """mutation { recordUsage(input: {
      source: "s", id: "1", type: "call", customer: "acme", occurredAt: "2026-01-01T00:00:00Z"
    }) { userErrors { code } } }""",
    "replayQuarantined": "mutation { replayQuarantined { userErrors { code } } }",
    "voidEvent": """mutation {
      voidEvent(source: "s", id: "1", reason: "r", idempotencyKey: "k") { userErrors { code } }
    }""",
    "amendEvent": """mutation {
      amendEvent(source: "s", id: "1", properties: [], reason: "r", idempotencyKey: "k") { userErrors { code } }
    }""",
    "declareEventTypes": 'mutation { declareEventTypes(names: ["x"]) { userErrors { code } } }',
    "createMeter": """mutation { createMeter(input: {
      key: "m", name: "M", eventType: "call", aggregation: COUNT, unit: "call"
    }) { userErrors { code } } }""",
    "publishPlan": """mutation { publishPlan(input: {
      key: "p", name: "P", currency: "USD", prices: [{key: "f", name: "F", model: {flat: {amount: "1"}}}]
    }) { userErrors { code } } }""",
    "overridePrices": """mutation { overridePrices(input: {
      key: "p", name: "P", basedOn: "api", prices: []
    }) { userErrors { code } } }""",
    "createCustomer": 'mutation { createCustomer(input: {key: "k", name: "K"}) { userErrors { code } } }',
    "updateCustomer": 'mutation { updateCustomer(input: {key: "acme", name: "K"}) { userErrors { code } } }',
    "createLegalEntity": """mutation { createLegalEntity(input: {key: "default"}) { userErrors { code } } }""",
    "updateLegalEntity": """mutation { updateLegalEntity(input: {key: "default"}) { userErrors { code } } }""",
    "assignCustomer": """mutation {
      assignCustomer(customer: "acme", legalEntity: "default") { userErrors { code } }
    }""",
    "createSubscription": """mutation { createSubscription(input: {
      customer: "acme", plan: "api", startsAt: "2026-01-01T00:00:00Z"
    }) { userErrors { code } } }""",
    "changePlan": 'mutation { changePlan(id: "s", plan: "p", idempotencyKey: "k") { userErrors { code } } }',
    "pauseSubscription": 'mutation { pauseSubscription(id: "s", idempotencyKey: "k") { userErrors { code } } }',
    "resumeSubscription": 'mutation { resumeSubscription(id: "s", idempotencyKey: "k") { userErrors { code } } }',
    "endTrial": 'mutation { endTrial(id: "s", idempotencyKey: "k") { userErrors { code } } }',
    "cancelSubscription": 'mutation { cancelSubscription(id: "s", idempotencyKey: "k") { userErrors { code } } }',
    "reactivateSubscription": """mutation {
      reactivateSubscription(id: "s", idempotencyKey: "k") { userErrors { code } }
    }""",
    "moveSubscribers": 'mutation { moveSubscribers(plan: "p", idempotencyKey: "k") { userErrors { code } } }',
    "billDue": 'mutation { billDue(idempotencyKey: "k") { userErrors { code } } }',
    "approveInvoice": 'mutation { approveInvoice(id: "i", reason: "r", idempotencyKey: "k") { userErrors { code } } }',
    "voidInvoice": 'mutation { voidInvoice(id: "x", reason: "r", idempotencyKey: "v") { __typename } }',
    "creditInvoice": """mutation {
      creditInvoice(input: {invoice: "x", reason: "r"}, idempotencyKey: "c") { __typename }
    }""",
    "createCoupon": """mutation {
      createCoupon(input: {key: "k", percent: "5"}, idempotencyKey: "k") { __typename }
    }""",
    "redeemCoupon": 'mutation { redeemCoupon(coupon: "x", customer: "x", idempotencyKey: "r") { __typename } }',
    "setTaxRates": """mutation {
      setTaxRates(scope: CUSTOMER, name: "x", rates: [], idempotencyKey: "t") { __typename }
    }""",
    "settleDelivery": (
        'mutation { settleDelivery(id: "d", reason: "r", idempotencyKey: "k") { userErrors { code } } }'
    ),
    "resumeDelivery": 'mutation { resumeDelivery(id: "d", idempotencyKey: "k") { userErrors { code } } }',
    "openWallet": 'mutation { openWallet(input: {customer: "acme", currency: "USD"}) { userErrors { code } } }',
    "grantCredit": """mutation { grantCredit(
      input: {customer: "acme", currency: "USD", amount: "1", reason: "r"}, idempotencyKey: "k"
    ) { userErrors { code } } }""",
    "topUpWallet": """mutation {
      topUpWallet(id: "w", amount: "1", reason: "r", idempotencyKey: "k") { userErrors { code } }
    }""",
    "revokeCreditGrant": """mutation {
      revokeCreditGrant(grantId: "g", reason: "r", idempotencyKey: "k") { userErrors { code } }
    }""",
    "voidCredit": """mutation {
      voidCredit(id: "w", amount: "1", reason: "r", idempotencyKey: "k") { userErrors { code } }
    }""",
    "createApiKey": 'mutation { createApiKey(input: {name: "k", scopes: [READ]}) { userErrors { code } } }',
    "revokeApiKey": 'mutation { revokeApiKey(id: "k") { userErrors { code } } }',
    "mintCustomerToken": 'mutation { mintCustomerToken(customer: "globex") { userErrors { code } } }',
    "createWebhookEndpoint": 'mutation { createWebhookEndpoint(url: "https://example.com") { userErrors { code } } }',
    "updateWebhookEndpoint": 'mutation { updateWebhookEndpoint(id: "whe_1") { userErrors { code } } }',
    "rotateWebhookSecret": 'mutation { rotateWebhookSecret(id: "whe_1") { userErrors { code } } }',
    "enableWebhookEndpoint": 'mutation { enableWebhookEndpoint(id: "whe_1") { userErrors { code } } }',
    "disableWebhookEndpoint": 'mutation { disableWebhookEndpoint(id: "whe_1", reason: "x") { userErrors { code } } }',
    "removeWebhookEndpoint": 'mutation { removeWebhookEndpoint(id: "whe_1") { userErrors { code } } }',
    "redeliverWebhook": 'mutation { redeliverWebhook(id: "whe_1", messageId: "msg_1") { userErrors { code } } }',
    "redeliverMissedWebhooks": """mutation {
      redeliverMissedWebhooks(id: "whe_1", since: "2026-01-01T00:00:00Z") { userErrors { code } }
    }""",
    "retryReceivedWebhook": """mutation {
      retryReceivedWebhook(connection: "main", eventId: "evt_1") { userErrors { code } }
    }""",
    "recordPayment": """mutation {
      recordPayment(input: { invoice: "inv_1", receivedOn: "2026-03-01" }, idempotencyKey: "k") { userErrors { code } }
    }""",
    "reconcileProvider": 'mutation { reconcileProvider(name: "main") { userErrors { code } } }',
    "answerProviderDifference": """mutation {
      answerProviderDifference(id: "dif_1", answer: RESOLVE, note: "n", idempotencyKey: "k") { userErrors { code } }
    }""",
    "switchProvider": 'mutation { switchProvider(to: "main", idempotencyKey: "k") { userErrors { code } } }',
    "planProviderSwitch": 'mutation { planProviderSwitch(to: "main", idempotencyKey: "k") { userErrors { code } } }',
    "linkCustomer": """mutation {
      linkCustomer(customer: "acme", connection: "main", ref: "x", idempotencyKey: "k") { userErrors { code } }
    }""",
    "resumeConnection": 'mutation { resumeConnection(name: "main") { userErrors { code } } }',
}


def _documents(field: str, levels: int = 3) -> Iterator[str]:
    """Documents that select everything: one, or two for an invoice and for each type of an interface."""
    arguments = {**COMPANY_ONLY, **ARGUMENTS}[field]
    used = [f"${name}: {kind}" for name, kind in (("id", "ID!"), ("key", "String!")) if f"${name}" in arguments]
    for selection in _selections(get_named_type(_QUERY.fields[field].type), levels):
        yield f"query {'(' + ', '.join(used) + ')' if used else ''} {{ {field}{arguments} {selection} }}"


def _selections(kind: GraphQLNamedType, levels: int) -> Iterator[str]:
    whole = schema()._schema
    if isinstance(kind, GraphQLInterfaceType):
        for each in whole.get_possible_types(kind):
            for half in everything_in_two(whole, each, levels):
                yield f"{{ __typename ... on {each.name} {half} }}"
    elif kind.name == "Invoice":
        yield from everything_in_two(whole, kind, levels)
    else:
        yield "" if is_leaf_type(kind) else everything(whole, kind, levels)


def _own_answers(api: Api, field: str) -> list[Answer]:
    """What the customer is told of everything of its own."""
    return [
        api.answer(document, ACME, **_variables(document, id=own_id, key="acme"))
        for document in _documents(field)
        for own_id in (_own_ids(api) if "$id" in document else [""])
        if field != "node" or f"... on {_kind(api, own_id)} " in document
    ]


def _variables(document: str, **values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if re.search(rf"\${name}\b", document)}


def _ids(api: Api, customer: str) -> Iterator[str]:
    found = api.ask(
        """query ($customer: String!) {
          customer(key: $customer) { id subscriptions { nodes { id } } }
          invoices(filter: {customer: $customer}) { nodes { id lines { id } } }
        }""",
        customer=customer,
    )
    yield found["customer"]["id"]
    yield from (each["id"] for each in found["customer"]["subscriptions"]["nodes"])
    for invoice in found["invoices"]["nodes"][-1:]:
        yield invoice["id"]
        yield from (line["id"] for line in invoice["lines"])


def _kind(api: Api, node_id: str) -> str:
    kind: str = api.ask("query ($id: ID!) { node(id: $id) { __typename } }", id=node_id)["node"]["__typename"]
    return kind


def _own_ids(api: Api) -> list[str]:
    return list(_ids(api, "acme"))


def _foreign_ids(api: Api) -> Iterator[str]:
    yield from _ids(api, "globex")
    yield from ("plan:secret:1", "meter:secret")
    found = api.ask("{ deliveries { nodes { id } } quarantinedEvents { nodes { id } } }")
    yield from (each["id"] for kind in found.values() for each in kind["nodes"])
    yield from (each["id"] for each in api.ask("{ apiKeys { nodes { id } } }")["apiKeys"]["nodes"])
