"""A Chargebee on loopback and a provider that talks to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from gateway_chargebee import ChargebeeProvider

from gateway.plugin_api import BillingProvider
from gateway.testing import FakeHost
from plugins.chargebee.tests.connecting import Chargebee, serving_site, settings_for
from plugins.chargebee.tests.fake_chargebee import FakeChargebee
from tests.vendors.faults import Connect


@pytest.fixture
def chargebee() -> Iterator[Chargebee]:
    with serving_site(FakeChargebee()) as running:
        yield running


@pytest.fixture
def loopback(chargebee: Chargebee) -> Chargebee:
    return chargebee


@pytest.fixture
def connect(chargebee: Chargebee) -> Connect:
    def connect(host: FakeHost | None = None, **others: Any) -> ChargebeeProvider:
        return ChargebeeProvider("main", settings_for(chargebee, **others), host or FakeHost())

    return connect


@pytest.fixture
def provider(connect: Connect) -> BillingProvider:
    return connect()
