"""Running costs: what a billing period costs so far, and what it will come to if it goes on like this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.core.invoicing.drafting import draft_lines, unpriced
from gateway.core.invoicing.forecast import projected, unprojected
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, MeteredQuantity
from gateway.core.metering.meter import Meter
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.proration import sharing
from gateway.core.plans.plan import PlanVersion, Timing
from gateway.core.ports.invoices import UsagePeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import billed_plan
from gateway.core.subscriptions.subscription import IDLE, TRIALS, Boundary, Subscription, SubscriptionStatus
from gateway.core.time import EPOCH, utc
from gateway.services.count_spans import SpanQuery, bucket_length, count_spans
from gateway.services.installation import Installation
from gateway.services.period_counts import PeriodQuery, count_live_periods
from gateway.services.project import AsOf, Projector
from gateway.services.span_counts import quantities_of_each

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Trial:
    """The phase of a subscription without fees; it `bills_usage` or nothing at all."""

    ends_at: datetime | None
    bills_usage: bool

    @classmethod
    def of(cls, phase: Subscription) -> "Trial | None":
        """The trial that a phase is, if it is one."""
        if phase.status not in TRIALS:
            return None
        return cls(phase.ends_at, phase.status is SubscriptionStatus.USAGE_TRIAL)


@dataclass(frozen=True, slots=True)
class RunningCost:
    """What a subscription's billing period costs by its usage before `at`.

    `so_far` has the usage and the fee in advance of the period itself; `projected` has what the whole period will cost
    if usage goes on as it went so far, with fees in arrears and true-ups; the meters in `unprojected` stay as they are.
    In a `trial` that bills nothing there are no lines. `billed` is what progressive invoices have billed of its
    usage.
    """

    subscription_id: str
    customer: str
    period: BillingPeriod
    at: datetime
    so_far: tuple[InvoiceLine, ...]
    total: Money
    projected: tuple[InvoiceLine, ...]
    projected_total: Money
    unprojected: frozenset[str]
    trial: Trial | None
    billed: Money
    as_of: AsOf

    @property
    def unbilled(self) -> Money:
        """The usage so far less what was billed of it, which may be more where `at` is earlier."""
        usage = (line.amount for line in self.so_far if line.meter is not None)
        return sum(usage, Money.zero(self.total.currency)) - self.billed


def running_costs(
    installation: Installation, projector: Projector, subscription_ids: Sequence[str], at: datetime | None = None
) -> dict[str, RunningCost]:
    """The running costs of the periods that contain `at` (default and latest: now), by subscription.

    An earlier `at` is taken back to the full hour (quarter in zones that need it), but the last microsecond of a period
    stands for all of it. For a subscription that has ended by then it is the last period; one that has not begun is
    missing. Takes as many statements for many as for one.
    """
    now = installation.business_clock.now()
    until = now if at is None else min(utc(at), now)
    as_of = projector.bring_up()
    return installation.storage.read(lambda unit: _costs(unit, subscription_ids, until, now, as_of))


@dataclass(frozen=True, slots=True)
class _Running:
    """A subscription in the period to look at, and the instant up to which."""

    subscription: Subscription
    plan: PlanVersion
    period: BillingPeriod
    at: datetime
    is_free: bool = False

    @property
    def key(self) -> UsagePeriod:
        return self.subscription.id, self.period.start

    @property
    def meters(self) -> list[str]:
        return sorted(self.plan.metered)

    @property
    def whole(self) -> BillingPeriod:
        schedule = self.subscription.schedule
        return schedule.period(schedule.index_at(self.period.start))


def _costs(
    unit: UnitOfWork, subscription_ids: Sequence[str], until: datetime, now: datetime, as_of: AsOf
) -> dict[str, RunningCost]:
    histories = unit.definitions.subscription_histories(subscription_ids)
    phases = [history.phase_at(until) for history in histories.values()]
    plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans()}
    meters = unit.definitions.meters()
    running = [each for phase in phases if (each := _running(phase, plans, until, now))]
    whole = [each for each in running if not each.is_free and each.at in (now, each.period.end)]
    part = [each for each in running if not each.is_free and each.at not in (now, each.period.end)]
    quantities = {**_whole_periods(unit, whole, meters), **_parts(unit, part, meters)}
    billed = unit.invoices.progressive([each.key for each in running])
    return {
        each.subscription.whole_id: _cost(
            each, meters, quantities.get(each.subscription.id, ()), billed.get(each.key, ()), as_of
        )
        for each in running
    }


def _running(
    subscription: Subscription, plans: Mapping[tuple[str, int], PlanVersion], until: datetime, now: datetime
) -> _Running | None:
    """The period that `until` lies in, or the last one; None for what is idle or has not begun."""
    if subscription.status in IDLE:
        return None
    published = plans[subscription.plan, subscription.plan_version]
    billed = billed_plan(published, subscription.status)
    running = _in_period(subscription, billed or published, until, now)
    return replace(running, is_free=billed is None) if running else None


def _in_period(subscription: Subscription, plan: PlanVersion, until: datetime, now: datetime) -> _Running | None:
    ends_at = subscription.ends_at
    has_ended = ends_at is not None and ends_at <= until
    period = subscription.period_at(ends_at - _INSTANT if ends_at is not None and has_ended else until)
    if period is None:
        return None
    if has_ended:
        return _Running(subscription, plan, period, period.end)
    return _Running(subscription, plan, period, until if until == now else _full_hour(subscription, period, until))


def _full_hour(subscription: Subscription, period: BillingPeriod, instant: datetime) -> datetime:
    if instant + _INSTANT == period.end:
        return period.end
    length = bucket_length(subscription)
    return max(period.start, EPOCH + (instant - EPOCH) // length * length)


def _whole_periods(
    unit: UnitOfWork, running: Sequence[_Running], meters: Mapping[str, Meter]
) -> dict[str, tuple[MeteredQuantity, ...]]:
    """All that was counted in the periods, from their own buckets."""
    queries = [
        PeriodQuery(each.subscription, {key: meters[key] for key in each.meters}, span, each.plan.rated_by_transaction)
        for each in running
        if (span := each.period.clip(each.period.start, each.at))
    ]
    return quantities_of_each(count_live_periods(unit, queries), _by_transaction(running))


def _parts(
    unit: UnitOfWork, running: Sequence[_Running], meters: Mapping[str, Meter]
) -> dict[str, tuple[MeteredQuantity, ...]]:
    """What was counted from the start of each period until its instant, from buckets of hours."""
    queries = [
        SpanQuery(
            each.subscription,
            {key: meters[key] for key in each.meters},
            (span,),
            each.whole,
            each.plan.rated_by_transaction,
        )
        for each in running
        if (span := each.period.clip(each.period.start, each.at))
    ]
    return quantities_of_each(count_spans(unit, queries), _by_transaction(running))


def _by_transaction(running: Sequence[_Running]) -> dict[str, frozenset[str]]:
    return {each.subscription.id: each.plan.rated_by_transaction for each in running}


def _cost(
    running: _Running,
    meters: Mapping[str, Meter],
    quantities: Sequence[MeteredQuantity],
    billed: Sequence[Invoice],
    as_of: AsOf,
) -> RunningCost:
    at_end = projected(quantities, running.period, running.at, meters)
    so_far = [line for line in _lines(running.plan.before_the_end, running, meters, quantities) if _is_due(line)]
    later = _lines(running.plan, running, meters, at_end)
    nothing = Money.zero(running.plan.currency)
    return RunningCost(
        subscription_id=running.subscription.whole_id,
        customer=running.subscription.customer,
        period=running.period,
        at=running.at,
        so_far=tuple(so_far),
        total=sum((line.amount for line in so_far), nothing),
        projected=later,
        projected_total=sum((line.amount for line in later), nothing),
        unprojected=unprojected(quantities, running.period, running.at),
        trial=Trial.of(running.subscription),
        billed=sum((invoice.subtotal for invoice in billed), nothing),
        as_of=as_of,
    )


def _is_due(line: InvoiceLine) -> bool:
    """Whether a line is usage or a fee in advance; a fee in arrears is not owed before the end."""
    return line.meter is not None or line.timing is Timing.IN_ADVANCE


def _lines(
    plan: PlanVersion, running: _Running, meters: Mapping[str, Meter], quantities: Sequence[MeteredQuantity]
) -> tuple[InvoiceLine, ...]:
    """The lines of the period, its own fees in advance included, less what has no price; none where all is free."""
    if running.is_free:
        return ()
    schedule = running.subscription.schedule
    whole = schedule.period(schedule.index_at(running.period.start))
    boundary = Boundary(running.period.end, running.period, whole, running.period, whole)
    left_out = set(unpriced(plan, quantities))
    priced = [item for item in quantities if item not in left_out]
    return draft_lines(plan, meters, boundary, priced, sharing(plan.proration, running.subscription.zone))
