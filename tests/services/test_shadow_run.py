"""The shadow run: what another provider would make of the same invoices, and nothing of it in the way of delivery."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.core.money import Money
from gateway.core.shadow import Comparable, Parity, ShadowQuote, ShadowStatus
from gateway.plugin_api import (
    DocumentKind,
    InvoiceDocument,
    LineTax,
    NeedsAttention,
    QuotedLine,
    Retryable,
    TaxLine,
    TaxMode,
    TaxQuote,
)
from gateway.services.installation import Installation
from gateway.services.shadow_report import parity_since, quotes_since
from gateway.services.shadow_run import (
    attempts_max,
    before_tax,
    claimed_for,
    of_document,
    of_quote,
    quote_next,
    with_our_tax,
)
from gateway.testing import invoice_document
from gateway.workers.delivery import Delivery
from tests.plugin_guard.test_guarded_provider import taxed
from tests.services.delivering import Crash
from tests.services.switching import TwoProviders, instead
from tests.support import FixedClock

SAME = Comparable(Money(1250, "EUR"), Money(0, "EUR"), 1)


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(replace(installation, shadow="new"), clock)


def quote(world: TwoProviders, **members: Any) -> ShadowQuote | None:
    return quote_next(world.installation, "new", instead(world.new, **members))


def quotes(world: TwoProviders) -> list[ShadowQuote]:
    since = world.clock.now() - timedelta(days=31)
    return world.installation.storage.read(lambda unit: list(quotes_since(unit, "new", since)))


def raising(error: BaseException) -> Callable[..., Any]:
    def call(*_: object) -> object:
        raise error

    return call


def test_an_invoice_that_goes_out_is_quoted_and_nothing_but_its_customer_is_made(world: TwoProviders) -> None:
    world.finalize(1)
    assert [each.status for each in quotes(world)] == [ShadowStatus.PENDING]
    quoted = quote(world)
    assert quoted is not None
    assert (quoted.status, quoted.ours, quoted.theirs, quoted.differences) == (ShadowStatus.QUOTED, SAME, SAME, ())
    assert quotes(world) == [quoted]
    assert (world.at_new(), world.new.documents(DocumentKind.INVOICE)) == (["cus_1"], [])
    assert quote(world) is None


def test_a_customer_is_made_once_also_for_a_later_switch(world: TwoProviders) -> None:
    world.finalize(1)
    world.finalize(2)
    quote(world)
    quote(world)
    world.begin()
    world.deliver_all()
    assert (world.at_new(), world.connection_of()) == (["cus_1"], "new")


def test_what_goes_to_the_shadow_connection_anyway_is_not_quoted(world: TwoProviders) -> None:
    world.begin()
    world.deliver_all()
    world.finalize(1)
    assert quotes(world) == []


def test_without_a_shadow_nothing_is_quoted(installation: Installation, clock: FixedClock) -> None:
    world = TwoProviders.of(installation, clock)
    world.finalize(1)
    assert (quote(world), quotes(world)) == (None, [])


@pytest.mark.parametrize(
    ("theirs", "differences"),
    [
        (TaxQuote("inv_1", Money(1250, "EUR"), [QuotedLine("inv_1:0", Money(1250, "EUR"))]), ()),
        (TaxQuote("inv_1", Money(1251, "EUR"), [QuotedLine("inv_1:0", Money(1251, "EUR"))]), ("total",)),
        (
            TaxQuote(
                "inv_1",
                Money(1250, "EUR"),
                [QuotedLine("inv_1:0", Money(1000, "EUR")), QuotedLine("inv_1:tax-0", Money(250, "EUR"))],
            ),
            (),
        ),
        (TaxQuote("inv_1", Money(1250, "EUR"), [QuotedLine("other", Money(1250, "EUR"))]), ("lines",)),
    ],
)
def test_what_differs_is_named(world: TwoProviders, theirs: TaxQuote, differences: tuple[str, ...]) -> None:
    world.finalize(1)
    quoted = quote(world, quote_tax=lambda _: theirs)
    assert quoted is not None
    assert quoted.differences == differences


def test_tax_is_compared_whether_it_comes_as_a_line_or_as_tax() -> None:
    document = taxed()
    lines = [QuotedLine(line.id, line.amount) for line in document.flat_lines]
    as_lines, as_taxes = (
        TaxQuote(document.id, document.total, lines),
        TaxQuote(document.id, document.total, lines[:1], document.taxes),
    )
    assert of_quote(document, as_lines) == of_quote(document, as_taxes) == of_document(document)
    assert of_document(document).tax == Money(100, "USD")
    assert of_document(invoice_document("cu_1")).tax == Money(0, "USD")


def test_a_connection_that_quotes_taxes_is_asked_for_its_own(world: TwoProviders) -> None:
    asked: list[InvoiceDocument] = []

    def with_its_tax(document: InvoiceDocument) -> TaxQuote:
        asked.append(document)
        line = QuotedLine("inv_1:0", Money(1250, "EUR"), (LineTax("mwst", Money(250, "EUR")),))
        tax = TaxLine("mwst", "MwSt", Decimal(20), Money(1250, "EUR"), Money(250, "EUR"))
        return TaxQuote("inv_1", Money(1500, "EUR"), [line], [tax])

    connections = tuple(replace(each, quotes_taxes=each.connection == "new") for each in world.installation.connections)
    world.installation = replace(world.installation, connections=connections)
    world.finalize(1)
    quoted = quote(world, quote_tax=with_its_tax)
    assert [(each.tax_mode, each.taxes, each.total) for each in asked] == [(TaxMode.QUOTED, (), Money(1250, "EUR"))]
    assert quoted is not None
    assert quoted.theirs == Comparable(Money(1500, "EUR"), Money(250, "EUR"), 1)
    assert quoted.differences == ("total", "tax")


def test_an_invoice_is_quoted_without_our_taxes_or_with_them() -> None:
    document = taxed()
    bare, whole = before_tax(document), with_our_tax(replace(document, tax_mode=TaxMode.QUOTED))
    assert (bare.total, bare.taxes, bare.tax_mode) == (Money(500, "USD"), (), TaxMode.QUOTED)
    assert whole == document
    assert of_document(document) == replace(of_document(bare), total=Money(600, "USD"), tax=Money(100, "USD"))


def test_an_error_that_may_pass_is_tried_again_and_then_a_row_of_the_report(world: TwoProviders) -> None:
    world.finalize(1)
    for attempt in range(1, attempts_max + 1):
        tried = quote(world, quote_tax=raising(Retryable("no answer")))
        assert tried is not None
        assert (tried.attempts, tried.reason) == (attempt, "no answer")
        assert quote(world) is None
        world.clock.advance(timedelta(hours=1))
    assert quotes(world)[0].status is ShadowStatus.FAILED


@pytest.mark.parametrize("error", [NeedsAttention("EUR is off", "enable EUR"), RuntimeError("canary")])
def test_an_error_that_stays_is_a_row_of_the_report(world: TwoProviders, error: Exception) -> None:
    world.finalize(1)
    failed = quote(world, find=raising(error))
    assert failed is not None
    assert failed.reason is not None
    assert "canary" not in failed.reason


def test_an_invoice_whose_process_died_is_quoted_later(world: TwoProviders) -> None:
    world.finalize(1)
    with pytest.raises(Crash):
        quote(world, quote_tax=raising(Crash()))
    assert quote(world) is None
    world.clock.advance(claimed_for)
    assert quote(world) is not None
    assert world.at_new() == ["cus_1"]


def test_the_worker_of_the_shadow_connection_quotes_when_nothing_is_to_deliver(world: TwoProviders) -> None:
    world.finalize(1)
    worker = Delivery(world.installation, "new", world.new)
    for _ in range(5):
        worker.step()
    assert quotes(world)[0].status is ShadowStatus.QUOTED
    assert worker.step() > 0
    Delivery(world.installation, "main", world.old).step()
    assert world.use("main").pending == 0


def test_parity_counts_what_is_the_same_and_what_is_not(world: TwoProviders) -> None:
    for number in (1, 2, 3, 4):
        world.finalize(number)
    quote(world)
    quote(world, quote_tax=lambda document: TaxQuote(document.id, Money(1, "EUR"), [QuotedLine("x", Money(1, "EUR"))]))
    quote(world, quote_tax=raising(NeedsAttention("EUR is off", "enable EUR")))
    since = world.clock.now() - timedelta(days=1)
    found = world.installation.storage.read(lambda unit: parity_since(unit, "new", since))
    assert (found, found.is_proven) == (Parity(same=1, different=1, failed=1, pending=1), False)
    assert (Parity(same=2).is_proven, Parity().is_proven) == (True, False)
