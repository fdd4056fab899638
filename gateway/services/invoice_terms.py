"""The terms of an invoice to be drafted: the coupons that a customer has left, and the tax rates that apply."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from gateway.core.invoicing.credit_notes import CreditNote, CreditNoteLine, remainders
from gateway.core.invoicing.discounts import DiscountReason, Percent, ReturnedDiscount, applies_again
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.invoicing.taxes import TaxRate, TaxRules
from gateway.core.invoicing.terms import ReturnedFee, Terms
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.billing_terms import Redemption, TaxScope
from gateway.core.ports.storage import UnitOfWork
from gateway.services.due_boundaries import DueBoundary
from gateway.services.installation import Installation

Rates = Mapping[tuple[TaxScope, str], tuple[TaxRate, ...]]
"""Tax rates by what they are for."""


def terms_of(unit: UnitOfWork, installation: Installation, due: DueBoundary) -> Terms:
    """What applies to the invoice of a boundary."""
    customer, plan = due.subscription.customer, due.plan
    redeemed = unit.terms.redeemed_by([customer]).get(customer, ())
    terms = terms_from(installation, redeemed, unit.terms.tax_rates_for([customer], plan.plan), customer, plan)
    return with_returned(unit, terms, due)


def with_returned(unit: UnitOfWork, terms: Terms, due: DueBoundary) -> Terms:
    """The terms with what is known of the fees in advance that a boundary gives back: as they were billed."""
    fees = _billed_in_advance(unit, due)
    returned = tuple(
        ReturnedDiscount(line.price, share.discount, Fraction(share.amount.amount_minor, line.amount.amount_minor))
        for line, _ in fees
        for share in line.discounts
    )
    known = {line.price: ReturnedFee(tuple(share.rate for share in line.taxes), left) for line, left in fees}
    return replace(terms, returned=returned, returned_fees=known)


def _billed_in_advance(unit: UnitOfWork, due: DueBoundary) -> list[tuple[InvoiceLine, int]]:
    """The fees of which a boundary gives back what is unused, and what credit notes left of each, in minor units."""
    if due.boundary.unused is None or due.boundary.ended is None:
        return []
    billed_at = due.boundary.ended.start
    keys = [replace(key, boundary_at=billed_at) for key in (due.key, due.advance_key)]
    billed = [invoice for key in keys if (invoice := unit.invoices.by_key(key)) is not None]
    notes = unit.credit_notes.of_invoices([invoice.id for invoice in billed])
    return [
        (line, left.amount.amount_minor)
        for invoice in billed
        for line, left in _with_what_is_left(invoice, notes.get(invoice.id, ()))
        if line.is_fee_in_advance and line.period.start == billed_at
    ]


def _with_what_is_left(invoice: Invoice, notes: Iterable[CreditNote]) -> Iterator[tuple[InvoiceLine, CreditNoteLine]]:
    left = remainders(invoice, (line for note in notes for line in note.lines))
    return ((line, left[ordinal]) for ordinal, line in enumerate(invoice.lines))


def terms_from(
    installation: Installation, redeemed: Iterable[Redemption], rates: Rates, customer: str, plan: PlanVersion
) -> Terms:
    """The same from what the customer redeemed and from rates; of these only those for the customer and the plan."""
    discounts = tuple(each.coupon.discount for each in redeemed if applies_again(each.coupon, each.boundaries))
    return Terms(discounts, installation.discount_order, tax_rules(rates, customer, plan), installation.tax_base)


def tax_rules(rates: Rates, customer: str, plan: PlanVersion) -> TaxRules:
    """The rules for a customer's lines by a plan; what fills up the minimum of one price is taxed as that price."""
    prices = {
        price.key: found for price in plan.prices if (found := rates.get((TaxScope.PRICE, f"{plan.plan}/{price.key}")))
    }
    single = {commitment.key: commitment.counts[0] for commitment in plan.commitments if len(commitment.counts) == 1}
    true_ups = {key: prices[price] for key, price in single.items() if price in prices}
    return TaxRules(
        customer=rates.get((TaxScope.CUSTOMER, customer), ()),
        plan=rates.get((TaxScope.PLAN, plan.plan), ()),
        prices={**prices, **true_ups},
    )


def of_advance(terms: Terms) -> Terms:
    """The terms of fees in advance that go out on their own: amounts wait for the invoice that is held."""
    shares = tuple(discount for discount in terms.discounts if isinstance(discount.value, Percent))
    return replace(terms, discounts=shares)


def coupons_used(invoice: Invoice) -> list[str]:
    """The coupons that take something off an invoice; one that has nothing to take off waits for the next."""
    took = {share.discount for line in invoice.lines for share in line.discounts if share.amount.amount_minor > 0}
    coupons = (each.key for each in invoice.terms.discounts if each.reason is DiscountReason.COUPON)
    return [key for key in coupons if key in took]
