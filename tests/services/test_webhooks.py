"""Webhooks that the gateway sends, from what happens to what an endpoint gets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, cast

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.core.errors import GatewayError, IllegalTransition, InvalidValue, NotFound
from gateway.core.ports.webhooks import SendingFilter
from gateway.core.webhooks import SendingStatus, WebhookAnswer, WebhookEvent, endpoints_max
from gateway.plugin_api import BillingProvider, DocumentKind, NeedsAttention
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.deliver import deliver_next
from gateway.services.follow_provider import follow
from gateway.services.installation import Installation
from gateway.services.send_webhooks import forget_old, messages_kept_for, send_due
from gateway.services.void_invoice import void_invoice
from gateway.services.webhook_endpoints import (
    add_endpoint,
    change_endpoint,
    disable_endpoint,
    enable_endpoint,
    redeliver,
    redeliver_since,
    remove_endpoint,
    rotate_secret,
)
from tests.services.billing import FEBRUARY, JANUARY, Company
from tests.services.delivering import World
from tests.support import FixedClock

URL = "https://example.com/hooks"
DOWN, TAKEN = WebhookAnswer(status_code=500), WebhookAnswer(status_code=204)


@dataclass
class Receiver:
    """Endpoints that answer as they are told, and keep what they got."""

    answers: dict[str, WebhookAnswer] = field(default_factory=dict)
    got: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        self.got.append((url, headers, body))
        return self.answers.get(url, TAKEN)

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, _, body in self.got]


def drain(company: Company, receiver: Receiver) -> None:
    while send_due(company.installation, receiver):
        pass


def sendings(company: Company, **matching: Any) -> list[tuple[str, int]]:
    found = company.read(lambda unit: unit.webhooks.sendings(SendingFilter(**matching), None, 99))
    return [(sending.status, sending.attempts) for sending, _ in found]


def pass_time(company: Company, **time: float) -> None:
    company.clock.advance(timedelta(**time))


@pytest.fixture
def signed(company: Company) -> Company:
    company.define()
    company.sign()
    return company


def test_what_happens_to_documents_is_announced_with_what_is_needed_to_ask_for_more(signed: Company) -> None:
    add_endpoint(signed.installation, URL)
    receiver = Receiver()

    signed.bill(FEBRUARY)
    first, second = signed.invoices()
    void_invoice(signed.installation, first.id, "ada", "wrong", "k1")
    credit_invoice(signed.installation, CreditRequest(second.id, "kind"), "ada", "k2")
    drain(signed, receiver)

    assert sorted(receiver.types) == ["credit_note.issued", "invoice.finalized", "invoice.finalized", "invoice.voided"]
    content = next(json.loads(body) for _, _, body in receiver.got if b"invoice.voided" in body)
    assert content == {
        "type": "invoice.voided",
        "timestamp": "2026-02-01T00:00:00Z",
        "data": {
            "id": first.id,
            "number": "INV-000001",
            "numberedBy": "gateway",
            "customer": "acme",
            "subscriptionId": first.key.subscription_id,
            "status": "void",
            "paymentStatus": "unpaid",
            "issuedOn": "2026-01-01",
            "total": {"amount": "49.00", "currency": "USD"},
        },
    }


def test_a_held_invoice_is_announced(signed: Company) -> None:
    add_endpoint(signed.installation, URL, [WebhookEvent.INVOICE_HELD])
    signed.upload("2026-01-05T00:00:00Z", "many")
    receiver = Receiver()

    signed.bill(FEBRUARY)
    drain(signed, receiver)

    assert receiver.types == ["invoice.held"]


def test_messages_verify_with_the_secret_and_no_other(signed: Company) -> None:
    endpoint, secret = add_endpoint(signed.installation, URL)
    signed.clock.set(datetime.now(UTC).replace(microsecond=0))
    _, newer = rotate_secret(signed.installation, endpoint.id, previous_hours=1)
    receiver = Receiver()
    signed.bill()
    send_due(signed.installation, receiver)

    _, headers, body = receiver.got[0]

    assert Webhook(secret).verify(body, dict(headers)) == Webhook(newer).verify(body, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(newer).verify(body.replace(b"49.00", b"00.00"), dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43).verify(body, dict(headers))


def test_what_becomes_of_deliveries_and_of_the_money_is_announced(
    installation: Installation, clock: FixedClock
) -> None:
    world = World.of(installation, clock)
    add_endpoint(installation, URL)
    receiver = Receiver()
    world.finalize(1)
    world.deliver()
    world.provider.pay(world.at_provider(DocumentKind.INVOICE, "inv_1")[0].ref)
    follow(installation, "main", world.provider)
    world.finalize(2)
    deliver_next(installation, "main", cast(BillingProvider, Refusing(world.provider)))

    while send_due(installation, receiver):
        pass

    assert sorted(receiver.types) == ["delivery.delivered", "delivery.parked", "invoice.payment_changed"]
    parked = next(json.loads(body)["data"] for _, _, body in receiver.got if b"delivery.parked" in body)
    assert (parked["documentId"], parked["status"], parked["remedy"]) == ("inv_2", "parked", "enter one")


class Refusing:
    """A provider that takes no invoice before somebody acts."""

    def __init__(self, provider: object) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def put_invoice(self, *_: object) -> Any:
        raise NeedsAttention("there is no tax id", "enter one")


def test_without_an_endpoint_nothing_is_stored(signed: Company) -> None:
    signed.bill(JANUARY)

    assert signed.read(lambda unit: unit.webhooks.messages_since(JANUARY, 9)) == []


def test_what_fails_is_sent_again_with_the_same_id_until_it_is_taken(signed: Company) -> None:
    _ = add_endpoint(signed.installation, URL)
    receiver = Receiver({URL: DOWN})
    signed.bill(JANUARY)

    drain(signed, receiver)
    pass_time(signed, seconds=6)
    receiver.answers[URL] = TAKEN
    drain(signed, receiver)

    (_, first, _), (_, second, _) = receiver.got
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 6
    assert sendings(signed) == [(SendingStatus.DELIVERED, 2)]
    assert signed.read(lambda unit: unit.webhooks.endpoints())[0].failing_since is None


def test_an_endpoint_that_is_down_keeps_no_other_waiting(signed: Company) -> None:
    add_endpoint(signed.installation, URL)
    add_endpoint(signed.installation, f"{URL}/down")
    receiver = Receiver({f"{URL}/down": DOWN})
    signed.bill(FEBRUARY)

    drain(signed, receiver)

    assert [url for url, _, _ in receiver.got].count(URL) == len(signed.invoices())


def test_an_endpoint_that_is_down_for_days_is_disabled_and_the_others_hear_of_it(signed: Company) -> None:
    broken, _ = add_endpoint(signed.installation, f"{URL}/down")
    add_endpoint(signed.installation, URL, [WebhookEvent.ENDPOINT_DISABLED])
    receiver = Receiver({f"{URL}/down": DOWN})
    signed.bill(JANUARY)

    for _ in range(200):
        drain(signed, receiver)
        pass_time(signed, hours=1)

    assert sendings(signed, endpoint_id=broken.id) == [(SendingStatus.FAILED, 10)]
    (_, _, notice) = next(each for each in receiver.got if each[0] == URL)
    assert json.loads(notice)["data"] == {
        "id": broken.id,
        "url": f"{URL}/down",
        "reason": "It has taken no message since 2026-01-01 00:00 UTC",
    }


def test_what_a_disabled_endpoint_missed_is_sent_when_somebody_asks(signed: Company) -> None:
    endpoint, _ = add_endpoint(signed.installation, URL)
    receiver = Receiver()
    disable_endpoint(signed.installation, endpoint.id, "maintenance")
    signed.bill(JANUARY)
    drain(signed, receiver)
    assert receiver.got == []

    enable_endpoint(signed.installation, endpoint.id)
    assert redeliver_since(signed.installation, endpoint.id, JANUARY) == 1
    drain(signed, receiver)

    assert receiver.types == ["invoice.finalized"]
    assert redeliver_since(signed.installation, endpoint.id, JANUARY) == 0


def test_one_message_is_sent_again_on_request(signed: Company) -> None:
    endpoint, _ = add_endpoint(signed.installation, URL)
    receiver = Receiver()
    signed.bill(JANUARY)
    message = signed.read(lambda unit: unit.webhooks.messages_since(JANUARY, 1))[0]

    with pytest.raises(IllegalTransition, match="is on its way"):
        redeliver(signed.installation, message.id, endpoint.id)
    drain(signed, receiver)
    redeliver(signed.installation, message.id, endpoint.id)
    drain(signed, receiver)

    assert [headers["webhook-id"] for _, headers, _ in receiver.got] == [message.id] * 2
    with pytest.raises(NotFound, match="Message 'msg_0' was never on its way"):
        redeliver(signed.installation, "msg_0", endpoint.id)


def test_an_endpoint_is_changed_and_removed(signed: Company) -> None:
    endpoint, _ = add_endpoint(signed.installation, URL)

    changed = change_endpoint(signed.installation, endpoint.id, f"{URL}/2", [WebhookEvent.INVOICE_HELD], "mine")
    assert (changed.url, changed.events, changed.description) == (f"{URL}/2", {WebhookEvent.INVOICE_HELD}, "mine")
    assert change_endpoint(signed.installation, endpoint.id) == changed

    remove_endpoint(signed.installation, endpoint.id)
    with pytest.raises(NotFound):
        enable_endpoint(signed.installation, endpoint.id)


def test_old_messages_are_forgotten(signed: Company) -> None:
    add_endpoint(signed.installation, URL)
    signed.bill(JANUARY)
    drain(signed, Receiver())

    assert forget_old(signed.installation) == 0
    pass_time(signed, days=messages_kept_for.days, seconds=1)
    assert forget_old(signed.installation) == 1


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("example.com", "is no address; write one such as https://"),
        ("ftp://example.com", "is no address"),
        ("https://", "is no address"),
        ("https://example.com:99999", "is no address"),
        ("http://example.com", "is not encrypted; use https"),
        ("https://ada:secret@example.com", "holds a user, a password or a fragment"),
        ("https://example.com/#a", "holds a user, a password or a fragment"),
        ("https://127.0.0.1/", "is not on the public internet"),
        ("https://[::ffff:169.254.169.254]/", "is not on the public internet"),
        ("https://localhost/", "is not on the public internet"),
        ("https://LOCALHOST.:8443/", "is not on the public internet"),
        ("https://api.localhost/", "is not on the public internet"),
        ("https://0/", "is not on the public internet"),
        ("https://127.1/", "is not on the public internet"),
        ("https://2130706433/", "is not on the public internet"),
        ("https://0x7f.1/", "is not on the public internet"),
        ("https://example.com/ä", "printable ASCII"),
        ("https://example.com/" + "a" * 2_000, "at most 2000"),
    ],
)
def test_an_address_that_may_not_be_sent_to_is_refused(signed: Company, url: str, fault: str) -> None:
    with pytest.raises(InvalidValue, match=fault):
        add_endpoint(signed.installation, url)


def test_networks_of_the_company_may_be_allowed(signed: Company) -> None:
    installation = replace(signed.installation, webhook_networks=(ip_network("127.0.0.0/8"),))

    endpoint, _ = add_endpoint(installation, "http://127.0.0.1:8080/hooks")

    assert endpoint.url == "http://127.0.0.1:8080/hooks"
    with pytest.raises(InvalidValue, match="is not on the public internet"):
        add_endpoint(installation, "http://10.0.0.1/")


def test_there_is_a_limit_to_endpoints(signed: Company) -> None:
    for _ in range(endpoints_max):
        add_endpoint(signed.installation, URL)

    with pytest.raises(InvalidValue, match="There are 20 webhook endpoints"):
        add_endpoint(signed.installation, URL)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda company, at: rotate_secret(company.installation, at, 169), "0 to 168 hours; 169"),
        (lambda company, at: rotate_secret(company.installation, at, -1), "0 to 168 hours; -1"),
        (lambda company, at: disable_endpoint(company.installation, at, ""), "The reason to disable an endpoint"),
        (lambda company, at: change_endpoint(company.installation, at, url="x"), "is no address"),
        (lambda company, at: change_endpoint(company.installation, at, description="\0"), "The description"),
    ],
)
def test_what_cannot_be_is_refused(signed: Company, change: Any, fault: str) -> None:
    endpoint, _ = add_endpoint(signed.installation, URL)

    with pytest.raises(GatewayError, match=fault):
        change(signed, endpoint.id)
