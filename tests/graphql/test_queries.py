"""What the API shows of the small company: usage, cost, invoices and why they are what they are."""

from typing import Any

import pytest

from tests.graphql.asking import Api, schema, token_of
from tests.graphql.company import PLAN, add_customer, bill, event, send


def _first_january_invoice(api: Api) -> Any:
    document = """{ invoices(filter: {customer: "acme", issuedFrom: "2026-02-01", issuedBefore: "2026-02-02"}) {
      totalCount nodes { id number lines { id price } }
    } }"""
    found = api.ask(document)["invoices"]
    assert found["totalCount"] == "1"
    return found["nodes"][0]


def _line(api: Api, price: str) -> str:
    lines = _first_january_invoice(api)["lines"]
    found: str = next(line["id"] for line in lines if line["price"] == price)
    return found


def test_a_plan_is_shown_with_all_its_prices(company: Api) -> None:
    plan = company.ask(
        """{ plan(key: "api") {
          id key version name currency interval { unit count } gracePeriodSeconds publishedAt
          prices { key timing meterKey meter { unit } model {
            __typename
            ... on FlatFee { amount }
            ... on Graduated { tiers { upTo unitAmount flatAmount } }
            ... on Matrix { dimension unitAmounts { value unitAmount } defaultUnitAmount }
          } }
          commitments { key amount { amount currency } counts }
        } }"""
    )["plan"]
    tiers = [
        {"upTo": "2", "unitAmount": "1.50", "flatAmount": "0"},
        {"upTo": None, "unitAmount": "1.00", "flatAmount": "0"},
    ]
    matrix = {
        "dimension": "zone",
        "unitAmounts": [{"value": "eu", "unitAmount": "0.01"}],
        "defaultUnitAmount": None,
    }
    assert plan == {
        "id": "plan:api:1",
        "key": "api",
        "version": 1,
        "name": "API",
        "currency": "USD",
        "interval": {"unit": "MONTH", "count": 1},
        "gracePeriodSeconds": 0,
        "publishedAt": "2026-03-01T12:00:00Z",
        "prices": [
            {
                "key": "base",
                "timing": "IN_ADVANCE",
                "meterKey": None,
                "meter": None,
                "model": {"__typename": "FlatFee", "amount": "10.00"},
            },
            {
                "key": "calls",
                "timing": "IN_ARREARS",
                "meterKey": "calls",
                "meter": {"unit": "call"},
                "model": {"__typename": "Graduated", "tiers": tiers},
            },
            {
                "key": "bytes",
                "timing": "IN_ARREARS",
                "meterKey": "bytes",
                "meter": {"unit": "byte"},
                "model": {"__typename": "Matrix", **matrix},
            },
        ],
        "commitments": [
            {"key": "minimum", "amount": {"amount": "5.00", "currency": "USD"}, "counts": ["calls", "bytes"]}
        ],
    }


def test_thresholds_of_a_plan_are_shown_in_its_currency(company: Api) -> None:
    thresholds = {"period": ["100", "250.5"], "lifetime": ["1000"], "lifetimeStep": "500"}
    publish = """mutation ($input: PublishPlanInput!) { publishPlan(input: $input) {
        plan { version invoiceThresholds { period { amount currency } lifetime { amount } lifetimeStep { amount } } }
        userErrors { message } } }"""

    published = company.do(publish, input={**PLAN, "invoiceThresholds": thresholds})["plan"]

    assert published == {
        "version": 2,
        "invoiceThresholds": {
            "period": [{"amount": "100.00", "currency": "USD"}, {"amount": "250.50", "currency": "USD"}],
            "lifetime": [{"amount": "1000.00"}],
            "lifetimeStep": {"amount": "500.00"},
        },
    }


def test_usage_is_shown_by_month_with_zeros(company: Api) -> None:
    report = company.ask(
        """{ usage(customer: "acme", from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z", meters: ["calls"],
                   window: MONTH) {
          points { meterKey startsAt endsAt quantity events dimensions { name } meter { name } }
          asOf { isCurrent position head }
        } }"""
    )["usage"]
    assert [(point["startsAt"], point["quantity"]) for point in report["points"]] == [
        ("2026-01-01T00:00:00Z", "3"),
        ("2026-02-01T00:00:00Z", "1"),
        ("2026-03-01T00:00:00Z", "1"),
    ]
    assert report["asOf"] == {"isCurrent": True, "position": "12", "head": "12"}


