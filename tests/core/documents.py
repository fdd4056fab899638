"""Invoices for the tests of discounts, taxes and credit notes: lines over stated amounts."""

from datetime import date
from decimal import Decimal

from gateway.core.invoicing.discounts import Discount, DiscountReason, Fixed, Percent
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceLine, InvoiceStatus
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.invoicing.terms import NO_TERMS, Terms
from gateway.core.invoicing.totals import stated_line, with_terms
from gateway.core.money import Money
from tests.core.samples import at, month

CURRENCY = "EUR"


def eur(amount: str) -> Money:
    """An amount in euros and cents."""
    return Money.rounded(Decimal(amount), CURRENCY)


def line(price: str, amount: str) -> InvoiceLine:
    """A line over an amount that was agreed."""
    return stated_line(price, price.title(), Decimal(amount), CURRENCY, month(1))


def invoice(*lines: tuple[str, str], terms: Terms = NO_TERMS) -> Invoice:
    """A finalized invoice over lines, as price and amount, under `terms`."""
    drafted = Invoice(
        id="inv_1",
        key=InvoiceKey("sub_1", at("2026-02-01")),
        customer="UA",
        plan="airport",
        plan_version=1,
        currency=CURRENCY,
        issued_on=date(2026, 2, 1),
        cut_off=0,
        inputs_hash="0",
        engine_version=1,
        lines=with_terms([line(*each) for each in lines], terms),
        terms=terms,
    )
    return drafted.moved_to(InvoiceStatus.APPROVED).finalized("INV-000001", at("2026-02-01"))


def percent(of: str, *prices: str, key: str = "percent") -> Discount:
    """A discount in percent, on the lines of `prices` or on all."""
    return Discount(key, Percent(Decimal(of)), frozenset(prices))


def fixed(amount: str, *prices: str, key: str = "fixed") -> Discount:
    """A discount of an amount, on the lines of `prices` or on all."""
    return Discount(key, Fixed(Decimal(amount), CURRENCY), frozenset(prices))


def promotion(amount: str, key: str = "promotion") -> Discount:
    """Credit that was given away."""
    return Discount(key, Fixed(Decimal(amount), CURRENCY), reason=DiscountReason.PROMOTIONAL_CREDIT)


def vat(of: str, key: str = "vat") -> TaxRate:
    """A tax rate in percent."""
    return TaxRate(key, Decimal(of))
