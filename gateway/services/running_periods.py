"""Running periods: which one a subscription is in, what it counted so far, and the lines that come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core.invoicing.drafting import draft_lines, unpriced
from gateway.core.invoicing.invoice import InvoiceLine, MeteredQuantity
from gateway.core.metering.meter import Meter
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.proration import sharing
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.invoices import UsagePeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory, billed_plan
from gateway.core.subscriptions.subscription import IDLE, Boundary, Subscription
from gateway.core.time import EPOCH
from gateway.services.count_spans import SpanQuery, bucket_length, count_spans
from gateway.services.period_counts import PeriodQuery, count_live_periods
from gateway.services.span_counts import quantities_of_each

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class RunningPeriod:
    """A subscription in the period to look at, and the instant up to which; without lines where it `is_free`."""

    history: SubscriptionHistory
    subscription: Subscription
    plan: PlanVersion
    period: BillingPeriod
    at: datetime
    is_free: bool = False

    @property
    def key(self) -> UsagePeriod:
        """The period as invoices name it."""
        return self.subscription.id, self.period.start

    @property
    def whole(self) -> BillingPeriod:
        """The schedule's own period, of which this one may be a part."""
        schedule = self.subscription.schedule
        return schedule.period(schedule.index_at(self.period.start))

    def meters(self, meters: Mapping[str, Meter]) -> dict[str, Meter]:
        """Those of the meters that the plan prices."""
        return {key: meters[key] for key in sorted(self.plan.metered)}

    def lines(
        self, plan: PlanVersion, meters: Mapping[str, Meter], quantities: Sequence[MeteredQuantity]
    ) -> tuple[InvoiceLine, ...]:
        """The lines of the period, its own fees in advance included, less what has no price; none where all is free."""
        if self.is_free:
            return ()
        boundary = Boundary(self.period.end, self.period, self.whole, self.period, self.whole)
        left_out = set(unpriced(plan, quantities))
        priced = [item for item in quantities if item not in left_out]
        return draft_lines(plan, meters, boundary, priced, sharing(plan.proration, self.subscription.zone))


def find_running(
    unit: UnitOfWork, subscription_ids: Sequence[str], until: datetime, now: datetime
) -> list[RunningPeriod]:
    """The periods that `until` lies in, or the last ones; without what is idle or has not begun.

    An instant before `now` is taken back to the full hour (quarter in zones that need it), but the last microsecond of
    a period stands for all of it.
    """
    histories = unit.definitions.subscription_histories(subscription_ids)
    plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans()}
    found = (_running(history, plans, until, now) for history in histories.values())
    return [each for each in found if each]


def count_running(
    unit: UnitOfWork, running: Sequence[RunningPeriod], meters: Mapping[str, Meter], now: datetime
) -> dict[str, tuple[MeteredQuantity, ...]]:
    """What was counted in each until its instant, by the id of the phase; as many statements for many as for one."""
    whole = [each for each in running if not each.is_free and each.at in (now, each.period.end)]
    part = [each for each in running if not each.is_free and each.at not in (now, each.period.end)]
    return {**_whole_periods(unit, whole, meters), **_parts(unit, part, meters)}


def _running(
    history: SubscriptionHistory, plans: Mapping[tuple[str, int], PlanVersion], until: datetime, now: datetime
) -> RunningPeriod | None:
    subscription = history.phase_at(until)
    if subscription.status in IDLE:
        return None
    published = plans[subscription.plan, subscription.plan_version]
    billed = billed_plan(published, subscription.status)
    period, at = _period_at(subscription, until, now)
    if period is None:
        return None
    return RunningPeriod(history, subscription, billed or published, period, at, is_free=billed is None)


def _period_at(subscription: Subscription, until: datetime, now: datetime) -> tuple[BillingPeriod | None, datetime]:
    """The period, and the instant up to which it is looked at."""
    ends_at = subscription.ends_at
    if ends_at is not None and ends_at <= until:
        return subscription.period_at(ends_at - _INSTANT), ends_at
    period = subscription.period_at(until)
    return period, until if period is None or until == now else _full_hour(subscription, period, until)


def _full_hour(subscription: Subscription, period: BillingPeriod, instant: datetime) -> datetime:
    if instant + _INSTANT == period.end:
        return period.end
    length = bucket_length(subscription)
    return max(period.start, EPOCH + (instant - EPOCH) // length * length)


def _whole_periods(
    unit: UnitOfWork, running: Sequence[RunningPeriod], meters: Mapping[str, Meter]
) -> dict[str, tuple[MeteredQuantity, ...]]:
    """All that was counted in the periods, from their own buckets."""
    queries = [
        PeriodQuery(each.subscription, each.meters(meters), span, each.plan.rated_by_transaction)
        for each in running
        if (span := each.period.clip(each.period.start, each.at))
    ]
    return quantities_of_each(count_live_periods(unit, queries), _by_transaction(running))


def _parts(
    unit: UnitOfWork, running: Sequence[RunningPeriod], meters: Mapping[str, Meter]
) -> dict[str, tuple[MeteredQuantity, ...]]:
    """What was counted from the start of each period until its instant, from buckets of hours."""
    queries = [
        SpanQuery(
            each.subscription,
            each.meters(meters),
            (span,),
            each.whole,
            each.plan.rated_by_transaction,
        )
        for each in running
        if (span := each.period.clip(each.period.start, each.at))
    ]
    return quantities_of_each(count_spans(unit, queries), _by_transaction(running))


def _by_transaction(running: Sequence[RunningPeriod]) -> dict[str, frozenset[str]]:
    return {each.subscription.id: each.plan.rated_by_transaction for each in running}
