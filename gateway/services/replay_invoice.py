"""Replay an invoice: count its period again up to its cut-off, by its own definitions, and rate it again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from gateway.core.events import LoggedEvent
from gateway.core.invoicing.invoice import ADJUSTMENT, PROGRESSIVE, Invoice
from gateway.core.metering.meter import Meter
from gateway.core.metering.recount import CountingScope, Recount, recount
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import billed_plan
from gateway.core.subscriptions.subscription import Boundary, boundaries
from gateway.services.count_periods import counting_scope, quantities_of
from gateway.services.draft_invoices import rated
from gateway.services.due_boundaries import ADVANCE, DueBoundary, without_end, without_start
from gateway.services.read_log import LogSpan, logged_events_of
from gateway.services.usage_so_far import progress_of

Watch = Callable[[LoggedEvent], None]


@dataclass(frozen=True, slots=True)
class Replay:
    """An invoice rated again from the raw log: the same `inputs_hash` and lines as the original, or it is wrong."""

    billed: DueBoundary
    scope: CountingScope | None
    counted: Recount
    invoice: Invoice


def replay_invoice(unit: UnitOfWork, original: Invoice, watch: Watch | None = None) -> Replay:
    """Rate what `original` billed again; `watch` sees every event of the customer in the period that is read.

    Counts events up to the original's cut-off, by the meter versions that it was counted by, and bills by its terms.
    """
    billed, meters = billed_boundary(unit, original), meters_of(unit, original)
    scope = counting_scope(billed, meters)
    adjustments = tuple(each.line for each in unit.rerating.billed_on(original.id))
    counted = Recount({}, ())
    if scope is not None:
        events = logged_events_of(unit, original.customer, span_of(scope, original))
        counted = recount(events if watch is None else _watched(events, watch), [scope])
    draft, _ = rated(billed, quantities_of(counted.counts), meters, original.id, original.cut_off, original.terms)
    return Replay(billed, scope, counted, replace(draft, key=original.key, lines=(*draft.lines, *adjustments)))


def span_of(scope: CountingScope, invoice: Invoice, after: int = 0) -> LogSpan:
    """The events that the invoice counted, behind a position: those of the scope's period and what it carries."""
    return LogSpan(after, invoice.cut_off, scope.counts_from, scope.period.end)


def billed_boundary(unit: UnitOfWork, invoice: Invoice) -> DueBoundary:
    """The boundary that an invoice billed, less what another invoice billed of it."""
    subscription = unit.definitions.subscriptions_by_id([invoice.key.subscription_id])[invoice.key.subscription_id]
    published = unit.definitions.plan_version(invoice.plan, invoice.plan_version)
    plan = billed_plan(published, subscription.status) or published
    at, earlier = invoice.key.boundary_at, unit.invoices.by_ids(invoice.billed_before)
    billed_before = tuple(earlier[name] for name in invoice.billed_before)
    if invoice.key.kind == PROGRESSIVE:
        return progress_of(invoice, subscription, plan, billed_before)
    if invoice.key.kind == ADJUSTMENT:
        return DueBoundary(subscription, plan, Boundary(at, None, None, None, None))
    boundary = next(each for each in boundaries(subscription, at) if each.at == at)
    whole = DueBoundary(subscription, plan, boundary, billed_before)
    if invoice.key.kind == ADVANCE:
        return without_end(whole)
    return whole if _has_fees_in_advance(invoice, plan, whole.boundary) else without_start(whole)


def meters_of(unit: UnitOfWork, invoice: Invoice) -> dict[str, Meter]:
    """The meters as they were when the invoice was made: without versions that came later."""
    meters = unit.definitions.meters()
    known = ((key, meters[key], count) for key, count in invoice.meter_versions)
    return meters | {key: replace(meter, versions=meter.versions[:count]) for key, meter, count in known}


def _has_fees_in_advance(invoice: Invoice, plan: PlanVersion, boundary: Boundary) -> bool:
    is_offered = any(price.is_fee_in_advance for price in plan.prices) and boundary.started is not None
    return not is_offered or any(line.is_fee_in_advance for line in invoice.lines)


def _watched(events: Iterable[LoggedEvent], watch: Watch) -> Iterator[LoggedEvent]:
    for logged in events:
        watch(logged)
        yield logged
