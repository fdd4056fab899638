"""Periods that run and whose usage may be billed before they end, and what was billed of it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from gateway.core.invoicing.invoice import Invoice
from gateway.core.metering.meter import Meter
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.invoices import UsagePeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import billed_plan
from gateway.core.subscriptions.subscription import Boundary, Subscription
from gateway.services.due_boundaries import DueBoundary


def running_periods(unit: UnitOfWork, now: datetime) -> list[DueBoundary]:
    """The running periods of all subscriptions whose plan may bill usage early, with the prices that do.

    In order of customer and subscription.
    """
    meters = unit.definitions.meters()
    plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans() if billed_early(plan, meters)}
    found: list[DueBoundary] = []
    for subscription in unit.definitions.subscriptions() if plans else ():
        published = plans.get((subscription.plan, subscription.plan_version))
        plan = billed_plan(published, subscription.status) if published else None
        period = subscription.period_at(now)
        if plan is not None and period is not None:
            found.append(_progress(subscription, plan, billed_early(plan, meters), period, at=now))
    return found


def billed_early(plan: PlanVersion, meters: Mapping[str, Meter]) -> frozenset[str]:
    """The prices of usage that the plan may bill before a period ends: in advance, or where thresholds are reached.

    Left for the end is usage of which more may cost less, and what changes by the passing of time.
    """
    return frozenset(
        price.key
        for key, price in plan.metered.items()
        if price.may_be_billed_early
        and (plan.invoice_thresholds is not None or price.is_billed_at_once)
        and all(version.only_grows for version in meters[key].versions)
    )


def progress_of(
    invoice: Invoice, subscription: Subscription, plan: PlanVersion, billed_before: tuple[Invoice, ...]
) -> DueBoundary:
    """What a progressive invoice billed: the prices and the period of its lines, however the period ended since."""
    prices = {line.price for line in invoice.lines}
    period = invoice.lines[0].period
    return replace(_progress(subscription, plan, prices, period, period.end), billed_before=billed_before)


def with_billed_before(unit: UnitOfWork, due: DueBoundary) -> DueBoundary:
    """The boundary with the invoices that billed usage of the period before it."""
    period = _usage_period(due)
    return (
        due
        if period is None
        else replace(due, billed_before=tuple(unit.invoices.progressive([period]).get(period, ())))
    )


def each_with_billed_before(unit: UnitOfWork, running: Collection[DueBoundary]) -> Iterator[DueBoundary]:
    """Many of them, by one statement."""
    billed = unit.invoices.progressive([period for each in running if (period := _usage_period(each))])
    for each in running:
        period = _usage_period(each)
        yield replace(each, billed_before=tuple(billed.get(period, ()))) if period else each


def _usage_period(due: DueBoundary) -> UsagePeriod | None:
    ended = due.boundary.ended
    return None if ended is None else (due.subscription.id, ended.start)


def _progress(
    subscription: Subscription, plan: PlanVersion, prices: Collection[str], period: BillingPeriod, at: datetime
) -> DueBoundary:
    schedule = subscription.schedule
    whole = schedule.period(schedule.index_at(period.start))
    return DueBoundary(subscription, plan.in_between(prices), Boundary(at, period, whole, None, None))
