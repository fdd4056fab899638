"""Subscriptions through GraphQL: changed, told with their phases, and refused as data."""

from typing import Any

import pytest

from tests.graphql.asking import Api

_OF_ACME = '{ subscriptions(customer: "acme") { nodes { id } } }'
_PUBLISH = """mutation { publishPlan(input: {
  key: "api", name: "API 2", currency: "USD", interval: MONTH, proration: DAY,
  prices: [{key: "base", name: "Base", timing: IN_ADVANCE, model: {flat: {amount: "20.00"}}}]
}) { plan { version proration } userErrors { message } } }"""
_PHASES = "subscription { status planVersion phases { status planVersion startsAt endsAt } } userErrors { code }"


def of_acme(company: Api) -> str:
    found = company.ask(_OF_ACME)["subscriptions"]["nodes"]
    return str(found[0]["id"])


def changed(company: Api, mutation: str, arguments: str = "", key: str = "k") -> dict[str, Any]:
    asked = f'mutation {{ {mutation}(id: "{of_acme(company)}", idempotencyKey: "{key}"{arguments}) {{ {_PHASES} }} }}'
    return dict(company.ask(asked)[mutation])


def test_a_plan_is_changed_at_renewal_and_told_with_its_phases(company: Api) -> None:
    published = company.ask(_PUBLISH)["publishPlan"]

    done = changed(company, "changePlan", ', plan: "api", when: RENEWAL')

    assert published == {"plan": {"version": 2, "proration": "DAY"}, "userErrors": []}
    assert done["userErrors"] == []
    assert done["subscription"] == {
        "status": "ACTIVE",
        "planVersion": 1,
        "phases": [
            {
                "status": "ACTIVE",
                "planVersion": 1,
                "startsAt": "2026-01-01T00:00:00Z",
                "endsAt": "2026-04-01T00:00:00Z",
            },
            {"status": "ACTIVE", "planVersion": 2, "startsAt": "2026-04-01T00:00:00Z", "endsAt": None},
        ],
    }


def test_a_subscription_is_paused_resumed_cancelled_and_taken_up_again(company: Api) -> None:
    statuses = [
        [phase["status"] for phase in changed(company, mutation, arguments, key=str(n))["subscription"]["phases"]]
        for n, (mutation, arguments) in enumerate(
            [
                ("pauseSubscription", ""),
                ("resumeSubscription", ', at: "2026-03-10T00:00:00Z"'),
                ("cancelSubscription", ', at: "2026-03-20T00:00:00Z"'),
                ("reactivateSubscription", ', at: "2026-03-11T00:00:00Z"'),
            ]
        )
    ]

    assert statuses == [
        ["ACTIVE", "PAUSED"],
        ["ACTIVE", "PAUSED", "ACTIVE"],
        ["ACTIVE", "PAUSED", "ACTIVE", "ENDED"],
        ["ACTIVE", "PAUSED", "ACTIVE"],
    ]


@pytest.mark.parametrize(
    ("mutation", "arguments", "code"),
    [
        ("pauseSubscription", ', at: "2026-03-01T00:00:00Z"', "ILLEGAL_TRANSITION"),
        ("resumeSubscription", "", "ILLEGAL_TRANSITION"),
        ("reactivateSubscription", "", "ILLEGAL_TRANSITION"),
        ("changePlan", ', plan: "none"', "NOT_FOUND"),
    ],
)
def test_what_cannot_be_changed_is_refused_as_data(company: Api, mutation: str, arguments: str, code: str) -> None:
    done = changed(company, mutation, arguments)

    assert done == {"subscription": None, "userErrors": [{"code": code}]}


def test_subscribers_move_and_the_same_key_gives_the_same_answer(company: Api) -> None:
    company.ask(_PUBLISH)
    move = """mutation { moveSubscribers(plan: "api", idempotencyKey: "m") {
      version moved refused { key reason } userErrors { code }
    } }"""

    first, again = company.ask(move)["moveSubscribers"], company.ask(move)["moveSubscribers"]

    assert first == again
    assert (first["version"], first["refused"], first["userErrors"]) == (2, [], [])
    assert first["moved"] >= 1
    unknown = company.ask(move.replace('"api"', '"none"').replace('"m"', '"n"'))["moveSubscribers"]
    assert (unknown["version"], unknown["userErrors"]) == (None, [{"code": "NOT_FOUND"}])


def test_a_trial_is_told_with_its_end(company: Api) -> None:
    company.ask('mutation { createCustomer(input: {key: "new", name: "New"}) { userErrors { code } } }')

    done = company.ask(
        """mutation { createSubscription(input: {
          customer: "new", plan: "api", startsAt: "2026-02-15T00:00:00Z", byAnniversary: true,
          trialEndsAt: "2026-03-15T00:00:00Z", billsTrialUsage: true
        }) { subscription { status anchor phases { status } } userErrors { code } } }"""
    )["createSubscription"]

    assert done["userErrors"] == []
    assert done["subscription"] == {
        "status": "USAGE_TRIAL",
        "anchor": "2026-02-15T00:00:00Z",
        "phases": [{"status": "USAGE_TRIAL"}, {"status": "ACTIVE"}],
    }


def test_a_free_trial_costs_nothing_until_it_is_ended(company: Api) -> None:
    company.ask('mutation { createCustomer(input: {key: "new", name: "New"}) { userErrors { code } } }')
    made = company.ask(
        """mutation { createSubscription(input: {
          customer: "new", plan: "api", startsAt: "2026-02-15T00:00:00Z", trialEndsAt: "2026-03-15T00:00:00Z"
        }) { subscription { id } } }"""
    )["createSubscription"]["subscription"]["id"]
    cost = "runningCost { total { amount } trial { endsAt billsUsage } }"
    shown = f'{{ customer(key: "new") {{ subscriptions {{ nodes {{ {cost} }} }} }} }}'
    ended = "{ subscription { status } userErrors { code } }"
    end = f'mutation {{ endTrial(id: "{made}", idempotencyKey: "e") {ended} }}'

    def running() -> Any:
        return company.ask(shown)["customer"]["subscriptions"]["nodes"][0]["runningCost"]

    before = running()
    first, again = (company.ask(end)["endTrial"] for _ in range(2))

    assert before == {"total": {"amount": "0.00"}, "trial": {"endsAt": "2026-03-15T00:00:00Z", "billsUsage": False}}
    assert first == again == {"subscription": {"status": "ACTIVE"}, "userErrors": []}
    assert running()["trial"] is None