def test_usage_is_grouped_by_a_dimension(company: Api) -> None:
    report = company.ask(
        """{ usage(customer: "acme", from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z", meters: ["bytes"],
                   groupBy: ["zone"]) { points { quantity dimensions { name value } } } }"""
    )["usage"]
    assert report["points"] == [{"quantity": "500", "dimensions": [{"name": "zone", "value": "eu"}]}]


def test_what_was_acknowledged_is_in_the_next_answer(company: Api) -> None:
    document = """{ usage(customer: "acme", from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z",
                          meters: ["calls"]) { points { quantity } } }"""
    assert company.ask(document)["usage"]["points"] == [{"quantity": "1"}]
    send(company, event("acme", 70, "2026-03-01T09:00:00Z"))
    assert company.ask(document)["usage"]["points"] == [{"quantity": "2"}]


def test_the_running_cost_has_the_fee_of_its_own_period(company: Api) -> None:
    (subscription,) = company.ask(
        """{ subscriptions(customer: "acme") { nodes {
          currentPeriod { firstDay lastDay }
          runningCost(at: "2026-02-16T00:00:00Z") {
            at period { start end } total { amount currency } soFar { price quantity amount { amount } unit }
            forecast {
              at method low { amount } expected { amount } high { amount } unprojected asOf { isCurrent }
              period { start } lines { price quantity amount { amount } }
            }
            asOf { isCurrent }
          }
        } } }"""
    )["subscriptions"]["nodes"]
    assert subscription["currentPeriod"] == {"firstDay": "2026-03-01", "lastDay": "2026-03-31"}
    cost = subscription["runningCost"]
    assert cost["period"] == {"start": "2026-02-01T00:00:00Z", "end": "2026-03-01T00:00:00Z"}
    assert [(line["price"], line["quantity"], line["amount"]["amount"], line["unit"]) for line in cost["soFar"]] == [
        ("base", "1", "10.00", None),
        ("calls", "1", "1.50", "call"),
        ("bytes", "100", "1.00", "byte"),
    ]
    assert cost["total"] == {"amount": "12.50", "currency": "USD"}
    # A call on a Saturday and one on a Tuesday in four weeks: a quarter of a call on each of the four that follow.
    assert [(line["price"], line["quantity"], line["amount"]["amount"]) for line in cost["forecast"].pop("lines")] == [
        ("base", "1", "10.00"),
        ("calls", "2", "3.00"),
        ("bytes", "200", "2.00"),
    ]
    assert cost["forecast"] == {
        "at": "2026-02-16T00:00:00Z",
        "method": "HISTORY",
        "low": {"amount": "15.00"},
        "expected": {"amount": "15.00"},
        "high": {"amount": "17.00"},
        "unprojected": [],
        "asOf": {"isCurrent": True},
        "period": {"start": "2026-02-01T00:00:00Z"},
    }
    assert cost["asOf"] == {"isCurrent": True}


def test_an_invoice_is_found_by_number_and_by_id(company: Api) -> None:
    invoice = _first_january_invoice(company)
    document = "query ($id: ID, $number: String) { invoice(id: $id, number: $number) { id number } }"
    named = {"id": invoice["id"], "number": invoice["number"]}
    assert company.ask(document, id=invoice["id"])["invoice"] == named
    assert company.ask(document, number=invoice["number"])["invoice"] == named


@pytest.mark.parametrize(
    ("only", "count"),
    [
        ({}, "6"),
        ({"customer": "acme"}, "3"),
        ({"status": "FINALIZED"}, "6"),
        ({"status": "HELD"}, "0"),
        ({"issuedFrom": "2026-02-01"}, "4"),
        ({"issuedBefore": "2026-02-01"}, "2"),
        ({"customer": "nobody"}, "0"),
    ],
)
def test_invoices_are_filtered(company: Api, only: dict[str, str], count: str) -> None:
    document = "query ($filter: InvoiceFilter) { invoices(filter: $filter) { totalCount nodes { id } } }"
    found = company.ask(document, filter=only)["invoices"]
    assert (found["totalCount"], str(len(found["nodes"]))) == (count, count)


def test_pages_of_invoices_make_up_all_of_them(company: Api) -> None:
    document = """query ($after: String) { invoices(first: 4, after: $after) {
      edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }"""
    first = company.ask(document)["invoices"]
    second = company.ask(document, after=first["pageInfo"]["endCursor"])["invoices"]
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert first["edges"][-1]["cursor"] == first["pageInfo"]["endCursor"]
    ids = [edge["node"]["id"] for page in (first, second) for edge in page["edges"]]
    assert len(set(ids)) == 6


