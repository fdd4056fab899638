"""What is due to be billed: boundaries whose grace period is over and that have no live invoice."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.core.invoicing.invoice import Invoice, InvoiceKey
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import billed_plan
from gateway.core.subscriptions.subscription import Boundary, Subscription, boundaries

ADVANCE = "advance"
"""The kind of an invoice with a boundary's fees in advance alone, made where its usage is held."""


@dataclass(frozen=True, slots=True)
class DueBoundary:
    """A boundary of a subscription to bill; nothing starts there if the fees in advance of it were billed before.

    `billed_before` are the invoices that billed usage of the period before it ended, in order.
    """

    subscription: Subscription
    plan: PlanVersion
    boundary: Boundary
    billed_before: tuple[Invoice, ...] = ()

    @property
    def due_at(self) -> datetime:
        """When it is billed: its grace period is over."""
        return self.boundary.at + self.plan.grace

    @property
    def order(self) -> tuple[datetime, str, str]:
        """In which order boundaries are billed."""
        return self.boundary.at, self.subscription.customer, self.subscription.id

    @property
    def key(self) -> InvoiceKey:
        """The key of the invoice to make."""
        return InvoiceKey(self.subscription.id, self.boundary.at)

    @property
    def advance_key(self) -> InvoiceKey:
        """The key of the invoice for fees in advance alone."""
        return replace(self.key, kind=ADVANCE)


def due_boundaries(unit: UnitOfWork, as_of: datetime) -> list[DueBoundary]:
    """What is due at `as_of`, in order of boundary, customer and subscription.

    What a review has made nothing of is not.
    """
    plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans()}
    subscriptions = unit.definitions.subscriptions()
    ids = [subscription.id for subscription in subscriptions]
    billed = unit.invoices.billed_boundaries(ids) | unit.reviews.written_off(ids)
    due: list[DueBoundary] = []
    for subscription in subscriptions:
        published = plans[subscription.plan, subscription.plan_version]
        plan = billed_plan(published, subscription.status)
        if plan is None:
            continue
        for boundary in boundaries(subscription, as_of - plan.grace):
            found = DueBoundary(subscription, plan, boundary)
            if found.key not in billed and bills_anything(plan, boundary):
                due.append(without_start(found) if found.advance_key in billed else found)
    return sorted(due, key=lambda each: each.order)


def bills_anything(plan: PlanVersion, boundary: Boundary) -> bool:
    """Whether an invoice at `boundary` can have a line."""
    has_early = any(price.is_fee_in_advance for price in plan.prices)
    has_late = bool(plan.commitments) or any(not price.is_fee_in_advance for price in plan.prices)
    bills_fees = boundary.started is not None or boundary.unused is not None
    return (has_early and bills_fees) or (has_late and boundary.ended is not None)


def without_start(due: DueBoundary) -> DueBoundary:
    """The part of a boundary that ends there: usage, fees in arrears, true-ups, and fees in advance that come back."""
    return replace(due, boundary=replace(due.boundary, started=None, started_whole=None))


def without_end(due: DueBoundary) -> DueBoundary:
    """The part of a boundary that starts there: fees in advance."""
    return replace(due, boundary=replace(due.boundary, ended=None, ended_whole=None, unused=None), billed_before=())
