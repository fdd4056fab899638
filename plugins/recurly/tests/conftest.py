"""A Recurly on loopback and a provider that talks to it."""

from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from gateway_recurly import RecurlyProvider, RecurlySettings
from pydantic import SecretStr
from recurly import Client

from gateway.plugin_api import ExternalDocument
from gateway.testing import FakeHost, customer_document, invoice_document
from plugins.recurly.tests.fake_recurly import FakeRecurly, Loopback, serving

SECRET = "webhook-canary"


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving(FakeRecurly()) as running:
        yield running


@pytest.fixture
def recurly(loopback: Loopback) -> FakeRecurly:
    return loopback.fake


@pytest.fixture
def settings(loopback: Loopback) -> RecurlySettings:
    return RecurlySettings(
        api_key=SecretStr(loopback.fake.api_key),
        subdomain="acme",
        webhook_secret=SecretStr(SECRET),
        api_base=loopback.url,
        timeout_seconds=1,
    )


@pytest.fixture
def provider(settings: RecurlySettings) -> RecurlyProvider:
    return RecurlyProvider("main", settings, FakeHost())


@pytest.fixture
def customer(provider: RecurlyProvider) -> ExternalDocument:
    return provider.put_customer(customer_document(), "customer")


@pytest.fixture
def put(provider: RecurlyProvider, customer: ExternalDocument) -> ExternalDocument:
    return provider.put_invoice(invoice_document(customer.ref), "put")


@pytest.fixture
def sdk(loopback: Loopback) -> Iterator[Client]:
    """The vendor's client alone, as the plugin never uses it: one for many calls."""
    address = urlsplit(loopback.url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=1)
    client = Client(loopback.fake.api_key)
    client._BaseClient__conn = connection
    yield client
    connection.close()