def test_the_newest_invoices_come_first_where_that_is_asked(company: Api) -> None:
    document = "query ($newest: Boolean!) { invoices(first: 9, newestFirst: $newest) { nodes { id } } }"
    oldest, newest = (company.ask(document, newest=newest)["invoices"]["nodes"] for newest in (False, True))
    assert newest == oldest[::-1]


def test_a_line_is_explained_down_to_its_events(company: Api) -> None:
    explained = company.ask(
        """query ($line: ID!) { explainLine(line: $line) {
          sentence agrees eventsCounted leftOut { reason events } replayedQuantity
          meter { version aggregation } invoice { number }
          line { quantity steps { label units unitAmount flatAmount amount } }
          events(first: 2) { nodes { value reason event { id type occurredAt properties { name kind value } } }
                             pageInfo { hasNextPage } }
          eventsLeftOut { nodes { reason } }
        } }""",
        line=_line(company, "calls"),
    )["explainLine"]
    assert explained["agrees"] is True
    assert explained["eventsCounted"] == "3"
    assert explained["replayedQuantity"] == "3"
    assert explained["leftOut"] == []
    assert explained["meter"] == {"version": 1, "aggregation": "COUNT"}
    assert explained["line"] == {
        "quantity": "3",
        "steps": [
            {"label": "up to 2", "units": "2", "unitAmount": "1.50", "flatAmount": "0.00", "amount": "3.00"},
            {"label": "above 2", "units": "1", "unitAmount": "1.00", "flatAmount": "0.00", "amount": "1.00"},
        ],
    }
    assert "3 calls" in explained["sentence"]
    assert explained["events"]["pageInfo"] == {"hasNextPage": True}
    assert explained["events"]["nodes"][0] == {
        "value": None,
        "reason": None,
        "event": {
            "id": "acme-0",
            "type": "call",
            "occurredAt": "2026-01-05T08:00:00Z",
            "properties": [
                {"name": "bytes", "kind": "NUMBER", "value": "100"},
                {"name": "zone", "kind": "TEXT", "value": "eu"},
            ],
        },
    }
    assert explained["eventsLeftOut"]["nodes"] == []


def test_a_fee_is_explained_without_events(company: Api) -> None:
    explained = company.ask(
        """query ($line: ID!) { explainLine(line: $line) {
          agrees eventsCounted meter { version } events { nodes { value } } eventsLeftOut { nodes { value } }
        } }""",
        line=_line(company, "base"),
    )["explainLine"]
    nothing: dict[str, list[Any]] = {"nodes": []}
    assert explained == {
        "agrees": True,
        "eventsCounted": "0",
        "meter": None,
        "events": nothing,
        "eventsLeftOut": nothing,
    }


def test_pages_of_events_of_a_line_make_up_all_of_them(company: Api) -> None:
    document = """query ($line: ID!, $after: String) { explainLine(line: $line) {
      events(first: 2, after: $after) { nodes { event { id } } pageInfo { endCursor hasNextPage } }
    } }"""
    line = _line(company, "calls")
    first = company.ask(document, line=line)["explainLine"]["events"]
    second = company.ask(document, line=line, after=first["pageInfo"]["endCursor"])["explainLine"]["events"]
    ids = [node["event"]["id"] for page in (first, second) for node in page["nodes"]]
    assert ids == ["acme-0", "acme-1", "acme-2"]


def test_events_of_nobody_are_shown_and_counted(company: Api) -> None:
    found = company.ask(
        '{ unattributedEvents(customer: "acme") { totalCount nodes { customerKey type occurredAt reason } } }'
    )["unattributedEvents"]
    assert found == {
        "totalCount": "1",
        "nodes": [
            {
                "customerKey": "acme",
                "type": "call",
                "occurredAt": "2025-12-31T08:00:00Z",
                "reason": "NO_SUBSCRIPTION",
            }
        ],
    }


