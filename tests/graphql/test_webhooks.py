"""Webhooks that the gateway sends and receives, managed through the API."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.core.access import Caller, Scope
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook
from gateway.core.webhooks import WebhookAnswer, WebhookEvent
from gateway.services.announce import ConnectionStanding, announce
from gateway.services.send_webhooks import send_due
from tests.graphql.asking import Api

URL = "https://example.com/webhooks"
CREATE = """mutation ($url: String!, $events: [WebhookEvent!]) {
  createWebhookEndpoint(url: $url, events: $events, description: "ours") {
    webhookEndpoint { id url events description isEnabled } secret userErrors { code message }
  }
}"""
LIST = """{ webhookEndpoints { nodes { id url isEnabled disabledReason
  sendings(first: 1) { nodes { messageId event status attempts statusCode body } pageInfo { hasNextPage endCursor } }
} } }"""


@pytest.fixture
def endpoint(company: Api) -> dict[str, Any]:
    return company.do(CREATE, url=URL, events=[])["webhookEndpoint"]


def announce_and_send(company: Api) -> None:
    for number in ("1", "2"):
        company.installation.storage.transact(
            lambda unit, number=number: announce(
                unit, company.installation, WebhookEvent.CONNECTION_HELD, ConnectionStanding(number)
            )
        )
    while send_due(company.installation, lambda *_: WebhookAnswer(status_code=204)):
        pass


def mutation(field: str, arguments: str = "", answer: str = "webhookEndpoint { id }") -> str:
    return f"mutation ($id: ID!) {{ {field}(id: $id{arguments}) {{ {answer} userErrors {{ code message }} }} }}"


def change(company: Api, field: str, arguments: str = "", answer: str = "webhookEndpoint { id }", **ids: str) -> Any:
    return company.do(mutation(field, arguments, answer), **ids)


def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(company: Api) -> None:
    made = company.do(CREATE, url=URL, events=["INVOICE_HELD"])

    assert made["webhookEndpoint"]["events"] == ["INVOICE_HELD"]
    assert made["secret"].startswith("whsec_")
    assert made["secret"] not in str(company.ask(LIST))
    node = company.ask(
        "query ($id: ID!) { node(id: $id) { ... on WebhookEndpoint { url } } }", id=made["webhookEndpoint"]["id"]
    )
    assert node["node"] == {"url": URL}


def test_an_address_that_may_not_be_sent_to_is_a_user_error(company: Api) -> None:
    refused = company.refusals(CREATE, url="https://169.254.169.254/latest", events=[])

    assert refused == [
        {"code": "INVALID", "message": "The address 'https://169.254.169.254/latest' is not on the public internet"}
    ]


def test_what_was_sent_is_listed_by_page(company: Api, endpoint: dict[str, Any]) -> None:
    announce_and_send(company)

    (listed,) = company.ask(LIST)["webhookEndpoints"]["nodes"]
    (newest,), page = listed["sendings"]["nodes"], listed["sendings"]["pageInfo"]
    after = """query ($after: String!) { webhookEndpoints { nodes { sendings(first: 100, after: $after) {
      nodes { messageId } } } } }"""
    rest = company.ask(after, after=page["endCursor"])["webhookEndpoints"]["nodes"][0]["sendings"]["nodes"]

    assert (newest["event"], newest["status"], newest["attempts"], newest["statusCode"]) == (
        "CONNECTION_HELD",
        "DELIVERED",
        1,
        204,
    )
    assert page["hasNextPage"]
    assert newest["messageId"] not in {each["messageId"] for each in rest}


def test_an_endpoint_is_stopped_started_changed_and_removed(company: Api, endpoint: dict[str, Any]) -> None:
    at = {"id": endpoint["id"]}

    change(company, "disableWebhookEndpoint", ', reason: "moved"', **at)
    (listed,) = company.ask(LIST)["webhookEndpoints"]["nodes"]
    assert (listed["isEnabled"], listed["disabledReason"]) == (False, "moved")

    change(company, "enableWebhookEndpoint", **at)
    change(company, "updateWebhookEndpoint", f', url: "{URL}/2"', **at)
    (listed,) = company.ask(LIST)["webhookEndpoints"]["nodes"]
    assert (listed["isEnabled"], listed["url"]) == (True, f"{URL}/2")

    assert change(company, "removeWebhookEndpoint", "", "removedId", **at)["removedId"] == endpoint["id"]
    assert company.ask(LIST)["webhookEndpoints"]["nodes"] == []
    (gone,) = company.refusals(mutation("removeWebhookEndpoint", "", "removedId"), **at)
    assert gone["code"] == "NOT_FOUND"


def test_secrets_are_rotated_and_messages_sent_again(company: Api, endpoint: dict[str, Any]) -> None:
    at = {"id": endpoint["id"]}
    announce_and_send(company)
    (listed,) = company.ask(LIST)["webhookEndpoints"]["nodes"]
    message = listed["sendings"]["nodes"][0]["messageId"]

    assert change(company, "rotateWebhookSecret", ", previousValidHours: 1", "secret", **at)["secret"].startswith(
        "whsec_"
    )
    assert change(company, "redeliverWebhook", f', messageId: "{message}"', "messages", **at)["messages"] == 1
    again = mutation("redeliverWebhook", f', messageId: "{message}"', "messages")
    assert [each["code"] for each in company.refusals(again, **at)] == ["ILLEGAL_TRANSITION"]
    missed = change(company, "redeliverMissedWebhooks", ', since: "2020-01-01T00:00:00Z"', "messages", **at)
    assert missed["messages"] == 0


@pytest.mark.parametrize("scope", [Scope.READ, Scope.BILLING, Scope.FINANCE])
def test_only_administrators_see_and_change_endpoints(company: Api, endpoint: dict[str, Any], scope: Scope) -> None:
    caller = Caller("key_2", frozenset({scope, Scope.READ}))

    assert company.answer(LIST, caller).codes == ["FORBIDDEN"]
    assert company.answer(mutation("enableWebhookEndpoint"), caller, id=endpoint["id"]).codes == ["FORBIDDEN"]
    assert company.ask("query ($id: ID!) { node(id: $id) { id } }", caller, id=endpoint["id"]) == {"node": None}


def test_webhooks_of_providers_are_listed_and_parked_ones_tried_again(company: Api) -> None:
    storage = company.installation.storage
    for number, status in enumerate((ReceivedStatus.APPLIED, ReceivedStatus.PARKED, ReceivedStatus.PARKED)):
        at = company.installation.system_clock.now() + timedelta(seconds=number)
        one = ReceivedWebhook("main", f"evt_{number}", "paid", "invoice", "in_1", at).settled(status, "no such invoice")
        storage.transact(lambda unit, one=one: unit.received.add(one))
    query = """query ($after: String) { receivedWebhooks(status: PARKED, connection: "main", first: 1, after: $after) {
      nodes { eventId reason } pageInfo { hasNextPage endCursor } } }"""

    first = company.ask(query)["receivedWebhooks"]
    second = company.ask(query, after=first["pageInfo"]["endCursor"])["receivedWebhooks"]
    retry = """mutation { retryReceivedWebhook(connection: "main", eventId: "evt_2") {
      receivedWebhook { status } userErrors { code message } } }"""

    assert first["nodes"] == [{"eventId": "evt_2", "reason": "no such invoice"}]
    assert (second["nodes"][0]["eventId"], second["pageInfo"]["hasNextPage"]) == ("evt_1", False)
    assert company.do(retry)["receivedWebhook"] == {"status": "PENDING"}
    assert [each["code"] for each in company.refusals(retry)] == ["ILLEGAL_TRANSITION"]
