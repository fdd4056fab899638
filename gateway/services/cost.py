"""Running costs: what a billing period costs so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.invoicing.invoice import Invoice, InvoiceLine, MeteredQuantity
from gateway.core.metering.meter import Meter
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import Timing
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import TRIALS, Subscription, SubscriptionStatus
from gateway.core.time import utc
from gateway.services.installation import Installation
from gateway.services.project import AsOf, Projector
from gateway.services.running_periods import RunningPeriod, count_running, find_running


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

    `so_far` has the usage and the fee in advance of the period itself. In a `trial` that bills nothing there are no
    lines. `billed` is what progressive invoices have billed of its usage. `forecasts` say what it will come to.
    """

    subscription_id: str
    customer: str
    period: BillingPeriod
    at: datetime
    so_far: tuple[InvoiceLine, ...]
    total: Money
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


def _costs(
    unit: UnitOfWork, subscription_ids: Sequence[str], until: datetime, now: datetime, as_of: AsOf
) -> dict[str, RunningCost]:
    running = find_running(unit, subscription_ids, until, now)
    meters = unit.definitions.meters()
    quantities = count_running(unit, running, meters, now)
    billed = unit.invoices.progressive([each.key for each in running])
    return {
        each.subscription.whole_id: _cost(
            each, meters, quantities.get(each.subscription.id, ()), billed.get(each.key, ()), as_of
        )
        for each in running
    }


def _cost(
    running: RunningPeriod,
    meters: Mapping[str, Meter],
    quantities: Sequence[MeteredQuantity],
    billed: Sequence[Invoice],
    as_of: AsOf,
) -> RunningCost:
    so_far = [line for line in running.lines(running.plan.before_the_end, meters, quantities) if _is_due(line)]
    nothing = Money.zero(running.plan.currency)
    return RunningCost(
        subscription_id=running.subscription.whole_id,
        customer=running.subscription.customer,
        period=running.period,
        at=running.at,
        so_far=tuple(so_far),
        total=sum((line.amount for line in so_far), nothing),
        trial=Trial.of(running.subscription),
        billed=sum((invoice.subtotal for invoice in billed), nothing),
        as_of=as_of,
    )


def _is_due(line: InvoiceLine) -> bool:
    """Whether a line is usage or a fee in advance; a fee in arrears is not owed before the end."""
    return line.meter is not None or line.timing is Timing.IN_ADVANCE
