"""Invoices: their lines, their states, and how a boundary's counts become a draft."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from gateway.core.errors import IllegalTransition
from gateway.core.meters import Dimensions, Meter
from gateway.core.money import Money
from gateway.core.numbers import EXACT, plain
from gateway.core.periods import BillingPeriod
from gateway.core.plans import Commitment, FlatFee, PlanVersion, Price, Timing
from gateway.core.rating import ENGINE_VERSION, Rated, RatingStep, prorated, rate
from gateway.core.subscriptions import Boundary, Subscription
from gateway.core.time import instant_text


class InvoiceStatus(StrEnum):
    """Where a document is in its life; payment is separate."""

    DRAFT = "draft"
    HELD = "held"
    APPROVED = "approved"
    FINALIZED = "finalized"
    VOID = "void"


class PaymentStatus(StrEnum):
    """What the provider says about the money."""

    UNPAID = "unpaid"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"


_FOLLOWING = {
    InvoiceStatus.DRAFT: {InvoiceStatus.HELD, InvoiceStatus.APPROVED, InvoiceStatus.VOID},
    InvoiceStatus.HELD: {InvoiceStatus.APPROVED, InvoiceStatus.VOID},
    InvoiceStatus.APPROVED: {InvoiceStatus.FINALIZED, InvoiceStatus.VOID},
    InvoiceStatus.FINALIZED: {InvoiceStatus.VOID},
    InvoiceStatus.VOID: set(),
}


@dataclass(frozen=True, slots=True)
class InvoiceKey:
    """What an invoice bills; at most one live invoice has each key."""

    subscription_id: str
    boundary_at: datetime
    kind: str = "period"
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One price over one service period. `exact_amount` is what was rated, before the one rounding to `amount`."""

    price: str
    description: str
    period: BillingPeriod
    quantity: Decimal
    amount: Money
    exact_amount: str
    steps: tuple[RatingStep, ...]
    timing: Timing
    dimensions: Dimensions = ()
    meter: str | None = None
    meter_version: int | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """A bill for one boundary of a subscription; its content never changes once finalized.

    `cut_off` is the log position up to which events were counted; `inputs_hash` covers all that rating read.
    """

    id: str
    key: InvoiceKey
    customer: str
    plan: str
    plan_version: int
    currency: str
    issued_on: date
    cut_off: int
    inputs_hash: str
    engine_version: int
    lines: tuple[InvoiceLine, ...]
    status: InvoiceStatus = InvoiceStatus.DRAFT
    payment_status: PaymentStatus = PaymentStatus.UNPAID
    number: str | None = None
    finalized_at: datetime | None = None

    @property
    def total(self) -> Money:
        """The sum of the rounded lines."""
        return sum((line.amount for line in self.lines), Money.zero(self.currency))

    def moved_to(self, status: InvoiceStatus) -> "Invoice":
        """This invoice in `status`. Raises `IllegalTransition` if that cannot follow the present one."""
        if status not in _FOLLOWING[self.status]:
            raise IllegalTransition(f"Invoice {self.id} is {self.status} and cannot become {status}")
        return replace(self, status=status)

    def finalized(self, number: str, at: datetime) -> "Invoice":
        """This invoice, approved before, with its legal number."""
        return replace(self.moved_to(InvoiceStatus.FINALIZED), number=number, finalized_at=at)


@dataclass(frozen=True, slots=True)
class MeteredQuantity:
    """A counted quantity to rate: a meter's version, dimension values and how much."""

    meter: str
    version: int
    dimensions: Dimensions
    quantity: Decimal


def draft_lines(
    plan: PlanVersion, meters: Mapping[str, Meter], boundary: Boundary, quantities: Sequence[MeteredQuantity]
) -> tuple[InvoiceLine, ...]:
    """The lines of the invoice at `boundary`: fees in advance of the period that starts, usage of the one that ended.

    A metered price has a line even at quantity 0; one by dimension has a line per value that occurred. Raises
    `InvalidValue` where a price has no amount for a dimension value.
    """
    lines: list[InvoiceLine] = []
    for price in plan.prices:
        lines += _price_lines(plan, price, meters, boundary, quantities)
    if boundary.ended:
        lines += [
            line for commitment in plan.commitments if (line := _true_up(plan, commitment, boundary.ended, lines))
        ]
    return tuple(lines)


