"""Bill usage before its period ends: where it reached a threshold of its plan, or as it comes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from gateway.core.invoicing.drafting import unpriced, usage_lines
from gateway.core.invoicing.invoice import PROGRESSIVE, Invoice, InvoiceKey, InvoiceStatus, MeteredQuantity
from gateway.core.invoicing.thresholds import billed_so_far, prices_due
from gateway.core.metering.meter import Meter
from gateway.core.money import Money
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.services.announce import announce_held
from gateway.services.count_periods import CountedBoundary, CountedPeriod
from gateway.services.draft_invoices import DraftedInvoice, rated
from gateway.services.due_boundaries import DueBoundary
from gateway.services.installation import Installation
from gateway.services.invoice_terms import terms_of
from gateway.services.period_counts import PeriodQuery, count_live_periods
from gateway.services.project import Projector
from gateway.services.span_counts import quantities_of_each
from gateway.services.usage_holds import SeenTo, usage_holds
from gateway.services.usage_so_far import each_with_billed_before, running_periods, with_billed_before

Quantities = Mapping[str, Sequence[MeteredQuantity]]


def due_early(installation: Installation, projector: Projector, now: datetime) -> list[DueBoundary]:
    """The running periods that have usage to bill by now, as far as live counts say: they cost no pass over the log."""
    running = installation.storage.read(lambda unit: running_periods(unit, now))
    if not running:
        return []
    projector.catch_up()
    return installation.storage.read(lambda unit: list(_due(unit, running)))


def bill_early(installation: Installation, due: DueBoundary, counted: CountedBoundary) -> Invoice | None:
    """Rate all usage of a running period that was counted again, and store what it comes to less what was billed.

    The invoice is approved, or held where the counts differ. None where nothing is due by that count, where another
    process has billed as much, or where the period is closed by now.
    """

    def draft_and_store(unit: UnitOfWork) -> Invoice | None:
        # Whoever closes the period holds this lock, too, so that nothing is billed twice.
        customer = unit.definitions.lock_customer(due.subscription.customer)
        seen = SeenTo(installation.gate, customer.legal_entity)
        found = _draft(unit, installation, with_billed_before(unit, due), counted, seen)
        drafted = found and found.issued_by(customer.legal_entity)
        if drafted is None or not unit.invoices.add(drafted.invoice, drafted.discrepancies):
            return None
        announce_held(unit, installation, drafted.invoice)
        return drafted.invoice

    return installation.storage.transact(draft_and_store, Priority.BULK)


def _due(unit: UnitOfWork, running: Sequence[DueBoundary]) -> Iterator[DueBoundary]:
    meters = unit.definitions.meters()
    quantities = _live_quantities(unit, running, meters)
    for each in each_with_billed_before(unit, running):
        if _prices_due(unit, each, quantities.get(each.subscription.id, ()), meters):
            yield each


def _live_quantities(unit: UnitOfWork, running: Sequence[DueBoundary], meters: Mapping[str, Meter]) -> Quantities:
    queries = [
        PeriodQuery(
            each.subscription, {key: meters[key] for key in each.plan.metered}, ended, each.plan.rated_by_transaction
        )
        for each in running
        if (ended := each.boundary.ended)
    ]
    by_transaction = {each.subscription.id: each.plan.rated_by_transaction for each in running}
    return quantities_of_each(count_live_periods(unit, queries), by_transaction)


def _prices_due(
    unit: UnitOfWork, due: DueBoundary, quantities: Sequence[MeteredQuantity], meters: Mapping[str, Meter]
) -> frozenset[str]:
    """The prices to bill now."""
    ended = due.boundary.ended
    assert ended is not None, "usage is that of a period"
    left_out = set(unpriced(due.plan, quantities))
    lines = usage_lines(due.plan, meters, ended, [item for item in quantities if item not in left_out])
    billed = billed_so_far(line for invoice in due.billed_before for line in invoice.lines)
    return prices_due(due.plan, lines, billed, _lifetime_before(unit, due, ended.start))


def _lifetime_before(unit: UnitOfWork, due: DueBoundary, start: datetime) -> Decimal:
    """What the subscription used in earlier periods, if a threshold asks for it."""
    thresholds = due.plan.invoice_thresholds
    if thresholds is None or not thresholds.has_lifetime:
        return Decimal(0)
    history = unit.definitions.subscription_histories([due.subscription.id])[due.subscription.id]
    phases = [phase.id for phase in history.recorded]
    return Money(unit.invoices.usage_in_arrears(phases, start), due.plan.currency).amount


def _draft(
    unit: UnitOfWork, installation: Installation, due: DueBoundary, counted: CountedBoundary, seen: SeenTo
) -> DraftedInvoice | None:
    period = counted.periods[due.subscription.id]
    if _is_closed(unit, due) or any(earlier.cut_off >= period.cut_off for earlier in due.billed_before):
        return None
    prices = _prices_due(unit, due, period.quantities, counted.meters)
    if not prices:
        return None
    return _drafted(unit, installation, replace(due, plan=due.plan.in_between(prices)), period, counted.meters, seen)


def _drafted(
    unit: UnitOfWork,
    installation: Installation,
    due: DueBoundary,
    period: CountedPeriod,
    meters: Mapping[str, Meter],
    seen: SeenTo,
) -> DraftedInvoice:
    # Discounts wait for the invoice that closes the period and has all of its usage.
    terms = replace(terms_of(unit, installation, due), discounts=())
    quantities = tuple(item for item in period.quantities if item.meter in due.plan.metered)
    draft, faults = rated(due, quantities, meters, installation.ids.new("inv"), period.cut_off, terms)
    holds = (
        *(each for each in period.discrepancies if each.meter in due.plan.metered),
        *faults,
        *usage_holds(due, draft, (), seen),
    )
    status = InvoiceStatus.HELD if holds else InvoiceStatus.APPROVED
    return DraftedInvoice(replace(draft, key=_key(due)).moved_to(status), holds)


def _key(due: DueBoundary) -> InvoiceKey:
    """The period's beginning, and the number that follows."""
    assert due.boundary.ended is not None, "usage is that of a period"
    sequence = due.billed_before[-1].key.sequence + 1 if due.billed_before else 0
    return InvoiceKey(due.subscription.id, due.boundary.ended.start, PROGRESSIVE, sequence)


def _is_closed(unit: UnitOfWork, due: DueBoundary) -> bool:
    """Whether the invoice at the end of the period is there, which may have come before the end that was planned."""
    assert due.boundary.ended is not None, "usage is that of a period"
    start = due.boundary.ended.start
    keys = unit.invoices.billed_boundaries([due.subscription.id])
    return any(key.kind != PROGRESSIVE and key.boundary_at > start for key in keys)
