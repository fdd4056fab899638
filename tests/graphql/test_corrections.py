"""Events corrected through the API: seen at once in usage, refused as data."""

from decimal import Decimal

from tests.graphql.asking import Api

_VOID = """mutation ($id: String!, $key: String!) {
  voidEvent(source: "api", id: $id, reason: "sent twice", idempotencyKey: $key) {
    position userErrors { code message }
  }
}"""
_AMEND = """mutation ($id: String!, $properties: [EventPropertyInput!]!) {
  amendEvent(source: "api", id: $id, properties: $properties, reason: "wrong size", idempotencyKey: "a") {
    position userErrors { code message }
  }
}"""
_USAGE = """{ usage(
  customer: "acme", from: "2026-01-01T00:00:00Z", to: "2026-03-01T00:00:00Z", meters: ["calls", "bytes"]
) { points { meterKey quantity } } }"""


def used(api: Api) -> dict[str, Decimal]:
    return {point["meterKey"]: Decimal(point["quantity"]) for point in api.ask(_USAGE)["usage"]["points"]}


def send(api: Api, number: int) -> None:
    api.ask(
        """mutation ($id: String!) { recordUsage(input: {
          source: "api", id: $id, type: "call", customer: "acme", occurredAt: "2026-02-20T00:00:00Z",
          properties: [{name: "bytes", number: "100"}, {name: "zone", text: "eu"}]
        }) { outcome { outcome } } }""",
        id=f"c-{number}",
    )


def test_a_void_event_is_gone_from_usage_at_once(company: Api) -> None:
    before = used(company)
    send(company, 1)

    done = company.ask(_VOID, id="c-1", key="v")["voidEvent"]

    assert done["userErrors"] == []
    assert done == company.ask(_VOID, id="c-1", key="v")["voidEvent"]
    assert used(company) == before


def test_an_amended_event_counts_as_it_is_now(company: Api) -> None:
    before = used(company)
    send(company, 1)

    properties = [{"name": "bytes", "number": "1.5"}, {"name": "zone", "text": "eu"}]
    done = company.ask(_AMEND, id="c-1", properties=properties)["amendEvent"]

    assert done["userErrors"] == []
    assert used(company) == {"bytes": before["bytes"] + Decimal("1.5"), "calls": before["calls"] + 1}


def test_what_cannot_be_corrected_is_refused_as_data(company: Api) -> None:
    send(company, 1)
    company.ask(_VOID, id="c-1", key="v")

    again = company.ask(_VOID, id="c-1", key="w")["voidEvent"]
    unknown = company.ask(_VOID, id="c-9", key="x")["voidEvent"]
    twofold = company.ask(_AMEND, id="c-1", properties=[{"name": "bytes"}])["amendEvent"]

    assert [one["position"] for one in (again, unknown, twofold)] == [None, None, None]
    codes = [one["userErrors"][0]["code"] for one in (again, unknown, twofold)]
    assert codes == ["ILLEGAL_TRANSITION", "NOT_FOUND", "INVALID"]
