"""Back-test: what the subscribers of a plan would have paid by another version of it. Nothing is stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from gateway.core.errors import InvalidValue
from gateway.core.metering.meter import Meter
from gateway.core.money import Money
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory, billed_plan
from gateway.core.subscriptions.subscription import Subscription
from gateway.services.bill import OnProgress
from gateway.services.installation import Installation
from gateway.services.simulated_invoices import (
    count_from_log,
    period_of,
    require_span,
    simulated_boundaries,
    simulated_invoice,
)
from gateway.services.simulated_terms import SimulatedTerms

customers_per_pass = 1_000
"""For how many customers the log is read at once; what they used in the time is in memory."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """A version to try on the subscribers of its plan over `[starts_at, ends_at)`.

    `meters` are definitions that are not applied yet. More than `subscribers_max` subscribers are refused; None takes
    any number.
    """

    plan: PlanVersion
    starts_at: datetime
    ends_at: datetime
    meters: tuple[Meter, ...] = ()
    subscribers_max: int | None = None

    def __post_init__(self) -> None:
        require_span(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a subscriber would have paid in all, by the version subscribed to and by another one."""

    subscription: SubscriptionHistory
    before: Money
    after: Money

    @property
    def difference(self) -> Money:
        """What the other version would have cost more; negative where it costs less."""
        return self.after - self.before


def backtest(
    installation: Installation, asked: Backtest, on_progress: OnProgress | None = None
) -> tuple[Comparison, ...]:
    """What each subscriber of the plan would have paid by another version of it, beside what by their own.

    Both are simulated from the same events, over the part of the time in which a subscription was active, with
    discounts, promotional credit and taxes as `simulate` has them. In order of customer and subscription. Raises
    `InvalidValue` if the version is in another currency, or for more subscribers than may be.
    """
    with installation.storage.snapshot() as unit:
        subscribers = _subscribers(unit, asked)
        up_to = unit.log.head()
        versions = {each.version: each for each in unit.definitions.plans() if each.plan == asked.plan.plan}
    for each in subscribers:
        for phase in _compared(each, asked):
            _require_one_currency(versions[phase.plan_version], asked.plan)
    compared: list[Comparison] = []
    for some in _by_customers(subscribers):
        # A snapshot for each pass: a long one would keep the database from tidying up behind the writer.
        with installation.storage.snapshot() as unit:
            compared += _Pass(installation, unit, asked, versions, up_to).compare(some)
        if on_progress is not None:
            on_progress(len(compared), len(subscribers))
    return tuple(compared)


def _subscribers(unit: UnitOfWork, asked: Backtest) -> list[SubscriptionHistory]:
    """The subscriptions that were on the plan in the time, by customer and key."""
    found = [each for each in unit.definitions.histories_of() if _compared(each, asked)]
    if asked.subscribers_max is not None and len(found) > asked.subscribers_max:
        raise InvalidValue(
            f"Plan {asked.plan.plan!r} has {len(found)} subscribers; more than {asked.subscribers_max} are compared"
            " by `gateway backtest`"
        )
    return sorted(found, key=lambda each: (each.first.customer, each.first.key))


def _compared(history: SubscriptionHistory, asked: Backtest) -> list[Subscription]:
    """The phases on the plan, clipped to the time."""
    return [
        _clipped(phase, asked.starts_at, asked.ends_at)
        for phase in history.billed
        if phase.plan == asked.plan.plan and phase.overlaps(asked.starts_at, asked.ends_at)
    ]


def _clipped(phase: Subscription, starts_at: datetime, ends_at: datetime) -> Subscription:
    last = ends_at if phase.ends_at is None else min(ends_at, phase.ends_at)
    return replace(phase, starts_at=max(starts_at, phase.starts_at), ends_at=last, begun_at=phase.carries_from)


def _require_one_currency(present: PlanVersion, other: PlanVersion) -> None:
    if present.currency != other.currency:
        raise InvalidValue(
            f"Version {present.version} of plan {present.plan!r} is in {present.currency}, the other in"
            f" {other.currency}; amounts of two currencies cannot be compared"
        )


def _by_customers(subscribers: Sequence[SubscriptionHistory]) -> Iterator[list[SubscriptionHistory]]:
    """Subscriptions of up to `customers_per_pass` customers at a time, all of a customer together."""
    customers = iter(dict.fromkeys(each.first.customer for each in subscribers))
    while some := set(islice(customers, customers_per_pass)):
        yield [each for each in subscribers if each.first.customer in some]


@dataclass(frozen=True, slots=True)
class _Pass:
    """A part of the subscribers on one snapshot."""

    installation: Installation
    unit: UnitOfWork
    asked: Backtest
    versions: Mapping[int, PlanVersion]
    up_to: int

    def compare(self, subscribers: Sequence[SubscriptionHistory]) -> list[Comparison]:
        """Each by its own version and by the other."""
        meters, other = self.unit.definitions.meters(), self.asked.plan
        phases = [phase for each in subscribers for phase in _compared(each, self.asked)]
        present = [(phase, self.versions[phase.plan_version]) for phase in phases]
        moved = [(replace(phase, interval=other.interval), other) for phase in phases]
        before = self._totals(present, meters)
        after = self._totals(moved, {**meters, **{meter.key: meter for meter in self.asked.meters}})
        return [Comparison(each, before[each.first.id], after[each.first.id]) for each in subscribers]

    def _totals(
        self, subscribed: Sequence[tuple[Subscription, PlanVersion]], meters: Mapping[str, Meter]
    ) -> dict[str, Money]:
        """What each subscription comes to over the boundaries of its phases, by its id."""
        due = [
            each
            for phase, plan in subscribed
            if (billed := billed_plan(plan, phase.status))
            for each in simulated_boundaries(phase, billed, self.asked.ends_at)
        ]
        counted = count_from_log(self.unit, due, meters, self.up_to)
        terms = self._terms(sorted({phase.customer for phase, _ in subscribed}))
        totals = {phase.whole_id: Money.zero(plan.currency) for phase, plan in subscribed}
        for each in sorted(due, key=lambda each: each.order):
            made = simulated_invoice(each, counted.get(period_of(each), ()), meters, terms)
            totals[each.subscription.whole_id] += made.invoice.total
        return totals

    def _terms(self, customers: Sequence[str]) -> SimulatedTerms:
        return SimulatedTerms(self.unit, self.installation, customers, [self.asked.plan.plan], self.asked.starts_at)
