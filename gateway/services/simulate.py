"""Simulate: the invoices that a plan would have made. Nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.core.definitions.reading import read_definitions
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.invoicing.invoice import Invoice, MeteredQuantity
from gateway.core.metering.meter import Meter
from gateway.core.metering.recount import Count, CountKey, recount
from gateway.core.money import Money
from gateway.core.periods.anchors import calendar_schedule
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.reconciliation import Discrepancy, unpriced_holds
from gateway.core.subscriptions.subscription import Subscription, boundaries
from gateway.core.time import instant_text, read_zone
from gateway.services.count_periods import counting_scope, quantities_of
from gateway.services.draft_invoices import rated
from gateway.services.due_boundaries import DueBoundary, bills_anything
from gateway.services.installation import Installation
from gateway.services.read_log import LogSpan, logged_events
from gateway.services.simulated_terms import SimulatedTerms

boundaries_max = 1_000
_id = "simulated"


@dataclass(frozen=True, slots=True)
class Simulation:
    """A plan over `[starts_at, ends_at)`, for the events of `customer`, or else `quantities` in every period.

    `meters` are definitions that are not applied yet; the plan may rate them beside those that are.
    """

    plan: PlanVersion
    starts_at: datetime
    ends_at: datetime
    customer: str | None = None
    quantities: tuple[MeteredQuantity, ...] = ()
    time_zone: str = "UTC"
    meters: tuple[Meter, ...] = ()

    def __post_init__(self) -> None:
        _require_span(self.starts_at, self.ends_at)
        if self.customer is not None and self.quantities:
            raise InvalidValue("A simulation counts a customer's events or takes quantities; leave one of them out")
        for item in self.quantities:
            if item.meter not in self.plan.metered:
                raise InvalidValue(f"Plan {self.plan.plan!r} has no price for the meter {item.meter!r}; leave it out")


@dataclass(frozen=True, slots=True)
class SimulatedInvoice:
    """An invoice as it would be, what paid credit pays of it, and usage without a price or beyond a safety bound."""

    invoice: Invoice
    paid: Money
    left_out: tuple[Discrepancy, ...] = ()

    @property
    def due(self) -> Money:
        """What credit leaves to be paid."""
        return self.invoice.total - self.paid


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that is not published, and meters that may not be applied."""

    plan: PlanVersion
    meters: tuple[Meter, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a subscriber would have paid in all, by the version subscribed to and by another one."""

    subscription: Subscription
    before: Money
    after: Money

    @property
    def difference(self) -> Money:
        """What the other version would have cost more; negative where it costs less."""
        return self.after - self.before


def simulate(installation: Installation, simulation: Simulation) -> tuple[SimulatedInvoice, ...]:
    """The invoices in order of their boundary, with what was recorded until now.

    They take the place of all that the customer was billed since `starts_at`: coupons and credit are as they were then,
    and go from invoice to invoice (see `SimulatedTerms`). Without a customer there are only the taxes of the plan.
    Events that name a subscription belong to that one and are left out. Raises `NotFound` for an unknown customer, and
    `InvalidValue` for more than `boundaries_max` invoices.
    """
    with installation.storage.snapshot() as unit:
        meters = {**unit.definitions.meters(), **{meter.key: meter for meter in simulation.meters}}
        due = _boundaries(_hypothetical(simulation), simulation.plan, simulation.ends_at)
        if simulation.customer is None:
            counted = {_period(each): simulation.quantities for each in due}
        else:
            _require_customer(unit, simulation.customer)
            counted = _counted(unit, due, meters)
        customers = [] if simulation.customer is None else [simulation.customer]
        terms = SimulatedTerms(unit, installation, customers, [simulation.plan.plan], simulation.starts_at)
    return tuple(_invoice(each, counted.get(_period(each), ()), meters, terms) for each in due)


def draft_plan(installation: Installation, document: Mapping[str, object], key: str) -> Draft:
    """A plan of a definitions document that need not be applied, with the meters that the document defines.

    Raises `InvalidDefinition` with every fault of the document, and `NotFound` if it has no such plan.
    """
    known, published = installation.storage.read(lambda unit: (unit.definitions.meters(), unit.definitions.plans()))
    defined = read_definitions(document, known.values(), published)
    found = next((plan for plan in defined.plans if plan.plan == key), None)
    if found is None:
        raise NotFound(f"The document has no plan {key!r}; it has {', '.join(plan.plan for plan in defined.plans)}")
    return Draft(found, defined.meters)


def backtest(
    installation: Installation,
    plan: PlanVersion,
    starts_at: datetime,
    ends_at: datetime,
    drafted_meters: Sequence[Meter] = (),
) -> tuple[Comparison, ...]:
    """What each subscriber of the plan would have paid by another version of it, beside what by their own.

    Both are simulated from the same events, over the part of `[starts_at, ends_at)` in which a subscription was active,
    with discounts, promotional credit and taxes as `simulate` has them.
    In order of customer and subscription. Raises `InvalidValue` if the version is in another currency.
    """
    _require_span(starts_at, ends_at)
    with installation.storage.snapshot() as unit:
        meters, plans = unit.definitions.meters(), unit.definitions.plans()
        drafted = {**meters, **{meter.key: meter for meter in drafted_meters}}
        subscribers = [
            _clipped(each, starts_at, ends_at)
            for each in unit.definitions.subscriptions()
            if each.plan == plan.plan and each.overlaps(starts_at, ends_at)
        ]
        versions = {each.version: each for each in plans if each.plan == plan.plan}
        pairs = [(each, versions[each.plan_version]) for each in subscribers]
        for _, present in pairs:
            _require_one_currency(present, plan)
        customers = sorted({each.customer for each in subscribers})

        def terms() -> SimulatedTerms:
            return SimulatedTerms(unit, installation, customers, [plan.plan], starts_at)

        before = _totals(unit, pairs, meters, ends_at, terms())
        moved = [(replace(each, interval=plan.interval), plan) for each in subscribers]
        after = _totals(unit, moved, drafted, ends_at, terms())
    ordered = sorted(subscribers, key=lambda each: (each.customer, each.key))
    return tuple(Comparison(each, before[each.id], after[each.id]) for each in ordered)


def _require_span(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise InvalidValue(f"A simulation must end after it starts at {instant_text(starts_at)}")


def _require_one_currency(present: PlanVersion, other: PlanVersion) -> None:
    if present.currency != other.currency:
        raise InvalidValue(
            f"Version {present.version} of plan {present.plan!r} is in {present.currency}, the other in"
            f" {other.currency}; amounts of two currencies cannot be compared"
        )


def _require_customer(unit: UnitOfWork, key: str) -> None:
    if key not in unit.definitions.customers_by_key([key]):
        raise NotFound(f"There is no customer {key!r}")


def _hypothetical(simulation: Simulation) -> Subscription:
    plan, zone = simulation.plan, read_zone(simulation.time_zone)
    return Subscription(
        id=_id,
        key=f"{_id}/{plan.plan}",
        customer=simulation.customer or _id,
        plan=plan.plan,
        plan_version=plan.version,
        interval=plan.interval,
        starts_at=simulation.starts_at,
        ends_at=simulation.ends_at,
        anchor=calendar_schedule(simulation.starts_at, plan.interval, zone).anchor,
        time_zone=simulation.time_zone,
    )


def _clipped(subscription: Subscription, starts_at: datetime, ends_at: datetime) -> Subscription:
    last = ends_at if subscription.ends_at is None else min(ends_at, subscription.ends_at)
    return replace(subscription, starts_at=max(starts_at, subscription.starts_at), ends_at=last)


def _boundaries(subscription: Subscription, plan: PlanVersion, until: datetime) -> list[DueBoundary]:
    found: list[DueBoundary] = []
    for boundary in boundaries(subscription, until):
        if len(found) == boundaries_max:
            raise InvalidValue(f"More than {boundaries_max} invoices; simulate a shorter time")
        if bills_anything(plan, boundary):
            found.append(DueBoundary(subscription, plan, boundary))
    return found


PeriodKey = tuple[str, datetime | None]
"""A subscription's id, and when the period began that ends at a boundary."""


def _period(due: DueBoundary) -> PeriodKey:
    ended = due.boundary.ended
    return due.subscription.id, None if ended is None else ended.start


def _counted(
    unit: UnitOfWork, due: Sequence[DueBoundary], meters: Mapping[str, Meter]
) -> dict[PeriodKey, tuple[MeteredQuantity, ...]]:
    """The quantities of every period that ends at one of the boundaries, from one pass over the log."""
    scopes = [scope for each in due if (scope := counting_scope(each, meters))]
    if not scopes:
        return {}
    starts, ends = zip(*((scope.period.start, scope.period.end) for scope in scopes), strict=True)
    span = LogSpan(0, unit.log.head(), min(starts), max(ends))
    events = logged_events(unit, span, {scope.subscription.customer for scope in scopes})
    counts: dict[PeriodKey, dict[CountKey, Count]] = {}
    for key, count in recount(events, scopes).counts.items():
        counts.setdefault((key.subscription_id, key.period_start), {})[key] = count
    return {period: quantities_of(found) for period, found in counts.items()}


def _invoice(
    due: DueBoundary, quantities: tuple[MeteredQuantity, ...], meters: Mapping[str, Meter], terms: SimulatedTerms
) -> SimulatedInvoice:
    used = quantities if due.boundary.ended is not None else ()
    drafted, faults = rated(due, used, meters, _id, 0, terms.terms_of(due))
    charged = terms.charge(due, drafted)
    return SimulatedInvoice(charged.invoice, charged.paid, (*unpriced_holds(due.plan, used), *faults))


def _totals(
    unit: UnitOfWork,
    subscribed: Sequence[tuple[Subscription, PlanVersion]],
    meters: Mapping[str, Meter],
    until: datetime,
    terms: SimulatedTerms,
) -> dict[str, Money]:
    """What each subscription comes to over its boundaries, by its id."""
    due = [each for subscription, plan in subscribed for each in _boundaries(subscription, plan, until)]
    counted = _counted(unit, due, meters)
    totals = {subscription.id: Money.zero(plan.currency) for subscription, plan in subscribed}
    for each in sorted(due, key=lambda each: each.order):
        totals[each.subscription.id] += _invoice(each, counted.get(_period(each), ()), meters, terms).invoice.total
    return totals
