"""Taxes that the provider computes: quoted before an invoice is finalized, and the same on what it then issues."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest

from gateway.core.credits.grant import CreditCategory
from gateway.core.delivery import DeliveryStatus, Step
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus
from gateway.core.invoicing.quoted_taxes import QuotedTaxes
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import BillingProvider, DocumentKind, ExternalStatus, LineTax, NeedsAttention, TaxLine, TaxQuote
from gateway.sandbox import SandboxProvider, SandboxSettings
from gateway.services.finalize import finalize
from gateway.services.grant_credit import GrantRequest, grant_credit
from gateway.services.installation import ConnectedProvider, Installation
from gateway.services.void_invoice import void_invoice
from gateway.testing import FakeHost
from tests.services.delivering import CrashPoints, World
from tests.storage.examples import customer, invoice, line, subscription
from tests.support import FixedClock

LINES = (replace(line(1000), discounts=(), taxes=()), replace(line(505), discounts=(), taxes=()))


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> World:
    """A gateway whose provider adds a tax of 20 percent."""
    connected = (ConnectedProvider("main", "sandbox", None, quotes_taxes=True),)
    settings = SandboxSettings(pays_by_itself=False, tax_percent=Decimal(20))
    provider = SandboxProvider("main", settings, FakeHost(), clock.now)
    return World(replace(installation, connections=connected), clock, provider)


def approved(world: World, lines: Sequence[InvoiceLine] = LINES) -> Invoice:
    draft = invoice(1, tuple(lines), customer=customer().key)
    draft = replace(draft, key=replace(draft.key, subscription_id="sub_1"))
    ready = draft.moved_to(InvoiceStatus.APPROVED)

    def store(unit: UnitOfWork) -> None:
        unit.definitions.add_customer(customer(), world.clock.now())
        unit.definitions.add_subscription(subscription(1, customer().key))
        unit.invoices.add(draft, [])
        unit.invoices.update_status(ready)

    world.installation.storage.transact(store)
    return ready


def deliveries(world: World) -> list[tuple[str, DeliveryStatus]]:
    return sorted((each.document_id, each.status) for each in world.deliveries())


def test_an_invoice_waits_for_its_quote_and_is_finalized_with_it(world: World) -> None:
    ready = approved(world)
    waiting = finalize(world.installation, ready.id)
    assert (waiting.status, waiting.number) == (InvoiceStatus.APPROVED, None)
    assert finalize(world.installation, ready.id).status is InvoiceStatus.APPROVED
    assert deliveries(world) == [("inv_1/quote", DeliveryStatus.PENDING)]
    world.deliver()
    final = world.stored(ready)
    assert (final.status, final.tax, final.total) == (InvoiceStatus.FINALIZED, Money(301, "EUR"), Money(1806, "EUR"))
    (asked,) = [each for each in world.deliveries() if each.document_id == "inv_1/quote"]
    steps = world.installation.storage.read(lambda unit: unit.deliveries.steps(asked.id))
    assert {step: record.ref for step, record in steps.items()} == {
        Step.CUSTOMER: "sandbox_customer_000001",
        Step.QUOTE: "18.06 EUR",
    }
    (share,) = final.lines[0].taxes
    assert (share.rate.key, share.rate.percent, share.rate.source) == ("sandbox-tax", Decimal(20), "main")


def test_what_the_provider_then_issues_has_the_same_total_and_tax(world: World) -> None:
    ready = approved(world)
    finalize(world.installation, ready.id)
    world.deliver_until_settled()
    (made,) = world.at_provider(DocumentKind.INVOICE, ready.id)
    assert (made.status, made.total, made.tax) == (ExternalStatus.OPEN, Money(1806, "EUR"), Money(301, "EUR"))
    assert deliveries(world) == [("inv_1", DeliveryStatus.DELIVERED), ("inv_1/quote", DeliveryStatus.DELIVERED)]


def test_a_process_that_ends_anywhere_leaves_one_invoice_with_the_quoted_tax(world: World) -> None:
    ready = approved(world)
    finalize(world.installation, ready.id)
    for crash_at in range(1, 9):
        world.deliver_mortally(CrashPoints(crash_at))
    world.deliver_until_settled()
    (made,) = world.at_provider(DocumentKind.INVOICE, ready.id)
    (payer,) = world.provider.documents(DocumentKind.CUSTOMER)
    assert (made.total, payer.our_id) == (Money(1806, "EUR"), "cus_1")
    assert world.stored(ready).total == Money(1806, "EUR")


class Quoting:
    """The same provider with another answer to a quote."""

    def __init__(self, provider: SandboxProvider, quote: Any) -> None:
        self._provider = provider
        self._answer = quote

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def quote_tax(self, document: Any) -> TaxQuote:
        """See `BillingProvider.quote_tax`."""
        return cast(TaxQuote, self._answer(self._provider.quote_tax(document)))


def refuse(_quote: TaxQuote) -> TaxQuote:
    raise NeedsAttention("The customer has no address", "give the customer one there, then resume the delivery")


def other_lines(quote: TaxQuote) -> TaxQuote:
    first = replace(quote.lines[0], amount=quote.lines[0].amount + Money(1, "EUR"))
    return replace(quote, lines=(first, *quote.lines[1:]), total=quote.total + Money(1, "EUR"))


def other_taxes(quote: TaxQuote) -> TaxQuote:
    first = replace(quote.lines[0], taxes=(LineTax(quote.taxes[0].key, Money(1, "EUR")),))
    return replace(quote, lines=(first, *quote.lines[1:]))


def odd_rate(quote: TaxQuote) -> TaxQuote:
    odd = TaxLine(quote.taxes[0].key, "odd", Decimal(120), quote.taxes[0].base, quote.taxes[0].amount)
    return replace(quote, taxes=(odd,))


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (refuse, DeliveryStatus.PARKED, "The customer has no address"),
        (other_lines, DeliveryStatus.PARKED, "without the line"),
        (other_taxes, DeliveryStatus.PARKED, "not the sum of those of its lines"),
        (odd_rate, DeliveryStatus.PARKED, "a rate of 120 %"),
    ],
)
def test_a_quote_that_cannot_be_adopted_parks_before_anything_is_finalized(
    world: World, answer: Any, status: DeliveryStatus, words: str
) -> None:
    ready = approved(world)
    finalize(world.installation, ready.id)
    world.deliver(cast(BillingProvider, Quoting(world.provider, answer)))
    (parked,) = world.deliveries()
    assert parked.status is status
    assert words in (parked.reason or "")
    assert world.stored(ready).status is InvoiceStatus.APPROVED
    assert world.at_provider(DocumentKind.INVOICE, ready.id) == []
    finalize(world.installation, ready.id)
    assert deliveries(world) == [("inv_1/quote", DeliveryStatus.PARKED)]


def test_a_quote_for_other_lines_is_asked_for_again(world: World) -> None:
    ready = approved(world)
    finalize(world.installation, ready.id)
    stale = QuotedTaxes("main", world.clock.now(), (999, 505), ((), ()))
    world.installation.storage.transact(lambda unit: unit.invoices.put_quote(ready.id, stale))
    assert finalize(world.installation, ready.id).status is InvoiceStatus.APPROVED
    world.deliver()
    assert world.stored(ready).total == Money(1806, "EUR")


def test_a_quote_of_another_connection_is_none(world: World) -> None:
    ready = approved(world)
    other = QuotedTaxes("old", world.clock.now(), (1000, 505), ((), ()))
    world.installation.storage.transact(lambda unit: unit.invoices.put_quote(ready.id, other))
    assert finalize(world.installation, ready.id).status is InvoiceStatus.APPROVED


def test_promotional_credit_comes_off_before_the_tax_is_quoted(world: World) -> None:
    ready = approved(world)
    request = GrantRequest(ready.customer, "EUR", Decimal("5.05"), "a gift", category=CreditCategory.PROMOTIONAL)
    grant_credit(world.installation, "key_jo", request, "gift")
    finalize(world.installation, ready.id)
    world.deliver_until_settled()
    final = world.stored(ready)
    assert (final.net, final.tax) == (Money(1000, "EUR"), Money(200, "EUR"))


def test_one_that_is_void_by_then_is_not_quoted(world: World) -> None:
    ready = approved(world)
    finalize(world.installation, ready.id)
    void_invoice(world.installation, ready.id, "key_jo", "a mistake", "void")
    report = world.deliver()
    assert report is not None
    assert (report.status, report.reason) == (DeliveryStatus.DELIVERED, "The invoice is void by now")
    assert world.provider.documents(DocumentKind.INVOICE) == []


def test_an_invoice_without_anything_to_tax_needs_no_quote(world: World) -> None:
    ready = approved(world, (replace(line(-500), discounts=(), taxes=()),))
    assert finalize(world.installation, ready.id).status is InvoiceStatus.FINALIZED


def test_where_the_gateway_computes_taxes_nothing_is_asked(world: World) -> None:
    ready = approved(world)
    ours = replace(world.installation, connections=(ConnectedProvider("main", "sandbox", None),))
    final = finalize(ours, ready.id)
    assert (final.status, final.tax) == (InvoiceStatus.FINALIZED, Money(0, "EUR"))
