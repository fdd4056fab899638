"""Report by which month what is deferred will be earned."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

from gateway.core.ports.storage import UnitOfWork
from gateway.core.reports.schedule import DeferringDocument, ScheduledMonth, scheduled_by_month
from gateway.core.revenue.accounts import Account
from gateway.services.installation import Installation
from gateway.services.invoices_in_books import invoices_in_books
from gateway.services.report_revenue import asked_months

documents_per_pass = 500
"""How many invoices are read at once, in as many statements as one."""


def deferred_schedule(installation: Installation, legal_entity: str, month: str | None = None) -> list[ScheduledMonth]:
    """When what is deferred at the end of a month, or of the running one, will be earned.

    Raises `NotFound` for an unknown legal entity and `InvalidValue` for what is not a month.
    """

    def work(unit: UnitOfWork) -> list[ScheduledMonth]:
        as_of = asked_months(unit, installation, legal_entity, month, month).last_day
        return scheduled_by_month(as_of, _deferring(unit, legal_entity, as_of))

    return installation.storage.read(work)


def _deferring(unit: UnitOfWork, legal_entity: str, as_of: date) -> Iterator[DeferringDocument]:
    deferred = _deferred(unit, legal_entity, as_of)
    ids = list(deferred)
    for start in range(0, len(ids), documents_per_pass):
        for each in invoices_in_books(unit, ids[start : start + documents_per_pass]):
            invoice = each.invoice
            yield DeferringDocument(invoice.currency, deferred[invoice.id], each.document, each.last_day)


def _deferred(unit: UnitOfWork, legal_entity: str, as_of: date) -> Mapping[str, int]:
    """What invoices have deferred, by id; what one price defers another may have given back."""
    found: Counter[str] = Counter()
    for item in unit.reports.open_items(legal_entity, Account.DEFERRED_REVENUE, as_of):
        found[item.document] -= item.amount_minor
    return found
