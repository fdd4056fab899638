"""A Recurly on loopback and a provider that talks to it."""

from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from gateway_recurly import RecurlyProvider, RecurlySettings
from recurly import Client

from gateway.plugin_api import BillingProvider, ExternalDocument
from gateway.testing import FakeHost, customer_document, invoice_document
from plugins.recurly.tests.fake_recurly import FakeRecurly, Loopback, serving
from tests.vendors.faults import Connect

SECRET = "webhook-canary"


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving(FakeRecurly()) as running:
        yield running


@pytest.fixture
def recurly(loopback: Loopback) -> FakeRecurly:
    return loopback.fake


@pytest.fixture
def connect(loopback: Loopback) -> Connect:
    def connect(host: FakeHost | None = None, **others: Any) -> RecurlyProvider:
        usual = {"api_key": loopback.fake.api_key, "subdomain": "acme", "webhook_secret": SECRET}
        settings = RecurlySettings.model_validate({**usual, "api_base": loopback.url, "timeout_seconds": 1, **others})
        return RecurlyProvider("main", settings, host or FakeHost())

    return connect


@pytest.fixture
def provider(connect: Connect) -> BillingProvider:
    return connect()


@pytest.fixture
def customer(provider: BillingProvider) -> ExternalDocument:
    return provider.put_customer(customer_document(), "customer")


@pytest.fixture
def put(provider: BillingProvider, customer: ExternalDocument) -> ExternalDocument:
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
