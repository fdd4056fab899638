"""What periods that still run have come to by an instant, for many subscriptions at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from gateway.core.invoicing.drafting import draft_lines, unpriced, usage_lines
from gateway.core.invoicing.invoice import InvoiceLine, MeteredQuantity
from gateway.core.invoicing.terms import Terms
from gateway.core.invoicing.thresholds import billed_so_far, less_billed
from gateway.core.metering.meter import Meter
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.proration import sharing
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import billed_plan
from gateway.core.subscriptions.subscription import Boundary, Subscription
from gateway.services.count_spans import SpanQuery, count_spans
from gateway.services.due_boundaries import DueBoundary
from gateway.services.installation import Installation
from gateway.services.simulated_terms import SimulatedTerms
from gateway.services.span_counts import quantities_of_each
from gateway.services.usage_so_far import each_with_billed_before


@dataclass(frozen=True, slots=True)
class RunningLines:
    """The lines that a period of a subscription has by an instant, before discounts: usage so far less what was billed
    of it, and fees in arrears of the whole period. `terms` are its invoice's, `passed` is how much of it is over.
    """

    due: DueBoundary
    usage: tuple[InvoiceLine, ...]
    fees: tuple[InvoiceLine, ...]
    terms: Terms
    passed: Fraction


def running_at(unit: UnitOfWork, instant: datetime) -> list[DueBoundary]:
    """The periods that run at an instant and began before it, of subscriptions that bill anything afterwards."""
    plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans()}
    found: list[DueBoundary] = []
    for subscription in unit.definitions.subscriptions():
        plan = billed_plan(plans[subscription.plan, subscription.plan_version], subscription.status)
        period = subscription.period_at(instant)
        if plan is None or period is None or period.start == instant:
            continue
        if any(not price.is_fee_in_advance for price in plan.prices):
            boundary = Boundary(period.end, period, _whole(subscription, period), None, None)
            found.append(DueBoundary(subscription, plan, boundary))
    return found


def lines_until(
    unit: UnitOfWork, installation: Installation, running: Sequence[DueBoundary], instant: datetime
) -> Iterator[RunningLines]:
    """The lines of running periods by an instant in them, rated as if they ended there, but for minimums."""
    usage_of, meters = usage_until(unit, running, instant), unit.definitions.meters()
    customers, plans = ({key(each) for each in running} for key in (_customer, _plan))
    terms = SimulatedTerms(unit, installation, sorted(customers), sorted(plans), instant)
    for due in each_with_billed_before(unit, running):
        billed = billed_so_far(line for invoice in due.billed_before for line in invoice.lines)
        usage, period = less_billed(usage_of[due.subscription.id], billed), _period(due)
        passed = BillingPeriod(period.start, instant).share_of(period)
        yield RunningLines(due, tuple(usage), _fees(due, meters), terms.terms_of(due), passed)


def usage_until(
    unit: UnitOfWork, running: Sequence[DueBoundary], instant: datetime
) -> dict[str, tuple[InvoiceLine, ...]]:
    """The lines of usage of periods until an instant in them, by subscription: before minimums and discounts."""
    meters = unit.definitions.meters()
    counted = _counted(unit, running, meters, instant)
    return {due.subscription.id: _usage(due, meters, counted.get(due.subscription.id, ()), instant) for due in running}


def _usage(
    due: DueBoundary, meters: Mapping[str, Meter], counted: Sequence[MeteredQuantity], instant: datetime
) -> tuple[InvoiceLine, ...]:
    left_out = set(unpriced(due.plan, counted))
    span = BillingPeriod(_period(due).start, instant)
    return usage_lines(due.plan, meters, span, [item for item in counted if item not in left_out])


def _fees(due: DueBoundary, meters: Mapping[str, Meter]) -> tuple[InvoiceLine, ...]:
    commitments = {commitment.key for commitment in due.plan.commitments}
    lines = draft_lines(due.plan, meters, due.boundary, (), sharing(due.plan.proration, due.subscription.zone))
    return tuple(line for line in lines if line.meter is None and line.price not in commitments)


def _counted(
    unit: UnitOfWork, running: Sequence[DueBoundary], meters: Mapping[str, Meter], instant: datetime
) -> Mapping[str, Sequence[MeteredQuantity]]:
    by_transaction = {each.subscription.id: each.plan.rated_by_transaction for each in running}
    queries = [
        SpanQuery(
            each.subscription,
            {key: meters[key] for key in each.plan.metered},
            (BillingPeriod(_period(each).start, instant),),
            _period(each),
            by_transaction[each.subscription.id],
        )
        for each in running
    ]
    return quantities_of_each(count_spans(unit, queries), by_transaction)


def _period(due: DueBoundary) -> BillingPeriod:
    assert due.boundary.ended is not None, "a period that runs ends at its boundary"
    return due.boundary.ended


def _whole(subscription: Subscription, period: BillingPeriod) -> BillingPeriod:
    return subscription.schedule.period(subscription.schedule.index_at(period.start))


def _customer(due: DueBoundary) -> str:
    return due.subscription.customer


def _plan(due: DueBoundary) -> str:
    return due.plan.plan
