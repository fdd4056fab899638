"""Taxes quoted and pages to pay at each vendor, from the draft to GraphQL: the vendor's SDK against its fake."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.core.money import Money
from gateway.plugin_api import BillingProvider, DocumentKind
from gateway.services.finalize import finalize
from gateway.services.follow_provider import apply_changes
from gateway.services.installation import ConnectedProvider, Installation
from gateway.testing import FakeHost
from tests.graphql.asking import Api
from tests.services.delivering import World
from tests.services.test_tax_quotes import approved
from tests.support import FixedClock
from tests.vendors.accounts import ACCOUNTS, Account, connect, running

SHOWN = "{ invoices { nodes { number total { amount } payUrl paymentStatus } } }"


@pytest.fixture(params=ACCOUNTS)
def account(request: pytest.FixtureRequest, clock: FixedClock) -> Iterator[Account]:
    with running(request.param, int(clock.now().timestamp())) as found:
        found.loopback.fake.tax_percent = Decimal(20) if found.name == "recurly" else 20
        yield found


@pytest.fixture
def provider(account: Account) -> BillingProvider:
    return connect(account.table, FakeHost())


@pytest.fixture
def world(sqlite_installation: Installation, clock: FixedClock, account: Account) -> World:
    """A gateway whose taxes are computed by the vendor."""
    connected = (ConnectedProvider("main", account.name, None, quotes_taxes=True),)
    return World.of(replace(sqlite_installation, connections=connected), clock)


def issued(world: World, provider: BillingProvider) -> Invoice:
    """An invoice whose taxes were quoted, and that was finalized with them and delivered."""
    ready = approved(world)
    assert finalize(world.installation, ready.id).status is InvoiceStatus.APPROVED, "it waits for its quote"
    while world.deliver(provider):
        pass
    assert {each.status for each in world.deliveries()} == {DeliveryStatus.DELIVERED}
    return world.stored(ready)


def test_taxes_of_the_vendor_are_on_our_invoice_and_on_theirs(
    world: World, provider: BillingProvider, account: Account
) -> None:
    final = issued(world, provider)

    assert (final.status, final.tax, final.total) == (InvoiceStatus.FINALIZED, Money(301, "EUR"), Money(1806, "EUR"))
    [there] = account.invoices()
    assert (there.our_id, there.total, there.due) == (final.id, 1806, 1806)


def test_the_page_to_pay_is_shown_until_the_invoice_is_paid(
    world: World, provider: BillingProvider, account: Account
) -> None:
    final = issued(world, provider)
    refs = world.installation.storage.read(lambda unit: unit.deliveries.refs("main", "invoice", [final.id]))
    pay_url = provider.fetch(DocumentKind.INVOICE, refs[final.id]).pay_url
    [shown] = Api(world.installation).ask(SHOWN)["invoices"]["nodes"]
    assert str(pay_url).startswith("https://")
    assert shown == {
        "number": final.number,
        "total": {"amount": "18.06"},
        "payUrl": pay_url,
        "paymentStatus": "UNPAID",
    }

    account.pay(final.id)
    apply_changes(world.installation, "main", provider)

    assert world.stored(final).payment_status is PaymentStatus.PAID
    [paid] = Api(world.installation).ask(SHOWN)["invoices"]["nodes"]
    assert (paid["payUrl"], paid["paymentStatus"]) == (None, "PAID")
