"""Every field asks for its scope, and a refusal says which."""

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from gateway.core.access import Caller, Scope
from tests.graphql.asking import Api, schema
from tests.graphql.test_confinement import ARGUMENTS, COMPANY_ONLY, MUTATIONS

QUERY_SCOPES = {
    "viewer": None,
    "apiKeys": Scope.ADMIN,
    "webhookEndpoints": Scope.ADMIN,
    "providerSwitches": Scope.FINANCE,
    "providerSwitchPlan": Scope.FINANCE,
    "shadowParity": Scope.FINANCE,
    "projectedRevenue": Scope.FINANCE,
    "customersAtRisk": Scope.FINANCE,
    "reratePreview": Scope.FINANCE,
    "creditsOutstanding": Scope.FINANCE,
    "monthlyRecurringRevenue": Scope.FINANCE,
    "revenueBy": Scope.FINANCE,
    "deferredRevenue": Scope.FINANCE,
    "recognisedRevenue": Scope.FINANCE,
    "deferredSchedule": Scope.FINANCE,
    "revenueBridge": Scope.FINANCE,
    "receivablesAgeing": Scope.FINANCE,
    "unbilledAgeing": Scope.FINANCE,
}
MUTATION_SCOPES = {
    "ingestEvents": Scope.INGEST,
    "recordUsage": Scope.INGEST,
    "replayQuarantined": Scope.INGEST,
    "voidEvent": Scope.BILLING,
    "amendEvent": Scope.BILLING,
    "declareEventTypes": Scope.BILLING,
    "createMeter": Scope.BILLING,
    "publishPlan": Scope.BILLING,
    "overridePrices": Scope.BILLING,
    "createCustomer": Scope.BILLING,
    "createLegalEntity": Scope.BILLING,
    "updateLegalEntity": Scope.BILLING,
    "assignCustomer": Scope.BILLING,
    "updateCustomer": Scope.BILLING,
    "createSubscription": Scope.BILLING,
    "changePlan": Scope.BILLING,
    "pauseSubscription": Scope.BILLING,
    "resumeSubscription": Scope.BILLING,
    "cancelSubscription": Scope.BILLING,
    "endTrial": Scope.BILLING,
    "reactivateSubscription": Scope.BILLING,
    "moveSubscribers": Scope.BILLING,
    "billDue": Scope.BILLING,
    "approveInvoice": Scope.FINANCE,
    "voidInvoice": Scope.FINANCE,
    "rerate": Scope.FINANCE,
    "creditInvoice": Scope.FINANCE,
    "closePeriod": Scope.FINANCE,
    "assignReview": Scope.FINANCE,
    "commentReview": Scope.FINANCE,
    "resolveReview": Scope.FINANCE,
    "postJournals": Scope.FINANCE,
    "reverseJournal": Scope.FINANCE,
    "compareJournals": Scope.FINANCE,
    "lockPeriod": Scope.FINANCE,
    "reopenPeriod": Scope.FINANCE,
    "createCoupon": Scope.BILLING,
    "redeemCoupon": Scope.BILLING,
    "setTaxRates": Scope.BILLING,
    "resumeDelivery": Scope.BILLING,
    "settleDelivery": Scope.FINANCE,
    "openWallet": Scope.BILLING,
    "grantCredit": Scope.FINANCE,
    "topUpWallet": Scope.BILLING,
    "voidCredit": Scope.FINANCE,
    "revokeCreditGrant": Scope.FINANCE,
    "createApiKey": Scope.ADMIN,
    "revokeApiKey": Scope.ADMIN,
    "mintCustomerToken": Scope.READ,
    "createWebhookEndpoint": Scope.ADMIN,
    "updateWebhookEndpoint": Scope.ADMIN,
    "rotateWebhookSecret": Scope.ADMIN,
    "enableWebhookEndpoint": Scope.ADMIN,
    "disableWebhookEndpoint": Scope.ADMIN,
    "removeWebhookEndpoint": Scope.ADMIN,
    "redeliverWebhook": Scope.ADMIN,
    "redeliverMissedWebhooks": Scope.ADMIN,
    "retryReceivedWebhook": Scope.BILLING,
    "resumeConnection": Scope.BILLING,
    "recordPayment": Scope.FINANCE,
    "switchProvider": Scope.ADMIN,
    "planProviderSwitch": Scope.FINANCE,
    "linkCustomer": Scope.ADMIN,
    "reconcileProvider": Scope.BILLING,
    "answerProviderDifference": Scope.FINANCE,
}


