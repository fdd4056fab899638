"""Bring the books up to date with invoices: post what there is to say by a day less what they say already."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from gateway.core.invoicing.invoice import Invoice
from gateway.core.ledger import JournalEntry
from gateway.core.ports.revenue import Recognition
from gateway.core.ports.storage import UnitOfWork
from gateway.core.revenue.invoice_document import InvoiceHistory
from gateway.core.revenue.invoice_postings import InvoiceInBooks
from gateway.core.revenue.months import month_ends
from gateway.core.revenue.postings import Posted, missing_transfers
from gateway.services.accrue_running import take_back_accrued
from gateway.services.delivered_usage import delivered_usage
from gateway.services.invoices_in_books import commitments_of, invoices_in_books

_DAY = timedelta(days=1)


def begin_revenue(unit: UnitOfWork, invoice: Invoice, now: datetime) -> None:
    """Post an invoice in the transaction that finalizes it, with all that is earned of it by today."""
    issuer = unit.legal_entities.get(invoice.legal_entity)
    take_back_accrued(unit, invoice, now)
    delivered = delivered_usage(unit, invoice, issuer)
    unit.revenue.set_delivered(invoice.id, delivered)
    commitments = commitments_of(invoice, unit.definitions.plan_version)
    in_books = InvoiceInBooks(invoice, issuer, InvoiceHistory(commitments, delivered=delivered))
    posting = _Posting(unit, now, "invoice-finalized", issuer.accounting_day(now))
    unit.revenue.add(posting.post(Recognition(invoice.id, issuer.key, due_on=None), in_books, ()))


def post_today(unit: UnitOfWork, invoice: Invoice, reason: str, now: datetime) -> None:
    """Post what changed of a finalized invoice, in the transaction that changes it. `reason` begins the keys."""
    issuer = unit.legal_entities.get(invoice.legal_entity)
    post_revenue(unit, [invoice.id], reason, now, issuer.accounting_day(now))


def post_revenue(unit: UnitOfWork, invoice_ids: Sequence[str], reason: str, now: datetime, through: date) -> int:
    """Post what changed of finalized invoices, and what is earned of them by the end of the day `through`.

    How many entries that takes; a repeat posts nothing. `reason` begins their keys.
    """
    begun = unit.revenue.lock(invoice_ids)
    found = invoices_in_books(unit, list(begun))
    posted = _posted(unit, found)
    posting = _Posting(unit, now, reason, through)
    updated = [posting.post(begun[each.invoice.id], each, posted.get(each.invoice.id, ())) for each in found]
    unit.revenue.update(updated)
    return sum(after.entries - begun[after.document_id].entries for after in updated)


@dataclass(frozen=True, slots=True)
class _Posting:
    """Posts documents by the end of the day `through`."""

    unit: UnitOfWork
    now: datetime
    reason: str
    through: date

    def post(self, begun: Recognition, in_books: InvoiceInBooks, posted: Sequence[Posted]) -> Recognition:
        """Post what is missing; how far the books are then."""
        entries = begun.entries
        invoice, days = in_books.invoice, in_books.days(self.through)
        closed = self.unit.accounting_periods.lock_to_post(begun.legal_entity)
        for day, transfers in missing_transfers(in_books.target, posted, days, closed.is_open, invoice.currency):
            key = f"{self.reason}:{invoice.id}/{entries}"
            is_new = self.unit.books.post(JournalEntry(key, day, self.now, transfers, begun.legal_entity))
            assert is_new, "every entry of a document has a number of its own"
            entries += 1
        return replace(begun, entries=entries, due_on=_due_after(self.through, in_books.last_day))


def _posted(unit: UnitOfWork, found: Sequence[InvoiceInBooks]) -> dict[str, list[Posted]]:
    by_invoice: dict[str, list[Posted]] = {}
    for posted in unit.books.posted([source for each in found for source in each.sources]):
        by_invoice.setdefault(posted.transfer.source.partition("/")[0], []).append(posted)
    return by_invoice


def _due_after(through: date, last_day: date) -> date | None:
    """The end of the month after `through` in which something is earned; None where all is."""
    following = through + _DAY
    return None if through >= last_day else next(month_ends(following, following))
