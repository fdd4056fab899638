"""An invoice in the books: which of its lines are earned when, and what credit notes and payments do to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from gateway.core.invoicing.credit_notes import CreditNote
from gateway.core.invoicing.invoice import ADJUSTMENT, PROGRESSIVE, Invoice, InvoiceLine
from gateway.core.invoicing.taxes import TaxShare
from gateway.core.legal_entity import LegalEntity
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.facts import Fact, Reduced
from gateway.core.revenue.lines import Charge, RevenueLine
from gateway.core.revenue.schedules import AsDelivered, AtOnce, ByDay, Schedule

Delivered = tuple[tuple[date, int], ...]
"""What usage came to by the ends of days, in all, in minor units after discounts."""
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class InvoiceHistory:
    """What is known of a final invoice by now.

    `commitments` are the keys of those of its plan, whose lines are true-ups. `voided_on` and the days of `facts` are
    those of the issuer's books. `delivered` is there for the lines, by place, whose service goes on over the end of a
    month.
    """

    commitments: frozenset[str] = frozenset()
    notes: tuple[CreditNote, ...] = ()
    voided_on: date | None = None
    facts: tuple[Fact, ...] = ()
    delivered: Mapping[int, Delivered] = field(default_factory=dict)


def revenue_document(invoice: Invoice, issuer: LegalEntity, history: InvoiceHistory) -> RevenueDocument:
    """The document of an invoice: its lines after discounts, and a charge for each tax of each line."""
    billed_on = owed_from(invoice, issuer)
    lines = (
        RevenueLine(line.net.amount_minor, _schedule(place, line, issuer, billed_on, history))
        for place, line in enumerate(invoice.lines)
    )
    charges = (Charge(Account.TAX_LIABILITY, share.amount.amount_minor) for _, share in taxes_of(invoice))
    facts = (*(_credited(invoice, note, issuer) for note in history.notes), *_voided(invoice, history), *history.facts)
    return RevenueDocument(tuple(lines), billed_on, accrues=True, charges=tuple(charges), facts=facts)


def owed_from(invoice: Invoice, issuer: LegalEntity) -> date:
    """The day of its boundary; an invoice has its own where its boundary is long past."""
    owed_at = invoice.finalized_at if invoice.key.kind in {ADJUSTMENT, PROGRESSIVE} else None
    return issuer.accounting_day(owed_at or invoice.key.boundary_at)


def taxes_of(invoice: Invoice) -> Iterator[tuple[int, TaxShare]]:
    """Each tax of each line, with the place of the line, in the order of the charges."""
    return ((place, share) for place, line in enumerate(invoice.lines) for share in line.taxes)


def service_days(line: InvoiceLine, issuer: LegalEntity) -> tuple[date, date]:
    """The days of the issuer's books on which the service of a line begins and ends."""
    return issuer.accounting_day(line.period.start), issuer.accounting_day(line.period.end - _INSTANT)


def _schedule(place: int, line: InvoiceLine, issuer: LegalEntity, billed_on: date, history: InvoiceHistory) -> Schedule:
    """A fee is earned by day; usage as it is delivered; a minimum that was missed when the period is over.

    What is billed of usage is delivered by the day on which it is billed, also where its period goes on.
    """
    start, last = service_days(line, issuer)
    if line.meter is not None:
        return AsDelivered(history.delivered.get(place, ()), complete_on=min(last, billed_on))
    if line.price in history.commitments:
        return AtOnce(last)
    end = issuer.accounting_day(line.period.end)
    return ByDay(start, end) if start < end else AtOnce(start)


def _credited(invoice: Invoice, note: CreditNote, issuer: LegalEntity) -> Reduced:
    by_place = {line.line: line for line in note.lines}
    nets = [by_place[place].net.amount_minor if place in by_place else 0 for place in range(len(invoice.lines))]
    given = {(line.line, share.rate.key): share.amount.amount_minor for line in note.lines for share in line.taxes}
    taxes = [given.get((place, share.rate.key), 0) for place, share in taxes_of(invoice)]
    day = issuer.accounting_day(note.created_at)
    return Reduced(day, note.total.amount_minor, Account.CREDIT_NOTES, shares=(*nets, *taxes))


def _voided(invoice: Invoice, history: InvoiceHistory) -> Iterator[Reduced]:
    if history.voided_on is not None:
        nets = (line.net.amount_minor for line in invoice.lines)
        taxes = (share.amount.amount_minor for _, share in taxes_of(invoice))
        yield Reduced(history.voided_on, invoice.total.amount_minor, Account.VOIDS, shares=(*nets, *taxes))
