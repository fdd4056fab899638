"""What front ends ask for fits the limits, with room; what would overwhelm the gateway does not."""

import pytest
from graphql import get_introspection_query

from tests.graphql.asking import Api

INVOICE_LIST = """query Invoices($customer: String!, $after: String) {
  invoices(filter: {customer: $customer}, first: 50, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      id number status paymentStatus issuedOn finalizedAt total { amount currency }
      customer { id key name } subscription { key timeZone } plan { name version }
      lines {
        id price description quantity unit exactAmount amount { amount currency } meterKey
        period { start end firstDay lastDay } dimensions { name value }
        steps { label units unitAmount flatAmount amount }
      }
      holds { kind detail expected found }
      deliveries { status reason remedy steps { step startedAt ref } }
    }
  }
}"""
DASHBOARD = """query Dashboard($customer: String!) {
  customer(key: $customer) {
    name
    subscriptions { nodes {
      key plan { name currency prices { key name meter { key name unit } } }
      runningCost {
        total { amount currency } period { firstDay lastDay } asOf { at isCurrent }
        forecast { low { amount } expected { amount } high { amount } method }
        soFar { price description quantity unit amount { amount } steps { label units unitAmount amount } }
      }
    } }
  }
  usage(customer: $customer, from: "2026-02-01T00:00:00Z", to: "2026-03-01T00:00:00Z", window: DAY) {
    points { meterKey startsAt quantity } asOf { at isCurrent }
  }
  invoices(filter: {customer: $customer}, first: 24) { nodes { number issuedOn total { amount currency } status } }
  unattributedEvents(customer: $customer) { totalCount }
}"""
EXPLANATION = """query Explain($line: ID!) { explainLine(line: $line) {
  sentence agrees eventsCounted replayedQuantity leftOut { reason events }
  line { quantity amount { amount } steps { label units unitAmount flatAmount amount } }
  events(first: 100) { nodes { value event { position source id occurredAt properties { name value } } } }
  eventsLeftOut(first: 100) { nodes { reason event { position source id occurredAt } } }
} }"""


@pytest.mark.parametrize("document", [INVOICE_LIST, DASHBOARD])
def test_a_front_ends_pages_fit_the_limits(company: Api, document: str) -> None:
    company.ask(document, customer="acme")


def test_an_explanation_fits_the_limits(company: Api) -> None:
    line = company.ask("{ invoices(first: 1) { nodes { lines { id } } } }")["invoices"]["nodes"][0]["lines"][0]["id"]
    company.ask(EXPLANATION, line=line)


def test_graphiql_reads_the_schema(company: Api) -> None:
    document = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    assert company.ask(document)["__schema"]["queryType"]["name"] == "Query"


def test_pages_within_pages_are_limited(company: Api) -> None:
    document = """{ customers(first: 100) { nodes { subscriptions(first: 100) { nodes {
      id key plan { name } runningCost { total { amount } }
    } } } } }"""
    answer = company.answer(document)
    assert answer.codes == ["LIMIT_EXCEEDED"]
