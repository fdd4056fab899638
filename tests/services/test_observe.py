"""Plugins hear of what happened: after it is stored, at least once, and at nobody else's expense."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.money import Money
from gateway.core.ports.webhooks import SendingFilter
from gateway.core.webhooks import SendingStatus, WebhookAnswer, WebhookEndpoint, retry_delays
from gateway.plugin_api import DeliveryFinished, InvoiceFinalized
from gateway.services.deliver import deliver_next
from gateway.services.installation import Installation
from gateway.services.observe import Observation, register_observers, tell_next
from gateway.services.send_webhooks import lease, send_due
from gateway.services.webhook_endpoints import add_endpoint, change_endpoint, disable_endpoint, enable_endpoint
from tests.services.billing import JANUARY, Company
from tests.services.correcting import answering
from tests.services.delivering import Crash, World
from tests.support import FixedClock

BOTH = ("invoice_finalized", "delivery_finished")


class Heard(list[tuple[str, Observation]]):
    """A plugin that keeps what it is told, or fails at it."""

    fault: BaseException | None = None

    def __call__(self, hook: str, event: Observation) -> None:
        if self.fault:
            raise self.fault
        self.append((hook, event))


def drain(company: Company, plugin: str, heard: Heard) -> None:
    while tell_next(company.installation, plugin, heard):
        pass


def endpoints(company: Company) -> dict[str, WebhookEndpoint]:
    return {each.url: each for each in company.read(lambda unit: unit.webhooks.endpoints())}


def sendings(company: Company, **matching: Any) -> list[tuple[str, int, str | None]]:
    found = company.read(lambda unit: unit.webhooks.sendings(SendingFilter(**matching), None, 99))
    return [(sending.status, sending.attempts, sending.failure) for sending, _ in found]


@pytest.fixture
def billed(company: Company) -> Company:
    """One invoice that was finalized while the plugin `audit` observed."""
    company.define()
    company.sign()
    register_observers(company.installation, {"audit": ("invoice_finalized",)})
    company.bill(JANUARY)
    return company


def test_a_plugin_hears_of_an_invoice_once_it_is_stored(billed: Company) -> None:
    heard = Heard()
    drain(billed, "audit", heard)

    [(hook, event)] = heard
    [invoice] = billed.invoices()
    assert hook == "invoice_finalized"
    assert event == InvoiceFinalized(
        id=event.id,
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        invoice_id=invoice.id,
        number="INV-000001",
        customer="acme",
        issued_on=date(2026, 1, 1),
        total=Money(4900, "USD"),
    )
    assert sendings(billed) == [(SendingStatus.DELIVERED, 1, None)]


@pytest.mark.parametrize("fault", [RuntimeError("secret"), SystemExit(3)])
def test_one_that_fails_is_told_again_later(billed: Company, fault: BaseException) -> None:
    heard = Heard()
    heard.fault = fault
    drain(billed, "audit", heard)
    [(status, attempts, failure)] = sendings(billed)
    assert (status, attempts) == (SendingStatus.PENDING, 1)
    assert failure is not None
    assert failure.startswith(f"{type(fault).__name__} in test_observe.py, line ")
    heard.fault = None
    assert not tell_next(billed.installation, "audit", heard), "not at once"

    billed.clock.advance(retry_delays[0] * 2)
    drain(billed, "audit", heard)

    assert len(heard) == 1
    assert sendings(billed)[0][0] == SendingStatus.DELIVERED


def test_what_its_process_was_ended_at_is_put_off_and_the_rest_goes_on(billed: Company) -> None:
    heard = Heard()
    heard.fault = Crash()
    with pytest.raises(Crash):
        tell_next(billed.installation, "audit", heard)
    billed.sign("globex")
    billed.bill(JANUARY)
    heard.fault = None
    assert not tell_next(billed.installation, "audit", heard), "another process may still be at it"

    billed.clock.advance(lease)
    drain(billed, "audit", heard)

    assert [event.customer for _, event in heard if isinstance(event, InvoiceFinalized)] == ["globex"]
    billed.clock.advance(retry_delays[1] * 2)
    drain(billed, "audit", heard)
    assert len(heard) == 2


def test_one_plugin_keeps_neither_another_nor_an_endpoint_waiting(billed: Company) -> None:
    register_observers(billed.installation, dict.fromkeys(("audit", "other"), ("invoice_finalized",)))
    add_endpoint(billed.installation, "https://example.com/hooks")
    billed.sign("globex")
    billed.bill(JANUARY)
    broken, heard, posted = Heard(), Heard(), list[str]()
    broken.fault = Crash()
    with pytest.raises(Crash):
        tell_next(billed.installation, "audit", broken)

    drain(billed, "other", heard)
    send_due(billed.installation, lambda url, *_: (posted.append(url), WebhookAnswer(200))[1])

    assert len(heard) == 1
    assert posted == ["https://example.com/hooks"], "nothing is posted to a plugin"


def test_a_delivery_is_told_whether_it_arrived_or_waits(installation: Installation, clock: FixedClock) -> None:
    world = World.of(installation, clock)
    register_observers(installation, {"audit": BOTH})
    world.finalize(1)
    deliver_next(installation, "main", world.provider)
    world.finalize(2)

    def decline(*_: object) -> None:
        raise ValueError

    deliver_next(installation, "main", answering(world, put_invoice=decline))
    for _ in range(60):
        clock.advance(timedelta(hours=2))
        deliver_next(installation, "main", answering(world, put_invoice=decline))
    heard = Heard()
    while tell_next(installation, "audit", heard):
        pass

    events = [event for hook, event in heard if hook == "delivery_finished"]
    assert [(each.connection, each.document_id, each.status) for each in events if isinstance(each, DeliveryFinished)]
    assert [getattr(each, "status", None) for each in events] == ["delivered", "parked"]


def test_without_observers_nothing_is_stored(company: Company) -> None:
    company.define()
    company.sign()
    register_observers(company.installation, {})
    company.bill(JANUARY)
    assert sendings(company) == []
    assert endpoints(company) == {}


def test_a_plugin_has_one_place_whoever_starts_and_hears_by_its_hooks_of_now(billed: Company) -> None:
    before = endpoints(billed)["plugin:audit"]
    disable_endpoint(billed.installation, before.id, "too chatty")

    register_observers(billed.installation, {"audit": BOTH})

    after = endpoints(billed)
    assert list(after) == ["plugin:audit"]
    assert sorted(after["plugin:audit"].events) == ["delivery.delivered", "delivery.parked", "invoice.finalized"]
    assert after["plugin:audit"].disabled_reason == "too chatty"
    enable_endpoint(billed.installation, before.id)
    heard = Heard()
    drain(billed, "audit", heard)
    assert len(heard) == 1, "what was on its way goes on"


def test_a_plugin_with_a_fault_keeps_its_place_and_one_that_is_gone_does_not(billed: Company) -> None:
    register_observers(billed.installation, {}, faulty=["audit"])
    assert list(endpoints(billed)) == ["plugin:audit"]
    register_observers(billed.installation, {"other": BOTH})
    assert list(endpoints(billed)) == ["plugin:other"]


def test_what_a_plugin_hears_of_is_changed_by_its_hooks_alone(billed: Company) -> None:
    endpoint = endpoints(billed)["plugin:audit"]
    with pytest.raises(InvalidValue, match="is what plugin audit observes: its hooks say"):
        change_endpoint(billed.installation, endpoint.id, url="https://example.com/")
    with pytest.raises(InvalidValue, match="is what plugin audit observes"):
        change_endpoint(billed.installation, endpoint.id, events=[])
    assert change_endpoint(billed.installation, endpoint.id, description="Ours").description == "Ours"
