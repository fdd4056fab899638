"""A QuickBooks on loopback and a target that talks to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gateway_quickbooks import QuickBooksSettings, QuickBooksTarget

from gateway.testing import FakeHost
from plugins.quickbooks.tests.connecting import told
from plugins.quickbooks.tests.fake_quickbooks import FakeQuickBooks, Loopback, company, serving

Connect = Callable[..., QuickBooksTarget]


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with serving(company()) as running:
        yield running


@pytest.fixture
def quickbooks(loopback: Loopback) -> FakeQuickBooks:
    return loopback.fake


@pytest.fixture
def connect(loopback: Loopback) -> Connect:
    def connect(host: FakeHost | None = None, **others: Any) -> QuickBooksTarget:
        settings = QuickBooksSettings.model_validate(told(loopback) | others)
        return QuickBooksTarget("main", settings, host or FakeHost())

    return connect


@pytest.fixture
def target(connect: Connect) -> QuickBooksTarget:
    return connect()
