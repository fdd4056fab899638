"""Invoicing: how the counts of a boundary become the lines of a draft."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from gateway.core.invoicing.billed_usage import usage_by_line
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceLine, MeteredQuantity
from gateway.core.metering.meter import Dimensions, Meter
from gateway.core.money import Money
from gateway.core.numbers import exact, plain, price_places_max, round_half_up
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import Commitment, Matrix, PlanVersion, Price, Timing
from gateway.core.rating.pieces import rate_with_terms
from gateway.core.rating.rate import ENGINE_VERSION, RatingStep, prorated, rate
from gateway.core.rating.rated import Usage
from gateway.core.subscriptions.subscription import Boundary, Subscription
from gateway.core.time import instant_text

ShareOf = Callable[[BillingPeriod, BillingPeriod], Fraction]
"""How much of a whole period its part is, exactly."""


def draft_lines(
    plan: PlanVersion,
    meters: Mapping[str, Meter],
    boundary: Boundary,
    quantities: Sequence[MeteredQuantity],
    share_of: ShareOf = BillingPeriod.share_of,
) -> tuple[InvoiceLine, ...]:
    """The lines of the invoice at `boundary`: fees in advance of the period that starts, usage of the one that ended.

    What is left of fees in advance, where the period was cut in its middle, is given back on lines of their own.
    A metered price has a line even at quantity 0; one by dimension has a line per value that occurred. Quantities of
    several versions of a meter are added and rated once; for a unique count too, whose versions are definitions of
    their own and may count one value each. Raises `InvalidValue` where a price has no amount for a dimension value:
    leave out what is `unpriced`.
    """
    lines: list[InvoiceLine] = []
    for price in plan.prices:
        if price.meter is None:
            lines += _fee_lines(plan, price, boundary, share_of)
        elif boundary.ended is not None:
            share = share_of(boundary.ended, boundary.ended_whole or boundary.ended)
            due = replace(price, terms=price.terms.for_share(share, plan.currency))
            lines += _usage_lines(plan, due, meters[price.meter], boundary.ended, quantities)
    true_ups = [_true_up(plan, commitment, boundary, lines, share_of) for commitment in plan.commitments]
    return (*lines, *(line for line in true_ups if line is not None))


def usage_lines(
    plan: PlanVersion, meters: Mapping[str, Meter], period: BillingPeriod, quantities: Sequence[MeteredQuantity]
) -> tuple[InvoiceLine, ...]:
    """The lines of usage alone, as `draft_lines` has them at the end of `period`, less what minimums add."""
    metered = [(replace(price, terms=price.terms.before_the_end), meters[key]) for key, price in plan.metered.items()]
    return tuple(line for price, meter in metered for line in _usage_lines(plan, price, meter, period, quantities))


def without_unused(lines: Sequence[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """The lines less those of usage that there was none of and that costs nothing, for a shorter document."""
    return tuple(line for line in lines if line.meter is None or line.quantity or line.amount.amount_minor)


def unpriced(plan: PlanVersion, quantities: Sequence[MeteredQuantity]) -> tuple[MeteredQuantity, ...]:
    """The quantities whose dimension value has no amount in the price of their meter; they hold the invoice."""
    metered = plan.metered
    return tuple(item for item in quantities if item.meter in metered and _is_unpriced(metered[item.meter], item))


def _is_unpriced(price: Price, item: MeteredQuantity) -> bool:
    if not isinstance(price.model, Matrix):
        return False
    return price.model.unit_amount_for(dict(item.dimensions).get(price.model.dimension, "")) is None


def _fee_lines(plan: PlanVersion, price: Price, boundary: Boundary, share_of: ShareOf) -> list[InvoiceLine]:
    is_early = price.timing is Timing.IN_ADVANCE
    period = boundary.started if is_early else boundary.ended
    whole = boundary.started_whole if is_early else boundary.ended_whole
    lines = [_fee_line(plan, price, period, share_of(period, whole or period))] if period else []
    if is_early and boundary.unused and boundary.ended_whole:
        unused = boundary.unused
        lines.append(_given_back(_fee_line(plan, price, unused, share_of(unused, boundary.ended_whole))))
    return lines


@exact
def _given_back(fee: InvoiceLine) -> InvoiceLine:
    """The line that gives a fee back which was billed in advance."""
    steps = [
        replace(step, unit_amount=-step.unit_amount, flat_amount=-step.flat_amount, amount=-step.amount)
        for step in fee.steps
    ]
    return replace(
        fee,
        description=f"{fee.description}, unused",
        amount=-fee.amount,
        exact_amount=fee.exact_amount if fee.exact_amount == "0" else f"-{fee.exact_amount}",
        steps=tuple(steps),
    )


def _usage_lines(
    plan: PlanVersion, price: Price, meter: Meter, period: BillingPeriod, quantities: Sequence[MeteredQuantity]
) -> list[InvoiceLine]:
    by_line = usage_by_line(price, quantities)
    if not by_line and not price.is_by_dimension:
        version = meter.version_at(period.start) or meter.latest
        by_line[()] = (version.version, Usage(Decimal(0)))
    return [_usage_line(plan, price, period, dimensions, *by_line[dimensions]) for dimensions in sorted(by_line)]


def _usage_line(
    plan: PlanVersion,
    price: Price,
    period: BillingPeriod,
    dimensions: Dimensions,
    version: int,
    usage: Usage,
) -> InvoiceLine:
    rated = rate_with_terms(price.model, price.terms, usage, dimensions)
    values = ", ".join(value for _, value in dimensions)
    return InvoiceLine(
        price=price.key,
        description=f"{price.name} ({values})" if values else price.name,
        period=period,
        quantity=usage.quantity,
        amount=Money.rounded(rated.amount, plan.currency),
        exact_amount=plain(rated.amount),
        steps=rated.steps,
        timing=price.timing,
        dimensions=dimensions,
        meter=price.meter,
        meter_version=version,
    )


def _fee_line(plan: PlanVersion, price: Price, period: BillingPeriod, share: Fraction) -> InvoiceLine:
    rated = rate(price.model, Decimal(1))
    amount = prorated(rated.amount, share)
    note = "" if share == 1 else f", {share} of it for a part of the period"
    return InvoiceLine(
        price=price.key,
        description=price.name,
        period=period,
        quantity=Decimal(1),
        amount=Money.rounded(amount, plan.currency),
        exact_amount=_exact_text(amount),
        steps=tuple(replace(step, label=f"{step.label}{note}") for step in rated.steps),
        timing=price.timing,
    )


def _exact_text(amount: Fraction) -> str:
    """A decimal where there is one of at most 18 places, else a fraction such as 17000/31."""
    rounded = round_half_up(amount, price_places_max)
    return plain(rounded) if rounded == amount else str(amount)


def _true_up(
    plan: PlanVersion,
    commitment: Commitment,
    boundary: Boundary,
    lines: Sequence[InvoiceLine],
    share_of: ShareOf,
) -> InvoiceLine | None:
    """The line that lifts the rounded amounts of the counted prices to the commitment; None if they reach it.

    A period that is cut short has its share of the commitment, rounded once, like a fee.
    """
    period, whole = boundary.ended, boundary.ended_whole
    if period is None:
        return None
    share = share_of(period, whole or period)
    promised = Money.rounded(prorated(commitment.amount, share), plan.currency)
    counted = _counted(plan, commitment, period, share, lines)
    missing = promised - counted
    if missing.amount_minor <= 0:
        return None
    part = "" if share == 1 else f"{share} of the "
    label = f"{part}commitment, {promised}, less {counted}"
    step = RatingStep(label, Decimal(1), missing.amount, Decimal(0), missing.amount)
    return InvoiceLine(
        price=commitment.key,
        description=commitment.name,
        period=period,
        quantity=Decimal(1),
        amount=missing,
        exact_amount=plain(missing.amount),
        steps=(step,),
        timing=Timing.IN_ARREARS,
    )


def _counted(
    plan: PlanVersion,
    commitment: Commitment,
    period: BillingPeriod,
    share: Fraction,
    lines: Sequence[InvoiceLine],
) -> Money:
    """What the counted prices came to in `period`; a fee in advance of it was on the invoice before."""
    early = [price for price in plan.prices if price.is_fee_in_advance and price.key in commitment.counts]
    late = [line for line in lines if not line.is_fee_in_advance and line.price in commitment.counts]
    amounts = [line.amount for line in (*late, *(_fee_line(plan, price, period, share) for price in early))]
    return sum(amounts, Money.zero(plan.currency))


def draft_invoice(
    invoice_id: str,
    subscription: Subscription,
    plan: PlanVersion,
    boundary: Boundary,
    lines: tuple[InvoiceLine, ...],
    quantities: Sequence[MeteredQuantity],
    cut_off: int,
    billed: Sequence[InvoiceLine] = (),
) -> Invoice:
    """A draft of the invoice for `boundary`, dated on its local day, over `lines` that take off what was `billed`."""
    return Invoice(
        id=invoice_id,
        key=InvoiceKey(subscription.id, boundary.at),
        customer=subscription.customer,
        plan=plan.plan,
        plan_version=plan.version,
        currency=plan.currency,
        issued_on=boundary.at.astimezone(subscription.zone).date(),
        cut_off=cut_off,
        inputs_hash=inputs_hash(plan, boundary, quantities, billed),
        engine_version=ENGINE_VERSION,
        lines=lines,
    )


def _values(counted: MeteredQuantity) -> list[list[str]]:
    """The transactions that are rated one by one; nothing where there are none, as before there were any."""
    return [[plain(each.value) for each in counted.transactions]] if counted.transactions else []


def inputs_hash(
    plan: PlanVersion,
    boundary: Boundary,
    quantities: Sequence[MeteredQuantity],
    billed: Sequence[InvoiceLine] = (),
) -> str:
    """SHA-256 over what rating reads: plan version, periods, quantities and what was billed, in one canonical order."""
    periods = (boundary.ended, boundary.ended_whole, boundary.started, boundary.started_whole)
    spans = [[instant_text(span.start), instant_text(span.end)] if span else None for span in periods]
    if boundary.unused is not None:
        spans.append([instant_text(boundary.unused.start), instant_text(boundary.unused.end)])
    counted = sorted([q.meter, q.version, list(q.dimensions), plain(q.quantity), *_values(q)] for q in quantities)
    before = sorted([line.price, list(line.dimensions), line.amount.amount_minor] for line in billed)
    inputs = [plan.plan, plan.version, spans, counted, *([before] if before else [])]
    text = json.dumps(inputs, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
