"""Times at the ends of the calendar are taken or refused in words, wherever a time is asked for."""

import pytest

from tests.graphql.asking import Api

EXTREMES = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59Z",
    "8999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00",
]
_PUBLISH = """mutation { publishPlan(input: {
  key: "pro", name: "Pro", currency: "EUR", gracePeriodSeconds: 86400
  prices: [{key: "base", name: "Base", timing: IN_ADVANCE, model: {flat: {amount: "1"}}}]
}) { userErrors { message } } }"""
_SUBSCRIPTION = "subscription { currentPeriod { firstDay } runningCost { total { amount } } } userErrors { code }"
DOCUMENTS = {
    "bill": """mutation ($t: DateTime) { billDue(asOf: $t, idempotencyKey: "k") {
      failed { reason } userErrors { code }
    } }""",
    "start": f"""mutation ($t: DateTime!) {{ createSubscription(input: {{
      customer: "acme", plan: "pro", startsAt: $t
    }}) {{ {_SUBSCRIPTION} }} }}""",
    "anchor": f"""mutation ($t: DateTime!) {{ createSubscription(input: {{
      customer: "acme", plan: "pro", startsAt: "2026-01-01T00:00:00Z", anchor: $t, timeZone: "America/New_York"
    }}) {{ {_SUBSCRIPTION} }} }}""",
    "end": f"""mutation ($t: DateTime!) {{ createSubscription(input: {{
      customer: "acme", plan: "pro", startsAt: "2026-01-01T00:00:00Z", endsAt: $t
    }}) {{ {_SUBSCRIPTION} }} }}""",
    "cost": """query ($t: DateTime) {
      subscriptions { nodes { runningCost(at: $t) { forecast { expected { amount } } } } }
    }""",
    "meter": """mutation ($t: DateTime) { createMeter(input: {
      key: "m", name: "M", eventType: "call", aggregation: COUNT, unit: "u", effectiveFrom: $t
    }) { meter { current { effectiveFrom } } userErrors { code } } }""",
    "key": """mutation ($t: DateTime) { createApiKey(input: {name: "k", scopes: [READ], expiresAt: $t}) {
      apiKey { expiresAt } userErrors { code } } }""",
    "record": """mutation ($t: DateTime!) { recordUsage(input: {
      source: "s", id: "1", type: "call", customer: "acme", occurredAt: $t
    }) { outcome { outcome } userErrors { code } } }""",
    "usage until": """query ($t: DateTime!) { usage(
      customer: "acme", from: "2026-02-01T00:00:00Z", to: $t, window: DAY
    ) { points { quantity } } }""",
    "usage from": """query ($t: DateTime!) { usage(
      customer: "acme", from: $t, to: "2026-02-01T00:00:00Z", window: MONTH, timeZone: "Pacific/Apia"
    ) { points { quantity } } }""",
}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_time_is_too_much(company: Api, document: str) -> None:
    company.do(_PUBLISH)
    for instant in EXTREMES:
        assert "INTERNAL" not in company.answer(DOCUMENTS[document], t=instant).codes, instant


@pytest.mark.parametrize("number", [-(2**31), -1, 0, 2**31 - 1])
def test_no_whole_number_is_too_much(company: Api, number: int) -> None:
    document = """query ($n: Int!) { plan(key: "api", version: $n) { id } }"""
    assert company.ask(document, n=number) == {"plan": None}
    document = """mutation ($n: Int!) {
      mintCustomerToken(customer: "acme", lifetimeSeconds: $n) { userErrors { code } }
      createSubscription(input: {customer: "acme", plan: "api", startsAt: "2030-01-01T00:00:00Z", planVersion: $n}) {
        userErrors { code }
      }
      publishPlan(input: {key: "p", name: "P", currency: "EUR", intervalCount: $n, gracePeriodSeconds: $n, prices: [
        {key: "base", name: "Base", model: {flat: {amount: "1"}}}
      ]}) { userErrors { code } }
    }"""
    refused = company.ask(document, n=number)
    assert all(payload["userErrors"] for payload in refused.values())
