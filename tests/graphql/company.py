"""A small company with two customers, set up through the API itself."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.graphql.asking import Api

START = datetime(2026, 1, 1, tzinfo=UTC)
# January and February 2026 are over, and every boundary up to 1 March is due.
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

_METER = "mutation ($input: CreateMeterInput!) { createMeter(input: $input) { userErrors { message path } } }"
_PLAN = "mutation ($input: PublishPlanInput!) { publishPlan(input: $input) { userErrors { message path } } }"
_CUSTOMER = """mutation ($key: String!, $name: String!) {
  createCustomer(input: {key: $key, name: $name}) { userErrors { message } }
}"""
_SUBSCRIPTION = """mutation ($customer: String!, $ends: DateTime) {
  createSubscription(input: {
    customer: $customer, plan: "api", startsAt: "2026-01-01T00:00:00Z", endsAt: $ends
  }) { userErrors { message } subscription { id } }
}"""
_INGEST = """mutation ($batch: EventBatch!) {
  ingestEvents(batch: $batch) { outcomes { outcome position reason } userErrors { message } }
}"""
_BILL = """mutation ($key: String!) {
  billDue(idempotencyKey: $key) {
    finalized { totalCount } held { totalCount } failed { reason } userErrors { message }
  }
}"""

CALLS = {"key": "calls", "name": "Calls", "eventType": "call", "aggregation": "COUNT", "unit": "call"}
BYTES = {
    "key": "bytes",
    "name": "Bytes",
    "eventType": "call",
    "aggregation": "SUM",
    "value": "bytes",
    "unit": "byte",
    "dimensions": ["zone"],
}
PLAN: dict[str, Any] = {
    "key": "api",
    "name": "API",
    "currency": "USD",
    "prices": [
        {"key": "base", "name": "Base", "timing": "IN_ADVANCE", "model": {"flat": {"amount": "10.00"}}},
        {
            "key": "calls",
            "name": "Calls",
            "meter": "calls",
            "model": {"graduated": {"tiers": [{"upTo": "2", "unitAmount": "1.50"}, {"unitAmount": "1.00"}]}},
        },
        {
            "key": "bytes",
            "name": "Bytes",
            "meter": "bytes",
            "model": {"matrix": {"dimension": "zone", "unitAmounts": [{"value": "eu", "unitAmount": "0.01"}]}},
        },
    ],
    "commitments": [{"key": "minimum", "name": "Minimum", "amount": "5.00"}],
}


def event(customer: str, number: int, occurred_at: str, kind: str = "call", **properties: object) -> dict[str, object]:
    """An event as it is sent."""
    return {
        "source": "test",
        "id": f"{customer}-{number}",
        "type": kind,
        "customer": customer,
        "occurred_at": occurred_at,
        "properties": {"bytes": 100, "zone": "eu", **properties},
    }


def define(api: Api) -> None:
    """Event types, meters and a plan."""
    api.do('mutation { declareEventTypes(names: ["call"]) { userErrors { message } } }')
    for meter in (CALLS, BYTES):
        api.do(_METER, input=meter)
    api.do(_PLAN, input=PLAN)


def add_customer(api: Api, key: str, ends_at: str | None = None) -> str:
    """A customer with a subscription from the start of 2026; the subscription's id."""
    api.do(_CUSTOMER, key=key, name=f"{key.title()} Inc.")
    subscription: str = api.do(_SUBSCRIPTION, customer=key, ends=ends_at)["subscription"]["id"]
    return subscription


def send(api: Api, *events: dict[str, object]) -> list[str]:
    """Send events in one batch; their outcomes."""
    return [each["outcome"] for each in api.do(_INGEST, batch=json.dumps(events))["outcomes"]]


def use(api: Api, customer: str) -> None:
    """Three calls in January, one in February and one on 1 March, and one before the subscription begins."""
    times = ("2026-01-05", "2026-01-06", "2026-01-31", "2026-02-10", "2026-03-01", "2025-12-31")
    send(api, *(event(customer, number, f"{day}T08:00:00Z") for number, day in enumerate(times)))


def furnish(api: Api) -> None:
    """Two customers with usage, billed up to 1 March 2026."""
    define(api)
    for customer in ("acme", "globex"):
        add_customer(api, customer)
        use(api, customer)
    bill(api, "first run")


def bill(api: Api, key: str) -> dict[str, int]:
    """Bill what is due; how many invoices were finalized and held."""
    done = api.do(_BILL, key=key)
    assert not done["failed"], done["failed"]
    return {state: int(done[state]["totalCount"]) for state in ("finalized", "held")}