def _price_lines(
    plan: PlanVersion,
    price: Price,
    meters: Mapping[str, Meter],
    boundary: Boundary,
    quantities: Sequence[MeteredQuantity],
) -> list[InvoiceLine]:
    if price.meter is None:
        line = _fee_line(plan, price, boundary)
        return [line] if line else []
    if boundary.ended is None:
        return []
    counted = [quantity for quantity in quantities if quantity.meter == price.meter]
    by_line: dict[tuple[Dimensions, int], Decimal] = {}
    for item in counted:
        shown = item.dimensions if price.is_by_dimension else ()
        key = (shown, item.version)
        by_line[key] = EXACT.add(by_line.get(key, Decimal(0)), item.quantity)
    if not by_line and not price.is_by_dimension:
        version = meters[price.meter].version_at(boundary.ended.start) or meters[price.meter].latest
        by_line[(), version.version] = Decimal(0)
    return [
        _usage_line(plan, price, boundary.ended, dimensions, version, quantity)
        for (dimensions, version), quantity in sorted(by_line.items())
    ]


def _usage_line(
    plan: PlanVersion,
    price: Price,
    period: BillingPeriod,
    dimensions: Dimensions,
    version: int,
    quantity: Decimal,
) -> InvoiceLine:
    rated = rate(price.model, quantity, dimensions)
    values = ", ".join(value for _, value in dimensions)
    description = f"{price.name} ({values})" if values else price.name
    return _line(plan, price, description, period, quantity, rated, rated.amount, dimensions, version)


def _fee_line(plan: PlanVersion, price: Price, boundary: Boundary) -> InvoiceLine | None:
    period = boundary.started if price.timing is Timing.IN_ADVANCE else boundary.ended
    if period is None or not isinstance(price.model, FlatFee):
        return None
    rated = rate(price.model, Decimal(1))
    whole = boundary.started_whole if price.timing is Timing.IN_ADVANCE else boundary.ended_whole
    amount = prorated(rated.amount, period.share_of(whole or period))
    return _line(plan, price, price.name, period, Decimal(1), rated, amount)


def _line(
    plan: PlanVersion,
    price: Price,
    description: str,
    period: BillingPeriod,
    quantity: Decimal,
    rated: Rated,
    amount: Decimal | Fraction,
    dimensions: Dimensions = (),
    meter_version: int | None = None,
) -> InvoiceLine:
    return InvoiceLine(
        price=price.key,
        description=description,
        period=period,
        quantity=quantity,
        amount=Money.rounded(amount, plan.currency),
        exact_amount=plain(amount) if isinstance(amount, Decimal) else str(amount),
        steps=rated.steps,
        timing=price.timing,
        dimensions=dimensions,
        meter=price.meter,
        meter_version=meter_version,
    )


def _true_up(
    plan: PlanVersion, commitment: Commitment, period: BillingPeriod, lines: Sequence[InvoiceLine]
) -> InvoiceLine | None:
    """The line that lifts the rounded amounts of the counted prices to the commitment; None if they reach it."""
    counted = sum(
        (line.amount for line in lines if line.price in commitment.counts and line.period == period),
        Money.zero(plan.currency),
    )
    missing = EXACT.subtract(commitment.amount, counted.amount)
    if missing <= 0:
        return None
    step = RatingStep(
        f"commitment of {plain(commitment.amount)} less {counted}", Decimal(1), missing, Decimal(0), missing
    )
    return InvoiceLine(
        price=commitment.key,
        description=commitment.name,
        period=period,
        quantity=Decimal(1),
        amount=Money.rounded(missing, plan.currency),
        exact_amount=plain(missing),
        steps=(step,),
        timing=Timing.IN_ARREARS,
    )


def draft_invoice(
    invoice_id: str,
    subscription: Subscription,
    plan: PlanVersion,
    boundary: Boundary,
    lines: tuple[InvoiceLine, ...],
    quantities: Sequence[MeteredQuantity],
    cut_off: int,
) -> Invoice:
    """A draft of the invoice for `boundary`, dated on its local day."""
    return Invoice(
        id=invoice_id,
        key=InvoiceKey(subscription.id, boundary.at),
        customer=subscription.customer,
        plan=plan.plan,
        plan_version=plan.version,
        currency=plan.currency,
        issued_on=boundary.at.astimezone(subscription.zone).date(),
        cut_off=cut_off,
        inputs_hash=inputs_hash(plan, boundary, quantities),
        engine_version=ENGINE_VERSION,
        lines=lines,
    )


def inputs_hash(plan: PlanVersion, boundary: Boundary, quantities: Sequence[MeteredQuantity]) -> str:
    """SHA-256 over what rating reads: plan version, periods and quantities, in one canonical order."""
    periods = (boundary.ended, boundary.ended_whole, boundary.started, boundary.started_whole)
    spans = [[instant_text(span.start), instant_text(span.end)] if span else None for span in periods]
    counted = sorted([q.meter, q.version, list(q.dimensions), plain(q.quantity)] for q in quantities)
    text = json.dumps([plan.plan, plan.version, spans, counted], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
