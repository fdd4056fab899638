"""Mutations answer expected refusals as data: what is wrong, where, and what to do."""

from typing import Any

import pytest

from tests.graphql.asking import Api
from tests.graphql.company import PLAN

PUBLISH = """mutation ($input: PublishPlanInput!) {
  publishPlan(input: $input) { plan { version } userErrors { code message path } } }"""
METER = """mutation ($input: CreateMeterInput!) {
  createMeter(input: $input) { meter { key } userErrors { code message path } } }"""
CUSTOMER = """mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id } userErrors { code message path } } }"""
SUBSCRIPTION = """mutation ($input: CreateSubscriptionInput!) {
  createSubscription(input: $input) { subscription { id } userErrors { code message } } }"""
INGEST = (
    "mutation ($batch: EventBatch!) { ingestEvents(batch: $batch) { outcomes { outcome reason } userErrors { code } } }"
)
RECORD = """mutation ($input: RecordUsageInput!) {
  recordUsage(input: $input) { outcome { outcome reason position } userErrors { code message } } }"""
REPLAY = """mutation ($ids: [ID!]) {
  replayQuarantined(ids: $ids) { outcomes { id result { outcome } } userErrors { code path } } }"""
KEY = """mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { apiKey { id } key userErrors { code message } } }"""


def _price(**changes: object) -> dict[str, Any]:
    return {**PLAN, "prices": [{"key": "a", "name": "A", **changes}]}


TIERS = [{"upTo": "10", "unitAmount": "1"}, {"upTo": "5", "unitAmount": "1"}, {"unitAmount": "-1"}]

PLANETS = [{"value": "mars", "unitAmount": "1"}]


@pytest.mark.parametrize(
    ("plan", "path"),
    [
        ({**PLAN, "key": "No Key"}, "input.key"),
        ({**PLAN, "name": " "}, "input.name"),
        ({**PLAN, "currency": "XXX"}, "input.currency"),
        ({**PLAN, "intervalCount": 0}, "input.intervalCount"),
        ({**PLAN, "gracePeriodSeconds": -1}, "input.gracePeriodSeconds"),
        ({**PLAN, "prices": []}, "input.prices"),
        (_price(model={"flat": {"amount": "-1"}}), "input.prices.0.model.flat.amount"),
        (_price(meter="nothing", model={"perUnit": {"unitAmount": "1"}}), "input.prices.0.meter"),
        (_price(model={"perUnit": {"unitAmount": "1"}}), "input.prices.0.meter"),
        (_price(meter="calls", model={"graduated": {"tiers": TIERS}}), "input.prices.0.model.graduated.tiers.1.upTo"),
        (
            _price(meter="calls", model={"package": {"packageSize": "0", "packageAmount": "1"}}),
            "input.prices.0.model.package.packageSize",
        ),
        (
            _price(
                meter="bytes", model={"matrix": {"dimension": "planet", "unitAmounts": [], "defaultUnitAmount": "1"}}
            ),
            "input.prices.0.model.matrix.dimension",
        ),
        (
            {**PLAN, "commitments": [{"key": "m", "name": "M", "amount": "5", "counts": ["nothing"]}]},
            "input.commitments.0.counts.0",
        ),
        ({**PLAN, "invoiceThresholds": {"period": ["5", "0"]}}, "input.invoiceThresholds.period.1"),
        ({**PLAN, "invoiceThresholds": {"lifetimeStep": "0"}}, "input.invoiceThresholds.lifetimeStep"),
    ],
)
def test_every_fault_of_a_plan_has_its_place_in_the_input(company: Api, plan: dict[str, Any], path: str) -> None:
    errors = company.refusals(PUBLISH, input=plan)
    assert {error["code"] for error in errors} == {"INVALID_DEFINITION"}
    assert path in [".".join(error["path"]) for error in errors]


