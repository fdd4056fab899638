"""Several mutations of one request run one after another, and each sees what those before it did."""

from tests.graphql.asking import Api


def test_a_mutation_shows_what_those_before_it_did(company: Api) -> None:
    done = company.ask(
        """mutation {
          before: createCustomer(input: {key: "acme", name: "Acme Inc."}) {
            customer { subscriptions { totalCount } } userErrors { message }
          }
          createMeter(input: {key: "extra", name: "Extra", eventType: "call", aggregation: COUNT, unit: "call"}) {
            userErrors { message }
          }
          publishPlan(input: {key: "more", name: "More", currency: "USD", prices: [
            {key: "extra", name: "Extra", meter: "extra", model: {perUnit: {unitAmount: "1"}}}
          ]}) { plan { prices { meter { name } } } userErrors { message } }
          createSubscription(input: {customer: "acme", plan: "more", startsAt: "2026-03-01T00:00:00Z"}) {
            subscription { plan { name } customer { name } } userErrors { message }
          }
          after: createCustomer(input: {key: "acme", name: "Acme Inc."}) {
            customer { subscriptions { totalCount } } userErrors { message }
          }
        }"""
    )
    assert not [error for payload in done.values() for error in payload["userErrors"]]
    assert done["before"]["customer"] == {"subscriptions": {"totalCount": "1"}}
    assert done["publishPlan"]["plan"] == {"prices": [{"meter": {"name": "Extra"}}]}
    assert done["createSubscription"]["subscription"] == {"plan": {"name": "More"}, "customer": {"name": "Acme Inc."}}
    assert done["after"]["customer"] == {"subscriptions": {"totalCount": "2"}}
