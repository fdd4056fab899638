"""Totals: what discounts and taxes make of rated lines, and what the taxes of a document come to by rate."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Protocol

from gateway.core.invoicing.discounts import (
    Discount,
    DiscountOrder,
    ReturnedDiscount,
    discount_shares,
    returned_shares,
)
from gateway.core.invoicing.invoice import InvoiceLine
from gateway.core.invoicing.quoted_taxes import QuotedTaxes
from gateway.core.invoicing.taxes import Taxable, TaxBase, TaxRate, TaxRules, TaxShare, TaxTotal, tax_shares
from gateway.core.invoicing.terms import ReturnedFee, Terms
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import Timing
from gateway.core.rating.rate import RatingStep


def with_terms(lines: Sequence[InvoiceLine], terms: Terms) -> tuple[InvoiceLine, ...]:
    """The lines after discounts, and with the taxes on what those leave; adjustments keep those that they have.

    Quoted taxes are for all lines.
    """
    net = _for_rated(lines, lambda rated: _net_of(rated, terms))
    if terms.quoted is not None:
        return with_quoted(net, terms.quoted)
    carried = {price: fee.taxes for price, fee in terms.returned_fees.items()}
    return _for_rated(net, lambda rated: with_taxes(rated, terms.taxes, terms.tax_base, carried))


def without_terms(lines: Iterable[InvoiceLine]) -> list[InvoiceLine]:
    """The lines as they were rated, for other terms; adjustments keep the discounts and taxes of their period."""
    return [line if line.is_adjustment else replace(line, discounts=(), taxes=()) for line in lines]


def _for_rated(
    lines: Sequence[InvoiceLine], apply: Callable[[Sequence[InvoiceLine]], Sequence[InvoiceLine]]
) -> tuple[InvoiceLine, ...]:
    """The lines in their order, with `apply` on those that are no adjustments."""
    applied = iter(apply([line for line in lines if not line.is_adjustment]))
    return tuple(line if line.is_adjustment else next(applied) for line in lines)


def _net_of(lines: Sequence[InvoiceLine], terms: Terms) -> list[InvoiceLine]:
    possible = [_at_most_what_is_left(line, terms.returned_fees) for line in lines]
    discounted = with_discounts(possible, terms.discounts, terms.discount_order)
    return [_with_returned(line, terms.returned) if line.amount.amount_minor < 0 else line for line in discounted]


def _at_most_what_is_left(line: InvoiceLine, fees: Mapping[str, ReturnedFee]) -> InvoiceLine:
    """A fee that is given back, lowered to what credit notes have left of it."""
    fee = fees.get(line.price) if _is_given_back(line) else None
    if fee is None or -line.amount.amount_minor <= fee.left_minor:
        return line
    amount = Money(-fee.left_minor, line.amount.currency)
    step = RatingStep("what credit notes have left of it", Decimal(1), amount.amount, Decimal(0), amount.amount)
    return replace(line, amount=amount, exact_amount=plain(amount.amount), steps=(step,))


def _is_given_back(line: InvoiceLine) -> bool:
    return line.is_fee_in_advance and line.amount.amount_minor < 0


def with_quoted(lines: Sequence[InvoiceLine], quoted: QuotedTaxes) -> tuple[InvoiceLine, ...]:
    """Each line with its shares of the quoted taxes; with none where they were quoted for other lines."""
    if not quoted.fits(lines):
        return tuple(replace(line, taxes=()) for line in lines)
    return tuple(replace(line, taxes=shares) for line, shares in zip(lines, quoted.shares, strict=True))


def with_discounts(
    lines: Sequence[InvoiceLine], discounts: Sequence[Discount], order: DiscountOrder
) -> tuple[InvoiceLine, ...]:
    """Each line with its shares of the discounts. See `discount_shares`."""
    shares = discount_shares([(line.price, line.amount) for line in lines], discounts, order)
    return tuple(replace(line, discounts=found) for line, found in zip(lines, shares, strict=True))


def _with_returned(line: InvoiceLine, returned: Sequence[ReturnedDiscount]) -> InvoiceLine:
    shares = returned_shares(line.price, line.amount, line.exact_net_minor, returned)
    return replace(line, discounts=(*line.discounts, *shares))


def with_taxes(
    lines: Sequence[InvoiceLine],
    rules: TaxRules,
    base: TaxBase,
    returned: Mapping[str, tuple[TaxRate, ...]] = MappingProxyType({}),
) -> tuple[InvoiceLine, ...]:
    """Each line with its shares of the taxes on the net amounts; fees `returned` by the rates that they had carried.

    See `tax_shares`.
    """

    def rates(line: InvoiceLine) -> tuple[TaxRate, ...]:
        found = returned.get(line.price) if _is_given_back(line) else None
        return rules.rates_for(line.price) if found is None else found

    taxable = [Taxable(line.net, line.exact_net_minor, rates(line)) for line in lines]
    return tuple(replace(line, taxes=found) for line, found in zip(lines, tax_shares(taxable, base), strict=True))


class Taxed(Protocol):
    """A line of an invoice or of a credit note."""

    @property
    def net(self) -> Money:
        """Its amount before tax."""
        ...

    @property
    def taxes(self) -> tuple[TaxShare, ...]:
        """Its shares of the taxes."""
        ...


def tax_totals(lines: Sequence[Taxed]) -> tuple[TaxTotal, ...]:
    """The taxes by rate, one of 0 included, in the order in which the lines first carry them."""
    found: dict[TaxRate, TaxTotal] = {}
    for line in lines:
        for share in line.taxes:
            nothing = Money.zero(share.amount.currency)
            sofar = found.get(share.rate, TaxTotal(share.rate, nothing, nothing))
            found[share.rate] = TaxTotal(share.rate, sofar.base + line.net, sofar.amount + share.amount)
    return tuple(found.values())


def average_tax_percent(lines: Sequence[InvoiceLine]) -> Fraction:
    """All taxes in percent of the net amount; 0 where that is 0."""
    net = sum(line.net.amount_minor for line in lines)
    return Fraction(sum(line.tax.amount_minor for line in lines) * 100, net) if net else Fraction(0)


def stated_line(
    price: str, name: str, exact_amount: Decimal | Fraction, currency: str, period: BillingPeriod
) -> InvoiceLine:
    """A line over an amount that was agreed rather than rated, rounded once, half-up."""
    amount = Money.rounded(exact_amount, currency)
    step = RatingStep("agreed", Decimal(1), amount.amount, Decimal(0), amount.amount)
    return InvoiceLine(
        price=price,
        description=name,
        period=period,
        quantity=Decimal(1),
        amount=amount,
        exact_amount=exact_text(exact_amount),
        steps=(step,),
        timing=Timing.IN_ARREARS,
    )


def exact_text(amount: Decimal | Fraction) -> str:
    """A decimal as one, a fraction such as 17000/31 as one."""
    return plain(amount) if isinstance(amount, Decimal) else str(amount)
