"""What is to be done before a month is closed: a list of checks, each of which says what it finds open."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from gateway.core.books.closing import OpenItem
from gateway.core.books.months import first_day, month_after
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.legal_entity import LegalEntity
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import local_midnight
from gateway.services.accrue_running import running_of
from gateway.services.due_boundaries import due_boundaries

Check = Callable[[UnitOfWork, LegalEntity, str], Iterator[OpenItem]]
"""What is open of a month in the books of a legal entity."""


def closing_checklist(unit: UnitOfWork, entity: LegalEntity, month: str) -> tuple[OpenItem, ...]:
    """Everything that is open, in the order in which it is best done."""
    return tuple(item for check in _CHECKS for item in check(unit, entity, month))


def month_end(entity: LegalEntity, month: str) -> datetime:
    """The instant at which a month ends in the books of a legal entity."""
    return local_midnight(first_day(month_after(month)), entity.zone)


def nothing_is_due(unit: UnitOfWork, entity: LegalEntity, month: str) -> Iterator[OpenItem]:
    """Whether every boundary through the end of the month has its invoice, even where its grace period still runs."""
    through = month_end(entity, month)
    grace = max((plan.grace for plan in unit.definitions.plans()), default=timedelta())
    due = [each.subscription.customer for each in due_boundaries(unit, through + grace) if each.boundary.at <= through]
    customers = unit.definitions.customers_by_key(sorted(set(due)))
    count = sum(customers[key].legal_entity == entity.key for key in due)
    if count:
        yield OpenItem(
            _are(count, "billing date", "billing dates", "not billed"), "run `gateway bill` after the grace period"
        )


_REMEDIES = {
    InvoiceStatus.DRAFT: "run `gateway bill`, which goes on with it",
    InvoiceStatus.HELD: "look at why with `gateway explain`, then approve or void",
    InvoiceStatus.APPROVED: "run `gateway bill`, which finalizes what is approved",
}


def invoices_are_final(unit: UnitOfWork, entity: LegalEntity, month: str) -> Iterator[OpenItem]:
    """Whether no invoice of a boundary through the end of the month is a draft, held or approved."""
    counts = unit.invoices.count_not_final(entity.key, month_end(entity, month))
    for status, remedy in _REMEDIES.items():
        if count := counts.get(status, 0):
            yield OpenItem(_are(count, "invoice", "invoices", _SAID[status]), remedy)


_DAY = timedelta(days=1)
_SAID = {InvoiceStatus.DRAFT: "drafts", InvoiceStatus.HELD: "held", InvoiceStatus.APPROVED: "approved and not final"}


def providers_agree(unit: UnitOfWork, entity: LegalEntity, month: str) -> Iterator[OpenItem]:
    """Whether no difference to what providers hold is open about an invoice through the end of the month."""
    count = unit.differences.count_open(entity.key, month_end(entity, month))
    if count:
        what = _are(count, "difference to a provider", "differences to providers", "open")
        yield OpenItem(what, "see `gateway providers differences`, and answer them")


def revenue_is_recognised(unit: UnitOfWork, entity: LegalEntity, month: str) -> Iterator[OpenItem]:
    """Whether everything that is earned by the end of the month is posted."""
    last = first_day(month_after(month)) - _DAY
    accrued = unit.revenue.accrued_through(entity.key)
    is_accrued = accrued is not None and accrued >= last
    if unit.revenue.due(entity.key, last, 1) or (not is_accrued and running_of(unit, entity, last)):
        yield OpenItem(f"revenue earned by the end of {month} is not posted", "run `gateway books recognise`")


def journals_arrive(unit: UnitOfWork, entity: LegalEntity, month: str) -> Iterator[OpenItem]:
    """Whether no journal through the month waits for a person; closing posts what is not posted yet."""
    if count := unit.journals.count_parked(entity.key, month):
        what = _are(count, "journal to an accounting system", "journals to accounting systems", "parked")
        yield OpenItem(what, "see why with `gateway books journals`, mend it and resume the delivery")


_CHECKS: tuple[Check, ...] = (
    nothing_is_due,
    invoices_are_final,
    providers_agree,
    revenue_is_recognised,
    journals_arrive,
)


def _are(count: int, one: str, several: str, state: str) -> str:
    return f"{count} {one} is {state}" if count == 1 else f"{count} {several} are {state}"
