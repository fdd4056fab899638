"""A Chargebee on loopback and a provider that talks to it."""

from collections.abc import Iterator

import pytest
from gateway_chargebee import ChargebeeProvider

from gateway.testing import FakeHost
from plugins.chargebee.tests.connecting import Chargebee, serving_site, settings_for
from plugins.chargebee.tests.fake_chargebee import FakeChargebee


@pytest.fixture
def chargebee() -> Iterator[Chargebee]:
    with serving_site(FakeChargebee()) as running:
        yield running


@pytest.fixture
def provider(chargebee: Chargebee) -> ChargebeeProvider:
    return ChargebeeProvider("main", settings_for(chargebee), FakeHost())