def _fields(root: GraphQLObjectType | None) -> set[str]:
    assert root is not None
    return set(root.fields)


def _query(field: str) -> str:
    arguments = {**COMPANY_ONLY, **ARGUMENTS}[field].replace("$id", '"x"').replace("$key", '"x"')
    root = schema()._schema.query_type
    assert root is not None
    selection = "" if is_leaf_type(get_named_type(root.fields[field].type)) else "{ __typename }"
    return f"{{ {field}{arguments} {selection} }}"


def _without(scope: Scope | None) -> Caller:
    """A key that may do everything else."""
    return Caller("key_1", frozenset(Scope) - {Scope.ADMIN, *([scope] if scope else [])})


def test_every_mutation_has_a_scope() -> None:
    assert set(MUTATION_SCOPES) == _fields(schema()._schema.mutation_type)


@pytest.mark.parametrize("field", sorted(_fields(schema()._schema.query_type) - {"viewer"}))
def test_a_query_asks_for_its_scope(company: Api, field: str) -> None:
    scope = QUERY_SCOPES.get(field, Scope.READ)
    answer = company.answer(_query(field), _without(scope))
    assert answer.data is None or answer.data == {field: None}
    assert answer.codes == ["FORBIDDEN"]
    assert f"'{scope}'" in answer.errors[0]["message"]


@pytest.mark.parametrize("field", sorted(_fields(schema()._schema.query_type) - QUERY_SCOPES.keys()))
def test_a_key_that_may_read_reads_everything_but_keys(company: Api, field: str) -> None:
    assert company.answer(_query(field), Caller("key_1", frozenset({Scope.READ}))).codes == []


@pytest.mark.parametrize("mutation", MUTATION_SCOPES)
def test_a_mutation_asks_for_its_scope(company: Api, mutation: str) -> None:
    scope = MUTATION_SCOPES[mutation]
    answer = company.answer(MUTATIONS[mutation], _without(scope))
    assert answer.codes == ["FORBIDDEN"]
    assert f"'{scope}'" in answer.errors[0]["message"]


@pytest.mark.parametrize("mutation", MUTATION_SCOPES)
def test_its_scope_is_all_that_a_mutation_needs(company: Api, mutation: str) -> None:
    caller = Caller("key_1", frozenset({MUTATION_SCOPES[mutation]}))
    assert company.answer(MUTATIONS[mutation], caller).codes == []


def test_who_asks_is_always_answered(company: Api) -> None:
    nobody = Caller("key_1", frozenset())
    assert company.ask("{ viewer { id scopes customer { key } } }", nobody) == {
        "viewer": {"id": "key_1", "scopes": [], "customer": None}
    }


@pytest.mark.parametrize(
    ("scope", "document"),
    [
        (
            Scope.BILLING,
            """createCustomer(input: {key: "acme", name: "Acme Inc."}) {
              customer { subscriptions { nodes { id } } }
            }""",
        ),
        (Scope.BILLING, 'billDue(idempotencyKey: "k") { finalized { nodes { customer { name } } } }'),
    ],
)
def test_who_may_only_write_reads_nothing_around_what_it_wrote(company: Api, scope: Scope, document: str) -> None:
    add_due_work(company)
    answer = company.answer(f"mutation {{ {document} }}", Caller("key_1", frozenset({scope})))
    assert set(answer.codes) == {"FORBIDDEN"}
    assert "'read'" in answer.errors[0]["message"]


def add_due_work(api: Api) -> None:
    api.do('mutation { createCustomer(input: {key: "late", name: "Late"}) { userErrors { message } } }')
    api.do(
        """mutation { createSubscription(input: {
          customer: "late", plan: "api", startsAt: "2026-02-01T00:00:00Z"
        }) { userErrors { message } } }"""
    )