def test_a_value_listed_twice_is_refused(company: Api) -> None:
    twice = [{"value": "eu", "unitAmount": "1"}] * 2
    plan = _price(meter="bytes", model={"matrix": {"dimension": "zone", "unitAmounts": twice}})
    (error,) = company.refusals(PUBLISH, input=plan)
    assert "eu" in error["path"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"key": ""}, ["input", "key"]),
        ({"value": "bytes"}, ["input", "value"]),
        ({"aggregation": "SUM"}, ["input", "value"]),
        ({"dimensions": ["a", "a"]}, ["input", "dimensions", "1"]),
        ({"filters": [{"property": "p", "values": []}]}, ["input", "filters", "0", "values"]),
        ({"key": "calls", "unit": "shout"}, ["input", "effectiveFrom"]),
    ],
)
def test_every_fault_of_a_meter_has_its_place(company: Api, changes: dict[str, Any], path: list[str]) -> None:
    meter = {"key": "new", "name": "Calls", "eventType": "call", "aggregation": "COUNT", "unit": "call", **changes}
    errors = company.refusals(METER, input=meter)
    assert {error["code"] for error in errors} == {"INVALID_DEFINITION"}
    assert path in [error["path"] for error in errors]


def test_names_of_event_types_are_checked(company: Api) -> None:
    document = """mutation ($names: [String!]!) {
      declareEventTypes(names: $names) { eventTypes userErrors { code path } } }"""
    (error,) = company.refusals(document, names=["fine", ""])
    assert error == {"code": "INVALID_DEFINITION", "path": ["names", "1"]}


def test_a_key_with_other_data_is_taken(company: Api) -> None:
    (error,) = company.refusals(CUSTOMER, input={"key": "acme", "name": "Another"})
    assert error["code"] == "KEY_TAKEN"


@pytest.mark.parametrize("changes", [{"key": ""}, {"name": ""}, {"email": ""}, {"key": "k" * 300}])
def test_a_customer_needs_usable_texts(company: Api, changes: dict[str, str]) -> None:
    (error,) = company.refusals(CUSTOMER, input={"key": "new", "name": "New", **changes})
    assert error["code"] == "INVALID_DEFINITION"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"customer": "nobody"}, "NOT_FOUND"),
        ({"plan": "nothing"}, "NOT_FOUND"),
        ({"planVersion": 9}, "NOT_FOUND"),
        ({"timeZone": "Nowhere/Land"}, "INVALID"),
        ({"endsAt": "2025-01-01T00:00:00Z"}, "INVALID"),
        ({"startsAt": "0001-01-01T00:00:00Z"}, "INVALID"),
        ({"key": "another"}, "INVALID_DEFINITION"),
        ({"endsAt": "2027-01-01T00:00:00Z"}, "KEY_TAKEN"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(company: Api, changes: dict[str, Any], code: str) -> None:
    request = {"customer": "acme", "plan": "api", "startsAt": "2026-01-01T00:00:00Z", **changes}
    (error,) = company.refusals(SUBSCRIPTION, input=request)
    assert error["code"] == code


@pytest.mark.parametrize("batch", ["", "nonsense", "[]", "7", "[" * 100_000, '{"source": "s"', "\ud800"])
def test_a_batch_that_is_none_is_refused(company: Api, batch: str) -> None:
    payload = company.ask(INGEST, batch=batch)["ingestEvents"]
    codes = [error["code"] for error in payload["userErrors"]]
    rejected = [each["outcome"] for each in payload["outcomes"]]
    assert codes == ["MALFORMED_BODY"] or rejected == ["REJECTED"]


def test_a_bad_event_names_its_fault_and_spares_the_others(company: Api) -> None:
    good = '{"source": "s", "id": "1", "type": "call", "customer": "acme", "occurred_at": "2026-02-01T00:00:00Z"}'
    payload = company.ask(INGEST, batch=f'[{{"source": "s"}}, {good}]')["ingestEvents"]
    assert [each["outcome"] for each in payload["outcomes"]] == ["REJECTED", "ACCEPTED"]
    assert "id" in payload["outcomes"][0]["reason"]


EVENT = {"source": "s", "id": "1", "type": "call", "customer": "acme", "occurredAt": "2026-02-01T00:00:00Z"}


@pytest.mark.parametrize(
    "properties",
    [
        [{"name": "bytes"}],
        [{"name": "bytes", "number": "1", "text": "1"}],
        [{"name": "bytes", "number": "1"}, {"name": "bytes", "number": "2"}],
    ],
)
def test_a_property_has_exactly_one_value(company: Api, properties: list[dict[str, str]]) -> None:
    (error,) = company.refusals(RECORD, input={**EVENT, "properties": properties})
    assert error["code"] == "INVALID"


def test_events_out_of_place_are_rejected_or_kept_aside(company: Api) -> None:
    outcomes = {
        changed: company.do(RECORD, input={**EVENT, "id": changed, changed: value})["outcome"]["outcome"]
        for changed, value in (
            ("source", ""),
            ("customer", "nobody"),
            ("type", "unheard"),
            ("occurredAt", "2030-01-01T00:00:00Z"),
            ("subscription", ""),
        )
    }
    assert outcomes == {
        "source": "REJECTED",
        "customer": "QUARANTINED",
        "type": "QUARANTINED",
        "occurredAt": "QUARANTINED",
        "subscription": "REJECTED",
    }


def test_what_is_not_in_quarantine_cannot_be_replayed(company: Api) -> None:
    payload = company.ask(REPLAY, ids=["evq_nothing", "nonsense"])["replayQuarantined"]
    assert payload["outcomes"] == []
    assert payload["userErrors"] == [{"code": "NOT_FOUND", "path": ["ids"]}] * 2


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"scopes": []}, {"expiresAt": "2020-01-01T00:00:00Z"}, {"name": "n" * 300}]
)
def test_a_key_that_cannot_be_is_refused(company: Api, changes: dict[str, Any]) -> None:
    (error,) = company.refusals(KEY, input={"name": "page", "scopes": ["READ"], **changes})
    assert error["code"] == "INVALID"


