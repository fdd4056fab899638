"""Invoices that would be: boundaries counted from the log, rated and charged; nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.errors import InvalidValue
from gateway.core.gate.checks import unpriced_holds
from gateway.core.gate.discrepancy import Discrepancy
from gateway.core.invoicing.invoice import Invoice, MeteredQuantity
from gateway.core.metering.meter import Meter
from gateway.core.metering.recount import Count, CountKey
from gateway.core.money import Money
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Subscription, boundaries
from gateway.core.time import instant_text
from gateway.services.count_periods import counting_scope, quantities_of
from gateway.services.draft_invoices import rated
from gateway.services.due_boundaries import DueBoundary, bills_anything
from gateway.services.read_log import LogSpan
from gateway.services.recount_log import recount_log
from gateway.services.simulated_terms import SimulatedTerms

boundaries_max = 1_000
SIMULATED = "simulated"
"""The id of every simulated document."""

PeriodKey = tuple[str, datetime | None]
"""A subscription's id, and when the period began that ends at a boundary."""


@dataclass(frozen=True, slots=True)
class SimulatedInvoice:
    """An invoice as it would be, what paid credit pays of it, and usage without a price or beyond a safety bound.

    It has all usage of its period: where the plan bills that earlier, it `includes_progressive` invoices.
    """

    invoice: Invoice
    paid: Money
    left_out: tuple[Discrepancy, ...] = ()
    includes_progressive: bool = False

    @property
    def due(self) -> Money:
        """What credit leaves to be paid."""
        return self.invoice.payable - self.paid


def require_span(starts_at: datetime, ends_at: datetime) -> None:
    """Raise `InvalidValue` for a time that ends before it starts."""
    if ends_at <= starts_at:
        raise InvalidValue(f"A simulation must end after it starts at {instant_text(starts_at)}")


def simulated_boundaries(subscription: Subscription, plan: PlanVersion, until: datetime) -> list[DueBoundary]:
    """The boundaries that bill anything. Raises `InvalidValue` for more than `boundaries_max`."""
    found: list[DueBoundary] = []
    for boundary in boundaries(subscription, until):
        if len(found) == boundaries_max:
            raise InvalidValue(f"More than {boundaries_max} invoices; simulate a shorter time")
        if bills_anything(plan, boundary):
            found.append(DueBoundary(subscription, plan, boundary))
    return found


def period_of(due: DueBoundary) -> PeriodKey:
    """The period that ends at a boundary."""
    ended = due.boundary.ended
    return due.subscription.id, None if ended is None else ended.start


def count_from_log(
    unit: UnitOfWork, due: Sequence[DueBoundary], meters: Mapping[str, Meter], up_to: int
) -> dict[PeriodKey, tuple[MeteredQuantity, ...]]:
    """The quantities of every period that ends at one of the boundaries, from one pass over the log to a position."""
    scopes = [scope for each in due if (scope := counting_scope(each, meters))]
    if not scopes:
        return {}
    starts, ends = zip(*((scope.counts_from, scope.period.end) for scope in scopes), strict=True)
    span = LogSpan(0, up_to, min(starts), max(ends))
    counts: dict[PeriodKey, dict[CountKey, Count]] = {}
    for key, count in recount_log(unit, span, scopes).counts.items():
        counts.setdefault((key.subscription_id, key.period_start), {})[key] = count
    return {period: quantities_of(found) for period, found in counts.items()}


def simulated_invoice(
    due: DueBoundary, quantities: tuple[MeteredQuantity, ...], meters: Mapping[str, Meter], terms: SimulatedTerms
) -> SimulatedInvoice:
    """The invoice at a boundary, for the quantities of the period that ends there."""
    used = quantities if due.boundary.ended is not None else ()
    drafted, faults = rated(due, used, meters, SIMULATED, 0, terms.terms_of(due))
    charged = terms.charge(due, drafted)
    left_out = (*unpriced_holds(due.plan, used), *faults)
    is_early = due.boundary.ended is not None and due.plan.bills_usage_early
    return SimulatedInvoice(charged.invoice, charged.paid, left_out, is_early)
