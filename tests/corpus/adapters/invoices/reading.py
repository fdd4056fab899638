"""How cases write amounts, lines, coupons and taxes, and how documents are answered."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from gateway.core.invoicing.discounts import Discount, DiscountOrder, Fixed, Percent
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceLine
from gateway.core.invoicing.payments import pay, payable_by
from gateway.core.invoicing.taxes import Exemption, TaxBase, TaxParty, TaxRate, TaxRules, exemption_for
from gateway.core.invoicing.terms import NO_TERMS, Terms
from gateway.core.invoicing.totals import average_tax_percent, stated_line, tax_totals, with_terms
from gateway.core.money import Money
from gateway.core.numbers import round_half_up
from gateway.core.periods.period import BillingPeriod
from tests.corpus.given import Given, UnknownKind

Answer = Mapping[str, object]

# Cases that state amounts and no dates are about no period in particular.
START = datetime(2026, 1, 1, tzinfo=UTC)
ANY_PERIOD = BillingPeriod(START, datetime(2026, 2, 1, tzinfo=UTC))
_PARTIES = re.compile(r"(?P<buyer>[A-Z]{2}) (?P<kind>business|consumer), seller (?P<seller>[A-Z]{2})")
_PLACES = range(10)


class Reading:
    """The currency of a case, and whether it writes amounts in minor units."""

    def __init__(self, given: Given) -> None:
        self.currency = given.take("currency", "EUR")
        self._is_minor = bool(given.take("minor_units"))

    def money(self, text: str) -> Money:
        """An amount that is owed."""
        return Money(int(text), self.currency) if self._is_minor else Money.rounded(Decimal(text), self.currency)

    def shown(self, amount: Money) -> Decimal | int:
        """An amount as the case writes them."""
        return amount.amount_minor if self._is_minor else amount.amount

    def stated(self, name: str, text: str) -> InvoiceLine:
        """A line over an amount that the case states."""
        return stated_line(name, name, self.money(text).amount, self.currency, ANY_PERIOD)


class TermsReading:
    """Coupons and taxes of a case, for the lines that it names."""

    def __init__(self, given: Given, reading: Reading, lines: Mapping[str, tuple[TaxRate, ...]]) -> None:
        self.is_exact = TaxBase(given.take("tax_base", "stated")) is TaxBase.EXACT
        is_as_created = given.has("coupon_order") or given.has("coupons_in_order_applied")
        # Free text that says the order of one system: by scope, then by creation.
        given.take("coupon_order")
        self.terms = Terms(
            discounts=tuple(_discounts(given, reading)),
            discount_order=DiscountOrder.AS_CREATED if is_as_created else DiscountOrder.PERCENT_FIRST,
            taxes=TaxRules(customer=_customer_rates(given), prices=lines),
            tax_base=TaxBase.EXACT if self.is_exact else TaxBase.STATED,
        )


def rates(percent: str | None) -> tuple[TaxRate, ...]:
    """The tax of a line; none if the case states none."""
    return () if percent is None else (TaxRate(f"tax-{percent}", Decimal(percent)),)


def _customer_rates(given: Given) -> tuple[TaxRate, ...]:
    percent, parties = given.take("tax_percent"), given.take("customer")
    if parties is not None and _exemption(parties) is not None:
        return (TaxRate("vat", Decimal(0), _exemption(parties)),)
    return rates(percent)


def _exemption(parties: str) -> Exemption | None:
    found = _PARTIES.fullmatch(parties)
    if found is None:
        raise UnknownKind(f"The customer {parties!r}")
    return exemption_for(found["seller"], TaxParty(found["buyer"], found["kind"] == "business"))


def _discounts(given: Given, reading: Reading) -> Iterator[Discount]:
    coupons = [*given.parts("coupons"), *given.parts("coupons_in_order_applied")]
    for ordinal, coupon in enumerate(coupons):
        scope = frozenset(coupon.take("applies_to_lines") or ())
        yield Discount(f"coupon-{ordinal}", _value(coupon, reading), scope)
    if (amount := given.take("invoice_discount")) is not None:
        yield Discount("invoice", Fixed(reading.money(amount).amount, reading.currency))


def _value(coupon: Given, reading: Reading) -> Fixed | Percent:
    kind, value = coupon.take("type"), coupon.take("amount") if coupon.has("amount") else coupon.take("value")
    match kind:
        case "percent":
            return Percent(Decimal(value))
        case "fixed":
            return Fixed(reading.money(value).amount, reading.currency)
    raise UnknownKind(f"The coupon type {kind!r}")


def invoice_over(lines: Sequence[InvoiceLine], reading: Reading, terms: Terms = NO_TERMS) -> Invoice:
    """An invoice with these lines under the terms of the case."""
    return Invoice(
        id="inv_1",
        key=InvoiceKey("sub_1", START),
        customer="customer",
        plan="plan",
        plan_version=1,
        currency=reading.currency,
        issued_on=date(2026, 1, 1),
        cut_off=0,
        inputs_hash="",
        engine_version=1,
        lines=with_terms(lines, terms),
        terms=terms,
    )


def document(invoice: Invoice, reading: Reading) -> dict[str, Any]:
    """An invoice under the names that answers have for its parts."""
    shown = reading.shown
    taxes = tax_totals(invoice.lines)
    average = average_tax_percent(invoice.lines)
    return {
        "subtotal": shown(invoice.subtotal),
        "coupons": shown(invoice.discount),
        "discount": shown(invoice.discount),
        "subtotal_after_coupons": shown(invoice.net),
        "taxable": shown(invoice.net),
        "net": shown(invoice.net),
        "tax": shown(invoice.tax),
        "total": shown(invoice.total),
        "total_with_tax": shown(invoice.total),
        "exemption": next((str(row.rate.exemption) for row in taxes if row.rate.exemption), None),
        "lines": [_line(line, reading) for line in invoice.lines],
        "line_taxes": {line.price: shown(line.tax) for line in invoice.lines},
        "taxable_per_line": [shown(line.net) for line in invoice.lines],
        "coupon_shares": [shown(line.discount) for line in invoice.lines],
        "coupon_share_minor_units": {line.price: _share_minor(invoice, line) for line in invoice.lines},
        **{f"average_tax_percent_rounded_{n}": round_half_up(average, n) for n in _PLACES},
    }


def paid(given: Given, invoice: Invoice, reading: Reading) -> dict[str, Any]:
    """What prepaid credit, money and credit of the customer leave to pay; nothing where none is given."""
    found: dict[str, Any] = {}
    if given.has("prepaid_balance"):
        scope = frozenset(given.take("prepaid_applies_to") or ())
        payable = payable_by(invoice.lines, scope, reading.currency)
        settled = pay(invoice.total, reading.money(given.take("prepaid_balance")), payable)
        found["prepaid_applied"] = reading.shown(settled.applied)
        found["total_due"] = reading.shown(settled.due)
        found["prepaid_balance_after"] = reading.shown(settled.left)
    if given.has("already_paid"):
        settled = pay(invoice.total, reading.money(given.take("already_paid")))
        found["amount_due"] = reading.shown(settled.due)
    if given.has("credit_available"):
        found |= credited(invoice, reading.money(given.take("credit_available")), reading)
    return found


def credited(invoice: Invoice, credit: Money, reading: Reading) -> dict[str, Any]:
    """An invoice that a customer's credit pays a part of."""
    settled = pay(invoice.total, credit)
    return {"credits_applied": reading.shown(settled.applied), "total": reading.shown(settled.due)}


def _line(line: InvoiceLine, reading: Reading) -> dict[str, Any]:
    return {
        "line": line.description,
        "amount": reading.shown(line.amount),
        "coupon_share": reading.shown(line.discount),
        "tax": reading.shown(line.tax),
        "tax_rate": next((share.rate.percent for share in line.taxes), None),
        "from": line.period.start,
        "to_exclusive": line.period.end,
    }


def _share_minor(invoice: Invoice, line: InvoiceLine) -> object:
    is_exact = invoice.terms.tax_base is TaxBase.EXACT
    return line.exact_discount_minor if is_exact else line.discount.amount_minor