def test_properties_are_shown_exactly(company: Api) -> None:
    send(
        company,
        event("acme", 80, "2026-03-01T09:00:00Z", text="é", flag=True, nothing=None, parts=[1, {"a": "b"}], whole={}),
    )
    found = company.ask('{ events(customer: "acme") { nodes { properties { name kind value } } } }')
    node = found["events"]["nodes"][-1]
    shown = {each["name"]: (each["kind"], each["value"]) for each in node["properties"]}
    assert shown == {
        "bytes": ("NUMBER", "100"),
        "zone": ("TEXT", "eu"),
        "text": ("TEXT", "é"),
        "flag": ("BOOLEAN", "true"),
        "nothing": ("NULL", None),
        "parts": ("LIST", '[1, {"a": "b"}]'),
        "whole": ("OBJECT", "{}"),
    }


def test_a_number_keeps_all_its_digits_from_input_to_answer(company: Api) -> None:
    number = "12345678901234567890.123456789012345678"
    company.do(
        """mutation ($number: Decimal!) { recordUsage(input: {
          source: "s", id: "exact", type: "call", customer: "acme", occurredAt: "2026-03-01T10:00:00.000001Z"
          properties: [{name: "bytes", number: $number}]
        }) { outcome { outcome } userErrors { message } } }""",
        number=number,
    )
    found = company.ask('{ events(customer: "acme") { nodes { id occurredAt properties { value } } } }')
    assert found["events"]["nodes"][-1] == {
        "id": "exact",
        "occurredAt": "2026-03-01T10:00:00.000001Z",
        "properties": [{"value": number}],
    }


def test_quarantined_events_are_replayed_when_the_reason_is_gone(company: Api) -> None:
    assert send(company, event("newcomer", 1, "2026-03-01T09:00:00Z")) == ["QUARANTINED"]
    document = """{
      quarantinedEvents { nodes { id reason body customerKey eventId } } intake { accepted quarantined waiting }
    }"""
    found = company.ask(document)
    (waiting,) = found["quarantinedEvents"]["nodes"]
    assert (waiting["reason"], waiting["customerKey"], waiting["eventId"]) == (
        "UNKNOWN_CUSTOMER",
        "newcomer",
        "newcomer-1",
    )
    assert '"newcomer-1"' in waiting["body"]
    assert found["intake"] == {"accepted": "12", "quarantined": "1", "waiting": "1"}

    add_customer(company, "newcomer")
    replayed = company.do(
        """mutation ($ids: [ID!]) { replayQuarantined(ids: $ids) {
          outcomes { id result { outcome position } } userErrors { code }
        } }""",
        ids=[waiting["id"]],
    )
    assert replayed["outcomes"] == [{"id": waiting["id"], "result": {"outcome": "ACCEPTED", "position": "13"}}]
    assert company.ask(document)["quarantinedEvents"]["nodes"] == []
    again = company.ask("{ quarantinedEvents(includeReplayed: true) { nodes { position replayedAt } } }")
    assert again["quarantinedEvents"]["nodes"] == [{"position": "13", "replayedAt": "2026-03-01T12:00:00Z"}]


def test_deliveries_wait_for_their_worker(company: Api) -> None:
    invoice = _first_january_invoice(company)
    document = """query ($invoice: ID) { deliveries(status: PENDING, invoice: $invoice) { nodes {
      connection status attempts reason remedy invoice { number } steps { step }
    } } }"""
    assert company.ask(document, invoice=invoice["id"])["deliveries"]["nodes"] == [
        {
            "connection": "main",
            "status": "PENDING",
            "attempts": 0,
            "reason": None,
            "remedy": None,
            "invoice": {"number": invoice["number"]},
            "steps": [],
        }
    ]
    assert len(company.ask(document)["deliveries"]["nodes"]) == 6


def test_customers_are_searched_by_key_and_name(company: Api) -> None:
    document = "query ($search: String) { customers(search: $search) { totalCount nodes { key name } } }"
    both = ["acme", "globex"]
    for search, keys in (("ACM", ["acme"]), ("inc", both), ("%", []), ("x_", []), ("", both)):
        found = company.ask(document, search=search)["customers"]
        assert [node["key"] for node in found["nodes"]] == keys
        assert found["totalCount"] == str(len(keys))


def test_a_customer_token_finds_itself(company: Api) -> None:
    acme = token_of("acme")
    found = company.ask("{ viewer { scopes customer { key name } } customers { totalCount nodes { key } } }", acme)
    assert found == {
        "viewer": {"scopes": ["READ"], "customer": {"key": "acme", "name": "Acme Inc."}},
        "customers": {"totalCount": "1", "nodes": [{"key": "acme"}]},
    }
    assert company.ask('{ customers(search: "globex") { totalCount } }', acme) == {"customers": {"totalCount": "0"}}


