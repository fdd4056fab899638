"""What usage of an invoice had come to by the ends of months that its period goes over."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.legal_entity import LegalEntity
from gateway.core.periods.period import BillingPeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.revenue.invoice_document import Delivered, service_days
from gateway.core.revenue.months import month_ends
from gateway.core.subscriptions.subscription import Boundary
from gateway.core.time import end_of_day
from gateway.services.due_boundaries import DueBoundary
from gateway.services.running_lines import usage_until


def delivered_usage(unit: UnitOfWork, invoice: Invoice, issuer: LegalEntity) -> dict[int, Delivered]:
    """By the place of the line, for lines of usage whose service goes on over the end of a month of the books."""
    crossing = {place: line for place, line in enumerate(invoice.lines) if _crosses_a_month(line, issuer)}
    if not crossing:
        return {}
    plan = unit.definitions.plan_version(invoice.plan, invoice.plan_version)
    subscription = unit.definitions.subscriptions_by_id([invoice.key.subscription_id])[invoice.key.subscription_id]
    delivered: dict[int, Delivered] = dict.fromkeys(crossing, ())
    period = next(iter(crossing.values())).period
    running_period = DueBoundary(subscription, plan, Boundary(period.end, period, None, None, None))
    for day in _month_ends_within(period, issuer):
        usage = usage_until(unit, [running_period], end_of_day(day, issuer.zone))[subscription.id]
        running = {(line.price, line.dimensions): line.amount.amount_minor for line in usage}
        for place, line in crossing.items():
            delivered[place] += ((day, _net_of(line, running.get((line.price, line.dimensions), 0))),)
    return delivered


def _crosses_a_month(line: InvoiceLine, issuer: LegalEntity) -> bool:
    start, last = service_days(line, issuer)
    return line.meter is not None and not line.is_adjustment and (start.year, start.month) != (last.year, last.month)


def _month_ends_within(period: BillingPeriod, issuer: LegalEntity) -> Iterator[date]:
    start, end = issuer.accounting_day(period.start), issuer.accounting_day(period.end)
    return (day for day in month_ends(start, end) if period.start < end_of_day(day, issuer.zone) < period.end)


def _net_of(line: InvoiceLine, running: int) -> int:
    """What of a line's net amount is delivered where its usage has come to `running`; never beyond all of it.

    What takes off usage that was billed before is as far along as that usage.
    """
    whole = line.amount.amount_minor
    if not whole:
        return 0
    least, most = sorted((0, whole))
    part = min(max(-running if line.is_billed_before else running, least), most)
    return int(Fraction(part * line.net.amount_minor, whole))
