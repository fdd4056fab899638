"""Cases that give a plan and usage: what the invoice of a period has, and what changing a plan adds to it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from gateway.core.events import LoggedEvent, UsageEvent
from gateway.core.invoicing.credit_notes import total_of, unused_item
from gateway.core.invoicing.drafting import draft_lines, without_unused
from gateway.core.invoicing.fee_changes import FeeChange, change_lines
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, MeteredQuantity
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.invoicing.totals import stated_line
from gateway.core.metering.meter import Aggregation, Meter, MeterVersion
from gateway.core.metering.recount import CountingScope, recount
from gateway.core.periods.anchors import anniversary_schedule, calendar_schedule
from gateway.core.periods.period import BillingPeriod, BillingSchedule, Interval, IntervalUnit
from gateway.core.periods.proration import Proration, share_of, unused_share
from gateway.core.plans.plan import (
    Commitment,
    FlatFee,
    Graduated,
    Matrix,
    PerUnit,
    PlanVersion,
    Price,
    PriceModel,
    Tier,
    Timing,
    Volume,
)
from gateway.core.subscriptions.subscription import Boundary, Subscription, boundaries
from gateway.services.due_boundaries import bills_anything
from tests.corpus.adapters.invoices.reading import (
    ANY_PERIOD,
    START,
    Answer,
    Reading,
    TermsReading,
    credited,
    document,
    invoice_over,
    paid,
    rates,
)
from tests.corpus.adapters.invoices.stated import note_totals, noted
from tests.corpus.adapters.periods.reading import moment, period_of
from tests.corpus.given import Given, UnknownKind

UTC_ZONE = ZoneInfo("UTC")
CUSTOMER = "customer"
BASE_FEE, MINIMUM = "base_fee", "commitment"
_USAGE = re.compile(r"(?P<recurring>recurring )?usage in (?P<timing>advance|arrears) (?P<amount>[0-9.]+)/unit")
_AT_ONCE = "each event in advance"
_SCHEDULES = {"anniversary": anniversary_schedule, "calendar": calendar_schedule}


class Planned:
    """The plan of a case with the meters that it rates, and the taxes of its prices."""

    def __init__(self, given: Given, reading: Reading) -> None:
        self.prices: list[Price] = []
        self.minimums: list[Commitment] = []
        self.meters: dict[str, Meter] = {}
        self.taxes: dict[str, tuple[TaxRate, ...]] = {}
        self.thresholds: list[Decimal] = [Decimal(text) for text in given.take("usage_thresholds") or ()]
        self.billed_at_once: set[str] = set()
        self.billing_time = given.take("billing_time")
        self.interval = Interval(IntervalUnit(given.take("interval", "month")))
        self._add_base_fee(given)
        for ordinal, charge in enumerate(given.take("charges") or ()):
            self._add_charge(ordinal, charge)
        if (amount := given.take("minimum_commitment")) is not None:
            # What a plan as a whole commits to counts its base fee too.
            counted = tuple(price.key for price in self.prices)
            self.minimums.append(Commitment(MINIMUM, "Commitment true-up", Decimal(amount), counted))
        self.version = PlanVersion(
            plan="plan",
            version=1,
            name="Plan",
            currency=reading.currency,
            interval=self.interval,
            prices=tuple(self.prices),
            commitments=tuple(self.minimums),
        )

    def _add_base_fee(self, given: Given) -> None:
        amount, timing = given.take("base_fee"), Timing(given.take("base_fee_timing", "in_arrears"))
        self.taxes[BASE_FEE] = rates(given.take("base_fee_tax_percent"))
        if amount is not None:
            self.prices.append(Price(BASE_FEE, "Base fee", FlatFee(Decimal(amount)), timing=timing))

    def _add_charge(self, ordinal: int, charge: object) -> None:
        if isinstance(charge, str):
            self._add_usage(charge)
            return
        assert isinstance(charge, dict)
        given = Given(charge, f"charges[{ordinal}]")
        key = given.take("metric") or f"charge-{ordinal}"
        model = price_model(given)
        aggregation = Aggregation(given.take("aggregation", "sum"))
        self._add_meter(key, aggregation, (model.dimension,) if isinstance(model, Matrix) else ())
        if _is_at_once(given.take("timing")):
            self.billed_at_once.add(key)
        self.prices.append(Price(key, key, model, meter=key))
        self.taxes[key] = rates(given.take("tax_percent"))
        if (amount := given.take("minimum_amount")) is not None:
            minimum = f"{key}-minimum"
            self.minimums.append(Commitment(minimum, f"{key} true-up", Decimal(amount), (key,)))
            self.taxes[minimum] = self.taxes[key]
        given.require_all_read()

    def _add_usage(self, text: str) -> None:
        """A charge that is told in words: usage in arrears or at once, of a meter with that name."""
        found = _USAGE.fullmatch(text)
        if found is None:
            raise UnknownKind(f"The charge {text!r}")
        key = f"{'recurring_' if found['recurring'] else ''}{found['timing']}"
        if found["timing"] == "advance":
            self.billed_at_once.add(key)
        self._add_meter(key, Aggregation.SUM, ())
        self.prices.append(Price(key, text, PerUnit(Decimal(found["amount"])), meter=key))

    def _add_meter(self, key: str, aggregation: Aggregation, dimensions: tuple[str, ...]) -> None:
        value = None if aggregation is Aggregation.COUNT else "value"
        version = MeterVersion(key, 1, key, aggregation, "unit", value_property=value, dimensions=dimensions)
        self.meters[key] = Meter(key, key, (version,))

    def schedule(self, instant: datetime) -> BillingSchedule:
        """The periods of a subscription from an instant, by the calendar unless the case says by its anniversary."""
        return _SCHEDULES[self.billing_time or "calendar"](instant, self.interval, UTC_ZONE)

    def counted(
        self, subscription: Subscription, period: BillingPeriod, events: Iterable[LoggedEvent]
    ) -> list[MeteredQuantity]:
        """What the events of a period come to."""
        scope = CountingScope(subscription, period, tuple(self.meters.values()))
        counts = recount(events, [scope]).counts.items()
        return [MeteredQuantity(key.meter, key.version, key.dimensions, count.quantity) for key, count in counts]


def _is_at_once(timing: str | None) -> bool:
    if timing not in (None, _AT_ONCE, "in_arrears"):
        raise UnknownKind(f"The timing {timing!r}")
    return timing == _AT_ONCE


def price_model(given: Given) -> PriceModel:
    """The model of a charge; filters with amounts of their own make it one by dimension."""
    kind = given.take("model", "unit")
    match kind:
        case "unit":
            return _per_unit(given)
        case "graduated":
            return Graduated(_tiers(given))
        case "volume":
            return Volume(_tiers(given))
    raise UnknownKind(f"The price model {kind!r}")


def _per_unit(given: Given) -> PriceModel:
    amount, filters = given.decimal("unit_amount"), given.parts("filters")
    if not filters:
        assert amount is not None, "a unit has an amount"
        return PerUnit(amount)
    by_value: dict[str, Decimal] = {}
    dimension = ""
    for one in filters:
        unit_amount = one.number("unit_amount")
        [(dimension, value)] = one.items()
        by_value[value] = unit_amount
    return Matrix(dimension, by_value, amount)


def _tiers(given: Given) -> tuple[Tier, ...]:
    return tuple(
        Tier(tier.decimal("up_to"), tier.number("unit_amount"), tier.number("flat_amount"))
        for tier in given.parts("tiers")
    )


class Subscribed:
    """A subscription to the plan of a case, and by what parts of its periods are measured."""

    def __init__(self, given: Given, plan: Planned, starts_at: datetime, ends_at: datetime | None) -> None:
        # Who is billed by the calendar or an anniversary is billed for whole local days.
        granularity = given.take("granularity", "second" if plan.billing_time is None else "day")
        self.by = Proration(granularity)
        self.share_of = partial(share_of, by=self.by, zone=UTC_ZONE)
        self.subscription = Subscription(
            id="sub_1",
            key="customer/plan",
            customer=CUSTOMER,
            plan="plan",
            plan_version=1,
            interval=plan.interval,
            starts_at=starts_at,
            ends_at=ends_at,
            anchor=plan.schedule(starts_at).anchor,
            time_zone=UTC_ZONE.key,
        )

    def boundary_of(self, period: BillingPeriod) -> Boundary:
        """The boundary at which a period, or what the subscription has of it, is over."""
        ended = period.clip(self.subscription.starts_at, self.subscription.ends_at)
        assert ended is not None, "the subscription has a part of the period"
        return self.boundary_at(ended.end)

    def boundary_at(self, at: datetime) -> Boundary:
        """The boundary at an instant."""
        return next(each for each in boundaries(self.subscription, at) if each.at == at)


def drafted(given: Given, plan: Planned, reading: Reading) -> Answer:
    """The invoice of one boundary, with what is credited of a fee in advance if the subscription ends there."""
    period = period_of(given.part("period"), UTC_ZONE)
    starts, ends = given.take("subscription_start"), given.take("terminated_at")
    starts_at = period.start if period else START
    subscribed = Subscribed(
        given, plan, starts_at if starts is None else moment(starts, UTC_ZONE), ends and moment(ends, UTC_ZONE)
    )
    boundary = _boundary(given, plan, subscribed, period)
    lines = _lines(given, plan, subscribed, boundary)
    invoice = invoice_over(lines, reading, TermsReading(given, reading, plan.taxes).terms)
    found = {**document(invoice, reading), **paid(given, invoice, reading)}
    if ends is None or "credits_applied" in found or boundary.ended is None:
        return found
    return {**found, **_unused(plan, subscribed, boundary.ended, invoice, reading)}


def _boundary(given: Given, plan: Planned, subscribed: Subscribed, period: BillingPeriod | None) -> Boundary:
    billed_at = given.take("billed_at")
    if period is not None:
        return subscribed.boundary_of(period)
    subscription = subscribed.subscription
    if billed_at is not None:
        return subscribed.boundary_at(moment(billed_at, UTC_ZONE))
    later = subscription.schedule.first_boundary_after(subscription.starts_at)
    return next(each for each in boundaries(subscription, later) if bills_anything(plan.version, each))


def _lines(given: Given, plan: Planned, subscribed: Subscribed, boundary: Boundary) -> Sequence[InvoiceLine]:
    if given.has("usage") or given.has("seats"):
        quantities = _summed(given, plan)
        # A sum of usage names what there was: prices without any are not shown, and those that are billed at once
        # have invoices of their own.
        lines = draft_lines(plan.version, plan.meters, boundary, quantities, subscribed.share_of)
        return [line for line in without_unused(lines) if line.price not in plan.billed_at_once]
    found: list[MeteredQuantity] = []
    if boundary.ended is not None:
        events = logged(given, plan, boundary.ended.start)
        found = plan.counted(subscribed.subscription, boundary.ended, events)
    return draft_lines(plan.version, plan.meters, boundary, found, subscribed.share_of)


def _summed(given: Given, plan: Planned) -> list[MeteredQuantity]:
    quantities = [MeteredQuantity(name, 1, (), Decimal(value)) for name, value in given.part("usage").items()]
    seats = given.take("seats")
    return quantities if seats is None else [MeteredQuantity(name, 1, (), Decimal(seats)) for name in plan.meters]


def logged(given: Given, plan: Planned, default_at: datetime) -> list[LoggedEvent]:
    """The events of a case, in the order in which they are given; at the start of the period if they have no time."""
    metric = next(iter(plan.meters), "")
    return [_logged(position, event, metric, default_at) for position, event in enumerate(given.parts("events"), 1)]


def _logged(position: int, given: Given, metric: str, default_at: datetime) -> LoggedEvent:
    stated = given.take("timestamp") if given.has("timestamp") else given.take("date")
    occurred_at = default_at if stated is None else moment(stated, UTC_ZONE)
    kind = given.take("metric", metric)
    properties: dict[str, str] = dict(given.items())
    return LoggedEvent(
        position, occurred_at, UsageEvent("case", f"{position}", kind, CUSTOMER, occurred_at, None, properties)
    )


def _unused(
    plan: Planned, subscribed: Subscribed, period: BillingPeriod, invoice: Invoice, reading: Reading
) -> Mapping[str, object]:
    """What is given back of fees in advance where the subscription ends before their period, and pays the invoice."""
    subscription, whole = subscribed.subscription, subscribed.subscription.schedule.period_at(period.start)
    first = next(boundaries(replace(subscription, ends_at=None), period.start))
    fees = draft_lines(plan.version, plan.meters, first, (), subscribed.share_of)
    if not fees:
        return {}
    billed = invoice_over(fees, reading, replace(invoice.terms, discounts=()))
    unused = unused_share(whole, period.end, subscribed.by, UTC_ZONE)
    note = noted(billed, (), [unused_item(billed, index, unused) for index, _ in enumerate(fees)])
    credit = total_of(reading.currency, (line.gross for line in note))
    return {"credit_note": note_totals(note, reading), **credited(invoice, credit, reading)}


def changed(given: Given, reading: Reading) -> Answer:
    """The lines for a change of fees in advance, and with them the next fee where they come on its invoice."""
    period = period_of(given.part("period"), UTC_ZONE)
    assert period is not None, "a change is within a period"
    at = moment(given.take("change_at"), UTC_ZONE)
    unused = period.clip(at, None)
    assert unused is not None, "a change is before the period ends"
    share = unused_share(period, at, Proration(given.take("granularity", "second")), UTC_ZONE)
    if not given.has("new_plan"):
        lines = change_lines(_component_changes(given), unused, share, reading.currency)
        found = document(invoice_over(lines, reading), reading)
        return {**found, "lines": [reading.shown(line.amount) for line in lines]}
    if (when := given.take("prorations", "on next invoice")) != "on next invoice":
        raise UnknownKind(f"The prorations {when!r}")
    old, new = given.number("old_plan"), given.number("new_plan")
    lines = change_lines([FeeChange("plan", old, new)], unused, share, reading.currency)
    following = stated_line("plan", "Next period", new, reading.currency, ANY_PERIOD)
    return document(invoice_over([*lines, following], reading), reading)


def _component_changes(given: Given) -> list[FeeChange]:
    return [
        *(FeeChange("component", one.number("from"), one.number("to")) for one in given.parts("replaced")),
        *(FeeChange("component", old=Decimal(amount)) for amount in given.take("removed") or ()),
        *(FeeChange("component", new=Decimal(amount)) for amount in given.take("added") or ()),
    ]