def test_every_node_is_found_by_its_id(company: Api) -> None:
    send(company, event("nobody", 1, "2026-03-01T09:00:00Z"))
    company.do('mutation { createApiKey(input: {name: "k", scopes: [READ]}) { userErrors { code } } }')
    company.do('mutation { createWebhookEndpoint(url: "https://example.com") { userErrors { code } } }')
    company.do('mutation { openWallet(input: {customer: "acme", currency: "USD"}) { userErrors { code } } }')
    invoices = company.ask("{ invoices(first: 1, filter: {status: FINALIZED}) { nodes { id } } }")["invoices"]["nodes"]
    company.do(
        """mutation ($id: ID!) { creditInvoice(input: {invoice: $id, reason: "r"}, idempotencyKey: "c") {
          userErrors { code }
        } }""",
        id=invoices[0]["id"],
    )
    found = company.ask(
        """{
          a: meters(first: 1) { nodes { __typename id } } b: plans(first: 1) { nodes { __typename id } }
          c: customers(first: 1) { nodes { __typename id } } d: subscriptions(first: 1) { nodes { __typename id } }
          e: invoices(first: 1) { nodes { __typename id lines { __typename id } } }
          f: deliveries(first: 1) { nodes { __typename id } } g: quarantinedEvents { nodes { __typename id } }
          h: apiKeys { nodes { __typename id } } l: webhookEndpoints { nodes { __typename id } }
          j: creditNotes(customer: "acme") { nodes { __typename id } }
          k: creditNotes(customer: "globex") { nodes { __typename id } }
          i: customers(first: 1) { nodes { __typename id wallets { nodes { __typename id } } } }
        }"""
    )
    nodes = [node for connection in found.values() for node in connection["nodes"]]
    nodes += found["e"]["nodes"][0].pop("lines")
    nodes += found["i"]["nodes"][0].pop("wallets")["nodes"]
    every_kind = schema()._schema.get_possible_types(schema()._schema.type_map["Node"])  # type: ignore[arg-type]
    # A difference needs a provider that was altered, a review an invoice that is held: their own tests look for one.
    elsewhere = {"ProviderDifference", "Review"}
    assert {node["__typename"] for node in nodes} == {kind.name for kind in every_kind} - elsewhere
    for node in nodes:
        assert company.ask("query ($id: ID!) { node(id: $id) { __typename id } }", id=node["id"])["node"] == node


def test_the_gateway_says_where_it_stands(company: Api) -> None:
    company.projector.catch_up()
    document = "{ gateway { logPosition projectionPosition isCurrent businessTime connection } }"
    assert company.ask(document)["gateway"] == {
        "logPosition": "12",
        "projectionPosition": "12",
        "isCurrent": True,
        "businessTime": "2026-03-01T12:00:00Z",
        "connection": "main",
    }


def test_progressive_invoices_say_what_they_are_and_cost_what_is_left_to_bill(company: Api) -> None:
    publish = "mutation ($input: PublishPlanInput!) { publishPlan(input: $input) { userErrors { message } } }"
    company.do(publish, input={**PLAN, "invoiceThresholds": {"period": ["5", "8"]}})
    subscription = add_customer(company, "umbrella")
    bill(company, "what began before")
    for number in range(5):
        send(company, event("umbrella", number, "2026-03-01T08:00:00Z"))
        bill(company, f"run {number}")

    found = company.ask(
        """query ($id: ID!) { invoices(filter: {customer: "umbrella"}) {
          nodes { id kind sequence billedBefore boundaryAt total { amount } amountDue { amount }
            carriedOver { amount } }
        } subscription(id: $id) { runningCost { billed { amount } unbilled { amount } } } }""",
        id=subscription,
    )

    invoices = [each for each in found["invoices"]["nodes"] if each["kind"] == "progressive"]
    first, second = sorted(invoices, key=lambda each: each["sequence"])
    assert [(each["sequence"], each["total"]["amount"]) for each in (first, second)] == [(0, "5.00"), (1, "4.00")]
    assert (first["billedBefore"], second["billedBefore"]) == ([], [first["id"]])
    assert first["boundaryAt"] == "2026-03-01T00:00:00Z"
    assert (second["amountDue"]["amount"], second["carriedOver"]["amount"]) == ("4.00", "0.00")
    cost = found["subscription"]["runningCost"]
    assert (cost["billed"]["amount"], cost["unbilled"]["amount"]) == ("9.00", "2.00")
