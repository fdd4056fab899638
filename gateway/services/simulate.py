"""Simulate: the invoices that a plan would have made. Nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gateway.core.definitions.reading import read_definitions
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Dimensions, Meter
from gateway.core.numbers import plain
from gateway.core.periods.anchors import calendar_schedule
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.rating.rated import Transaction, Usage
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import EPOCH, read_zone
from gateway.services.installation import Installation
from gateway.services.simulated_invoices import (
    SIMULATED,
    SimulatedInvoice,
    count_from_log,
    period_of,
    require_span,
    simulated_boundaries,
    simulated_invoice,
)
from gateway.services.simulated_terms import SimulatedTerms


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
        require_span(self.starts_at, self.ends_at)
        if self.customer is not None and self.quantities:
            raise InvalidValue("A simulation counts a customer's events or takes quantities; leave one of them out")
        for item in self.quantities:
            _require_ratable(self.plan, item)


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that is not published, and meters that may not be applied."""

    plan: PlanVersion
    meters: tuple[Meter, ...]


def given_quantity(
    meter: str, dimensions: Dimensions, quantity: Decimal | None, transactions: Sequence[Decimal] = ()
) -> MeteredQuantity:
    """A quantity to rate in every period, or single transactions, in their order, that sum to it.

    Raises `InvalidValue` unless it is the one or the other.
    """
    if (quantity is None) == (not transactions):
        raise InvalidValue(f"Give a quantity of the meter {meter!r}, or single transactions of it")
    if quantity is not None:
        return MeteredQuantity(meter, 1, dimensions, quantity)
    single = tuple(Transaction(EPOCH, place, value) for place, value in enumerate(transactions, start=1))
    return MeteredQuantity(meter, 1, dimensions, Usage.of_values(transactions).quantity, single)


def simulate(installation: Installation, simulation: Simulation) -> tuple[SimulatedInvoice, ...]:
    """The invoices in order of their boundary, with what was recorded until now.

    They take the place of all that the customer was billed since `starts_at`: coupons and credit are as they were then,
    and go from invoice to invoice (see `SimulatedTerms`). Without a customer there are only the taxes of the plan.
    Events that name a subscription belong to that one and are left out. Raises `NotFound` for an unknown customer, and
    `InvalidValue` for more than `boundaries_max` invoices.
    """
    with installation.storage.snapshot() as unit:
        meters = {**unit.definitions.meters(), **{meter.key: meter for meter in simulation.meters}}
        due = simulated_boundaries(_hypothetical(simulation), simulation.plan, simulation.ends_at)
        if simulation.customer is None:
            counted = {period_of(each): simulation.quantities for each in due}
        else:
            _require_customer(unit, simulation.customer)
            counted = count_from_log(unit, due, meters, unit.log.head())
        customers = [] if simulation.customer is None else [simulation.customer]
        terms = SimulatedTerms(unit, installation, customers, [simulation.plan.plan], simulation.starts_at)
    return tuple(simulated_invoice(each, counted.get(period_of(each), ()), meters, terms) for each in due)


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


def _require_ratable(plan: PlanVersion, item: MeteredQuantity) -> None:
    if item.meter not in plan.metered:
        raise InvalidValue(f"Plan {plan.plan!r} has no price for the meter {item.meter!r}; leave it out")
    if item.quantity and not item.transactions and item.meter in plan.rated_by_transaction:
        rated = f"Price {plan.metered[item.meter].key!r} rates each transaction of the meter {item.meter!r} by itself"
        raise InvalidValue(f"{rated}; give their values one by one instead of {plain(item.quantity)} in all")


def _require_customer(unit: UnitOfWork, key: str) -> None:
    if key not in unit.definitions.customers_by_key([key]):
        raise NotFound(f"There is no customer {key!r}")


def _hypothetical(simulation: Simulation) -> Subscription:
    plan, zone = simulation.plan, read_zone(simulation.time_zone)
    return Subscription(
        id=SIMULATED,
        key=f"{SIMULATED}/{plan.plan}",
        customer=simulation.customer or SIMULATED,
        plan=plan.plan,
        plan_version=plan.version,
        interval=plan.interval,
        starts_at=simulation.starts_at,
        ends_at=simulation.ends_at,
        anchor=calendar_schedule(simulation.starts_at, plan.interval, zone).anchor,
        time_zone=simulation.time_zone,
    )