def test_an_unknown_key_cannot_be_revoked(company: Api) -> None:
    (error,) = company.refusals('mutation { revokeApiKey(id: "key_nothing") { userErrors { code } } }')
    assert error["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("customer", "seconds", "code"),
    [("nobody", 60, "NOT_FOUND"), ("acme", 0, "INVALID"), ("acme", -1, "INVALID"), ("acme", 86_401, "INVALID")],
)
def test_a_token_that_cannot_be_is_refused(company: Api, customer: str, seconds: int, code: str) -> None:
    document = """mutation ($customer: String!, $seconds: Int!) {
      mintCustomerToken(customer: $customer, lifetimeSeconds: $seconds) { token userErrors { code } } }"""
    (error,) = company.refusals(document, customer=customer, seconds=seconds)
    assert error["code"] == code


@pytest.mark.parametrize(
    "document",
    [
        'mutation { approveInvoice(id: "inv_nothing", reason: "r", idempotencyKey: "k") { userErrors { code } } }',
        'mutation { resumeDelivery(id: "dlv_nothing", idempotencyKey: "k") { userErrors { code } } }',
        'mutation { settleDelivery(id: "dlv_nothing", reason: "r", idempotencyKey: "k") { userErrors { code } } }',
    ],
)
def test_what_does_not_exist_cannot_be_moved(company: Api, document: str) -> None:
    (error,) = company.refusals(document)
    assert error["code"] == "NOT_FOUND"


def test_what_is_in_another_state_cannot_be_moved(company: Api) -> None:
    found = company.ask("{ invoices(first: 1) { nodes { id } } deliveries(first: 1) { nodes { id } } }")
    approve = """mutation ($id: ID!) {
      approveInvoice(id: $id, reason: "r", idempotencyKey: "k") { userErrors { code } } }"""
    resume = 'mutation ($id: ID!) { resumeDelivery(id: $id, idempotencyKey: "k2") { userErrors { code } } }'
    for document, kind in ((approve, "invoices"), (resume, "deliveries")):
        (error,) = company.refusals(document, id=found[kind]["nodes"][0]["id"])
        assert error["code"] == "ILLEGAL_TRANSITION"


@pytest.mark.parametrize("key", ["", " ", "k" * 300])
def test_an_idempotency_key_is_a_usable_text(company: Api, key: str) -> None:
    document = "mutation ($key: String!) { billDue(idempotencyKey: $key) { userErrors { code } } }"
    (error,) = company.refusals(document, key=key)
    assert error["code"] == "INVALID"


def test_what_is_not_due_yet_is_not_billed(company: Api) -> None:
    document = """mutation { billDue(asOf: "2030-01-01T00:00:00Z", idempotencyKey: "k") {
      finalized { totalCount } userErrors { code } } }"""
    (error,) = company.refusals(document)
    assert error["code"] == "INVALID"


def test_every_fault_of_a_customer_has_its_place_in_the_input(api: Api) -> None:
    errors = api.refusals(CUSTOMER, input={"key": "acme", "name": "", "email": " ", "country": "Germany"})

    assert {error["code"] for error in errors} == {"INVALID_DEFINITION"}
    assert [".".join(error["path"]) for error in errors] == ["input.name", "input.email", "input.country"]
