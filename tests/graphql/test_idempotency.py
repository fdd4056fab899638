"""An idempotency key is remembered for ever: the same request gets the same answer, another one is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.access import Caller, Scope
from gateway.core.delivery import DeliveryStatus
from gateway.core.ports.storage import UnitOfWork
from tests.graphql.asking import Api
from tests.graphql.company import NOW, add_customer, bill, define, event, send
from tests.support import FixedClock

BILL = """mutation ($key: String!, $asOf: DateTime) {
  billDue(idempotencyKey: $key, asOf: $asOf) {
    finalized { totalCount nodes { id number } } held { nodes { id } } userErrors { code message }
  }
}"""
APPROVE = """mutation ($id: ID!, $key: String!, $reason: String!) {
  approveInvoice(id: $id, reason: $reason, idempotencyKey: $key) { invoice { id status } userErrors { code } }
}"""
RESUME = """mutation ($id: ID!, $key: String!) {
  resumeDelivery(id: $id, idempotencyKey: $key) { delivery { id status attempts reason } userErrors { code } }
}"""


def test_billing_again_with_a_key_answers_what_the_first_run_did(api: Api) -> None:
    define(api)
    add_customer(api, "acme")
    first = api.do(BILL, key="march")
    add_customer(api, "globex")
    again = api.do(BILL, key="march")
    assert first["finalized"]["totalCount"] == "3"
    assert again == first
    assert api.ask("{ invoices { totalCount } }") == {"invoices": {"totalCount": "3"}}


def test_a_key_is_good_for_one_request(company: Api) -> None:
    company.do(BILL, key="march", asOf="2026-03-01T00:00:00Z")
    (error,) = company.refusals(BILL, key="march", asOf="2026-02-01T00:00:00Z")
    assert error["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert "'march'" in error["message"]


def test_a_key_is_good_for_one_mutation(company: Api) -> None:
    company.do(BILL, key="march")
    (error,) = company.refusals(APPROVE, id="inv_1", key="march", reason="r")
    assert error["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_callers_do_not_share_keys(company: Api) -> None:
    company.do(BILL, key="march", asOf="2026-03-01T00:00:00Z")
    other = Caller("key_other", frozenset({Scope.ADMIN}))
    assert company.do(BILL, other, key="march", asOf="2026-02-01T00:00:00Z")["userErrors"] == []


def test_a_refused_request_leaves_its_key_for_the_same_request(company: Api, clock: FixedClock) -> None:
    as_of = "2026-04-01T00:00:00Z"
    assert company.refusals(BILL, key="april", asOf=as_of)[0]["code"] == "INVALID"
    clock.set(datetime(2026, 4, 1, tzinfo=UTC))
    assert company.do(BILL, key="april", asOf=as_of)["finalized"]["totalCount"] == "2"


@pytest.fixture
def held(company: Api, clock: FixedClock) -> str:
    """An invoice that waits for a person, since an event of it could not be counted."""
    clock.set(datetime(2026, 4, 1, 12, tzinfo=UTC))
    send(company, event("acme", 50, "2026-03-10T00:00:00Z", bytes="many"))
    bill(company, "with a value that cannot be counted")
    (invoice,) = company.ask("{ invoices(filter: {status: HELD}) { nodes { id } } }")["invoices"]["nodes"]
    found: str = invoice["id"]
    return found


def test_an_invoice_is_approved_once(company: Api, held: str) -> None:
    first = company.do(APPROVE, id=held, key="k", reason="It is the sender's fault.")
    assert first["invoice"] == {"id": held, "status": "APPROVED"}
    document = "query ($id: ID!) { invoice(id: $id) { holds { kind } resolution { actor reason resolvedAt } } }"
    assert company.ask(document, id=held)["invoice"] == {
        "holds": [{"kind": "UNCOUNTABLE"}],
        "resolution": {
            "actor": "key_admin",
            "reason": "It is the sender's fault.",
            "resolvedAt": "2026-04-01T12:00:00Z",
        },
    }
    again = company.do(APPROVE, id=held, key="k", reason="It is the sender's fault.")
    assert again == first
    assert company.refusals(APPROVE, id=held, key="k", reason="Another.")[0]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert company.refusals(APPROVE, id=held, key="k2", reason="Again.")[0]["code"] == "ILLEGAL_TRANSITION"


def test_an_approval_needs_a_reason(company: Api, held: str) -> None:
    (error,) = company.refusals(APPROVE, id=held, key="k", reason=" ")
    assert error["code"] == "INVALID"


def test_what_was_approved_is_finalized_by_the_next_run(company: Api, held: str) -> None:
    company.do(APPROVE, id=held, key="k", reason="Fine.")
    finalized = company.do(BILL, key="after approval")["finalized"]["nodes"]
    assert [each["id"] for each in finalized] == [held]


def test_a_delivery_is_resumed_once(company: Api) -> None:
    delivery_id = _park_a_delivery(company)
    first = company.do(RESUME, id=delivery_id, key="k")
    assert first["delivery"] == {"id": delivery_id, "status": "PENDING", "attempts": 0, "reason": None}
    assert company.do(RESUME, id=delivery_id, key="k") == first
    assert company.refusals(RESUME, id=delivery_id, key="k2")[0]["code"] == "ILLEGAL_TRANSITION"


def _park_a_delivery(api: Api) -> str:
    def park(unit: UnitOfWork) -> str:
        delivery = unit.deliveries.claim("main", NOW, NOW + timedelta(minutes=1))
        assert delivery is not None
        parked = replace(delivery, status=DeliveryStatus.PARKED, attempts=3, reason="No such account.")
        assert unit.deliveries.settle(parked)
        return delivery.id

    return api.installation.storage.transact(park)
