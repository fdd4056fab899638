"""Accrue periods that run over the end of a month: what was delivered by then is revenue, though nobody owes it yet."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from operator import itemgetter

from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus
from gateway.core.invoicing.totals import with_discounts
from gateway.core.ledger import JournalEntry
from gateway.core.legal_entity import LegalEntity
from gateway.core.money import Money
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.core.revenue.invoice_document import service_days
from gateway.core.revenue.lines import RevenueLine
from gateway.core.revenue.months import month_ends
from gateway.core.revenue.postings import Amounts, missing_transfers
from gateway.core.revenue.running_usage import RunningPeriod, discounts_so_far
from gateway.core.revenue.schedules import AtOnce, ByDay
from gateway.core.time import end_of_day
from gateway.services.due_boundaries import DueBoundary
from gateway.services.installation import Installation
from gateway.services.running_lines import RunningLines, lines_until, running_at

periods_per_transaction = 100
_DAY = timedelta(days=1)


def accrue_running(installation: Installation, entity: LegalEntity, through: date) -> int:
    """Accrue the ends of the months until `through`, the last day of one, that were not yet; how many entries."""
    last = installation.storage.read(lambda unit: unit.revenue.accrued_through(entity.key))
    entries = 0
    for day in month_ends(through if last is None else last + _DAY, through):
        entries += accrue(installation, entity, day)
        installation.storage.transact(partial(_note, entity.key, day))
    return entries


def accrue(installation: Installation, entity: LegalEntity, day: date) -> int:
    """Post what the periods that run over the end of `day` have earned by then, from live counts; how many entries.

    Usage is rated as a whole, as if the period ended there, less what was billed of it and after discounts, of which a
    fixed amount counts for the part of the period that is over; a missed minimum is earned when the period is over. It
    is taken back where the period is invoiced, whose lines then say what was earned when. Usage in arrears: ASC
    606-10-55-18, IFRS 15.B16; a part of a period: ASC 606-10-32-40, IFRS 15.85.
    A repeat posts nothing.
    """
    running = installation.storage.read(lambda unit: running_of(unit, entity, day))
    entries = 0
    for start in range(0, len(running), periods_per_transaction):
        some = running[start : start + periods_per_transaction]
        entries += installation.storage.transact(_accruing(installation, some, entity, day), Priority.BULK)
    return entries


def running_of(unit: UnitOfWork, entity: LegalEntity, day: date) -> list[DueBoundary]:
    """The periods of the legal entity's customers that run over the end of a day."""
    running = running_at(unit, end_of_day(day, entity.zone))
    customers = unit.definitions.customers_by_key(sorted({each.subscription.customer for each in running}))
    return [each for each in running if customers[each.subscription.customer].legal_entity == entity.key]


def take_back_accrued(unit: UnitOfWork, invoice: Invoice, now: datetime) -> None:
    """Take back what was accrued of the periods that an invoice bills, in the transaction that finalizes it."""
    starts = {line.period.start for line in invoice.lines if not line.is_fee_in_advance}
    for start in sorted(starts):
        period = RunningPeriod(invoice.key.subscription_id, start, invoice.customer)
        _post(unit, period, invoice.currency, invoice.legal_entity, now, lambda _: {}, None)


def _note(legal_entity: str, day: date, unit: UnitOfWork) -> None:
    unit.revenue.set_accrued_through(legal_entity, day)


def _accruing(
    installation: Installation, running: Sequence[DueBoundary], entity: LegalEntity, day: date
) -> Callable[[UnitOfWork], int]:
    now, instant = installation.business_clock.now(), end_of_day(day, entity.zone)

    def work(unit: UnitOfWork) -> int:
        not_final = _without_final(unit, running)
        return sum(
            _accrue(unit, each, entity, day, now) for each in lines_until(unit, installation, not_final, instant)
        )

    return work


def _without_final(unit: UnitOfWork, running: Sequence[DueBoundary]) -> list[DueBoundary]:
    """Those whose period is not invoiced yet, and will not be until the transaction ends."""
    drafted = [(invoice.id, each.key) for each in running if (invoice := unit.invoices.by_key(each.key)) is not None]
    # In the order in which everybody locks: invoices before customers, whose lock keeps new invoices out.
    status_of = {key: unit.invoices.lock(invoice_id).status for invoice_id, key in sorted(drafted, key=itemgetter(0))}
    for customer in sorted({each.subscription.customer for each in running}):
        unit.definitions.lock_customer(customer)
    return [each for each in running if _is_left(unit, each, status_of.get(each.key))]


def _is_left(unit: UnitOfWork, due: DueBoundary, drafted: InvoiceStatus | None) -> bool:
    """Whether the invoice of a period is not final; one that came in between says itself what was earned when."""
    return drafted is not InvoiceStatus.FINALIZED and (drafted is not None or unit.invoices.by_key(due.key) is None)


def _accrue(unit: UnitOfWork, lines: RunningLines, entity: LegalEntity, day: date, now: datetime) -> int:
    assert lines.due.boundary.ended is not None, "a period that runs ends at its boundary"
    subscription = lines.due.subscription
    period = RunningPeriod(subscription.id, lines.due.boundary.ended.start, subscription.customer)
    target = period.target(_earned(lines, entity, day))
    return _post(unit, period, lines.due.plan.currency, entity.key, now, lambda _: target, day)


def _earned(lines: RunningLines, entity: LegalEntity, day: date) -> Iterator[tuple[InvoiceLine, int]]:
    earned = [*lines.usage, *(_earned_of_fee(line, entity, day) for line in lines.fees)]
    discounts = discounts_so_far(lines.terms.discounts, lines.passed)
    for line in with_discounts(earned, discounts, lines.terms.discount_order):
        yield line, line.net.amount_minor


def _earned_of_fee(line: InvoiceLine, entity: LegalEntity, day: date) -> InvoiceLine:
    start, last = service_days(line, entity)
    end = entity.accounting_day(line.period.end)
    schedule = ByDay(start, end) if start < end else AtOnce(last)
    earned = RevenueLine(line.amount.amount_minor, schedule).earned(day)
    return replace(line, amount=Money(earned, line.amount.currency))


def _post(
    unit: UnitOfWork,
    period: RunningPeriod,
    currency: str,
    legal_entity: str,
    now: datetime,
    target: Callable[[date], Amounts],
    day: date | None,
) -> int:
    """Post what is missing on a day; on every day that has something, where there is none."""
    posted = unit.books.posted_under(period.prefix)
    if day is None and not posted:
        return 0
    closed = unit.accounting_periods.lock_to_post(legal_entity)
    days = [day] if day else sorted({each.day for each in posted} | {closed.booked_on(posted[-1].day)})
    entries = 0
    for on, transfers in missing_transfers(target, posted, days, closed.is_open, currency):
        key = f"accrued:{period.prefix}{on}/{len(posted) + entries}"
        entries += unit.books.post(JournalEntry(key, on, now, transfers, legal_entity))
    return entries
