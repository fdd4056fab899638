"""How the plugin is pointed at a fake."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import certifi
import pytest
from gateway_chargebee import ChargebeeSettings

from gateway.plugin_api import WebhookRequest
from plugins.chargebee.tests.fake_chargebee import FakeChargebee
from tests.vendors.loopback import Loopback, serving

Chargebee: TypeAlias = Loopback[FakeChargebee]


@contextmanager
def serving_site(fake: FakeChargebee) -> Iterator[Chargebee]:
    """A server that answers as `fake` does. Fails at the end if a message broke the contract."""
    with few_authorities(), serving(Loopback(fake)) as running:
        yield running


@contextmanager
def few_authorities() -> Iterator[None]:
    """The SDK reads all certificate authorities for every request, on plain http too: a tenth of a second each time."""
    end = "-----END CERTIFICATE-----\n"
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder, "authorities.pem")
        file.write_text(Path(certifi.where()).read_text().partition(end)[0] + end)
        patch.setenv("SSL_CERT_FILE", str(file))
        yield


def settings_for(chargebee: Chargebee, **others: Any) -> ChargebeeSettings:
    """Settings of a connection to the fake."""
    given = {"site": "acme-test", "api_key": chargebee.fake.api_key, "api_base": chargebee.url, "timeout_seconds": 1}
    proof = {"webhook_username": "gateway", "webhook_password": "hook_canary"}
    return ChargebeeSettings.model_validate({**given, **proof, **others})


def webhook_about(chargebee: Chargebee, ref: str) -> WebhookRequest:
    """A webhook about an invoice as it is, just received."""
    fake = chargebee.fake
    fake.tell("invoice_updated", fake.carrying(ref))
    return webhook_of(fake.events[-1])


def webhook_of(event: dict[str, Any], user: str = "gateway:hook_canary") -> WebhookRequest:
    """An event as it arrives."""
    headers = {"content-type": "application/json", "authorization": f"Basic {b64encode(user.encode()).decode()}"}
    happened_at = datetime.fromtimestamp(event["occurred_at"], UTC)
    return WebhookRequest(headers, json.dumps(event).encode(), happened_at)
