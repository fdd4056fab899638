"""Draft the invoices of one boundary: one with everything, or usage held and fees in advance on their own."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.core.gate.discrepancy import Discrepancy, DiscrepancyKind
from gateway.core.invoicing.drafting import draft_invoice, draft_lines, unpriced
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus, MeteredQuantity
from gateway.core.invoicing.terms import NO_TERMS, Terms
from gateway.core.invoicing.thresholds import billed_so_far, less_billed
from gateway.core.invoicing.totals import with_terms
from gateway.core.metering.meter import Meter
from gateway.core.numbers import plain
from gateway.core.periods.proration import sharing
from gateway.core.ports.clock import Ids
from gateway.services.count_periods import CountedPeriod
from gateway.services.due_boundaries import DueBoundary, without_end, without_start
from gateway.services.invoice_terms import of_advance
from gateway.services.usage_holds import NOT_LIMITED, SeenTo, usage_holds

amount_minor_max = 10**15
"""A safety bound on one line: ten trillion dollars. An amount above it is held as if it had no price."""
price_lines_max = 1_000
"""A safety bound on the lines of one price, which has one for every value of its dimension."""


@dataclass(frozen=True, slots=True)
class DraftedInvoice:
    """A new invoice in the state it is stored in, and what holds it."""

    invoice: Invoice
    discrepancies: tuple[Discrepancy, ...] = ()

    def issued_by(self, legal_entity: str) -> "DraftedInvoice":
        """The same, as an invoice of a legal entity."""
        return replace(self, invoice=replace(self.invoice, legal_entity=legal_entity))


def draft_invoices(
    due: DueBoundary,
    counted: CountedPeriod,
    meters: Mapping[str, Meter],
    ids: Ids,
    terms: Terms = NO_TERMS,
    seen: SeenTo = NOT_LIMITED,
) -> list[DraftedInvoice]:
    """The invoices to store for a boundary: approved where nothing is wrong.

    Otherwise usage is held, and fees in advance go out on time on an invoice of their own.
    """
    whole, faults = rated(due, counted.quantities, meters, ids.new("inv"), counted.cut_off, terms)
    holds = (*counted.discrepancies, *faults, *usage_holds(due, whole, counted.history, seen))
    if not holds:
        return [DraftedInvoice(whole.moved_to(InvoiceStatus.APPROVED))]
    started, _ = rated(without_end(due), (), meters, ids.new("inv"), counted.cut_off, of_advance(terms))
    if not started.lines:
        return [DraftedInvoice(whole.moved_to(InvoiceStatus.HELD), holds)]
    ended, _ = rated(without_start(due), counted.quantities, meters, whole.id, counted.cut_off, terms)
    advance = replace(started, key=due.advance_key)
    return [
        DraftedInvoice(ended.moved_to(InvoiceStatus.HELD), holds),
        DraftedInvoice(advance.moved_to(InvoiceStatus.APPROVED)),
    ]


def rated(
    due: DueBoundary,
    quantities: tuple[MeteredQuantity, ...],
    meters: Mapping[str, Meter],
    invoice_id: str,
    cut_off: int,
    terms: Terms = NO_TERMS,
) -> tuple[Invoice, list[Discrepancy]]:
    """The draft with everything that has a price, and what is left out because it is beyond a safety bound.

    What was billed of the usage before is taken off.
    """
    left_out = set(unpriced(due.plan, quantities))
    priced = [item for item in quantities if item not in left_out]
    lines = draft_lines(due.plan, meters, due.boundary, priced, sharing(due.plan.proration, due.subscription.zone))
    faults = dict(_faults(lines))
    possible = tuple(line for line in lines if line.price not in faults)
    billed = _billed_of(due, faults)
    stated = with_terms(less_billed(possible, billed), terms)
    draft = draft_invoice(invoice_id, due.subscription, due.plan, due.boundary, stated, quantities, cut_off, billed)
    versions = tuple((key, meters[key].latest.version) for key in sorted(due.plan.metered))
    before = tuple(invoice.id for invoice in due.billed_before)
    return replace(draft, meter_versions=versions, terms=terms, billed_before=before), list(faults.values())


def _billed_of(due: DueBoundary, faults: Collection[str]) -> tuple[InvoiceLine, ...]:
    """What was billed before of the prices that are billed now."""
    prices = {price.key for price in due.plan.prices} - set(faults)
    earlier = (line for invoice in due.billed_before for line in invoice.lines)
    return billed_so_far(line for line in earlier if line.price in prices)


def _faults(lines: Sequence[InvoiceLine]) -> Iterator[tuple[str, Discrepancy]]:
    """The prices whose lines are beyond a safety bound, each with what holds them."""
    for line in lines:
        if abs(line.amount.amount_minor) > amount_minor_max:
            amount = f"{line.amount} {line.amount.currency} for a quantity of {plain(line.quantity)}"
            yield line.price, _beyond(line, f"at most {amount_minor_max} minor units", amount)
    for price, count in Counter(line.price for line in lines).items():
        if count > price_lines_max:
            first = next(line for line in lines if line.price == price)
            yield price, _beyond(first, f"at most {price_lines_max} lines", f"{count} lines")


def _beyond(line: InvoiceLine, bound: str, found: str) -> Discrepancy:
    detail = f"the price {line.price!r} is left out, because it is beyond every bound; look at the events behind it"
    return Discrepancy(DiscrepancyKind.UNPRICED, line.meter or "", (), bound, found, detail)
