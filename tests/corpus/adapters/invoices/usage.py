"""Cases of usage that is billed at once, event by event, or again after some of it was billed before."""

from datetime import datetime
from decimal import Decimal

from gateway.core.events import LoggedEvent, UsageEvent
from gateway.core.invoicing.thresholds import amounts_per_event, unbilled
from gateway.core.metering.meter import Aggregation, Meter, MeterVersion
from gateway.core.metering.recount import CountingScope, recount
from gateway.core.money import Money
from gateway.core.periods.anchors import day_of_month_schedule
from gateway.core.periods.period import BillingPeriod, Interval, IntervalUnit
from gateway.core.plans.plan import Package, PriceModel
from gateway.core.rating.rate import rate
from gateway.core.subscriptions.subscription import Subscription, boundaries
from tests.corpus.adapters.invoices.planned import CUSTOMER, UTC_ZONE, Planned, logged
from tests.corpus.adapters.invoices.reading import START, Answer, Reading
from tests.corpus.adapters.periods.reading import moment, period_of
from tests.corpus.given import Given, UnknownKind

MONTHLY = Interval(IntervalUnit.MONTH)
METER = "used"
USED = Meter(METER, "Used", (MeterVersion(METER, 1, METER, Aggregation.SUM, "unit", value_property="value"),))


def billed_per_event(given: Given, plan: Planned, reading: Reading) -> Answer:
    """What each event adds, where every one is billed as it comes."""
    events = sorted(logged(given, plan, START), key=lambda each: each.event.occurred_at)
    [price] = plan.prices
    quantities = [Decimal(str(each.event.properties.get("value", 1))) for each in events]
    amounts = [reading.shown(each) for each in amounts_per_event(price.model, quantities, reading.currency)]
    return {"line_amounts": amounts, "line_amounts_sorted": sorted(amounts)}


def billed_late(given: Given, reading: Reading) -> Answer:
    """What is left to bill of each period, of which a part was invoiced before."""
    model = _model(given.part("price"))
    events = [_logged(position, event) for position, event in enumerate(given.parts("events"), 1)]
    billed = {_start(one): reading.money(one.take("amount")) for one in given.parts("already_invoiced")}
    occurred = [each.event.occurred_at for each in events]
    subscription = _subscription(min(occurred), int(given.take("billing_cycle_day")))
    last = subscription.schedule.first_boundary_after(max(occurred))
    ended = [boundary.ended for boundary in boundaries(subscription, last) if boundary.ended]
    nothing = Money.zero(reading.currency)
    return {
        "lines": [
            _line(
                period, _rated(subscription, period, model, events, reading), billed.get(period.start, nothing), reading
            )
            for period in ended
        ]
    }


def _start(given: Given) -> datetime:
    period = period_of(given, UTC_ZONE)
    assert period is not None, "what was invoiced has a period"
    return period.start


def _model(given: Given) -> PriceModel:
    if (kind := given.take("model")) != "block":
        raise UnknownKind(f"The price model {kind!r}")
    return Package(given.number("block_size"), given.number("block_amount"))


def _logged(position: int, given: Given) -> LoggedEvent:
    occurred_at = moment(given.take("date"), UTC_ZONE)
    used = {"value": given.take("value")}
    return LoggedEvent(
        position, occurred_at, UsageEvent("case", f"{position}", METER, CUSTOMER, occurred_at, None, used)
    )


def _subscription(starts_at: datetime, day: int) -> Subscription:
    schedule = day_of_month_schedule(day, starts_at, MONTHLY, UTC_ZONE)
    return Subscription(
        id="sub_1",
        key="customer/plan",
        customer=CUSTOMER,
        plan="plan",
        plan_version=1,
        interval=MONTHLY,
        starts_at=starts_at,
        ends_at=None,
        anchor=schedule.anchor,
        time_zone=UTC_ZONE.key,
    )


def _rated(
    subscription: Subscription, period: BillingPeriod, model: PriceModel, events: list[LoggedEvent], reading: Reading
) -> Money:
    """What all usage of a period comes to."""
    counts = recount(events, [CountingScope(subscription, period, (USED,))]).counts.values()
    quantity = next((count.quantity for count in counts), Decimal(0))
    return Money.rounded(rate(model, quantity).amount, reading.currency)


def _line(period: BillingPeriod, rated: Money, billed: Money, reading: Reading) -> dict[str, object]:
    return {
        "from": period.start.date(),
        "to_exclusive": period.end.date(),
        "rated": reading.shown(rated),
        "amount": reading.shown(unbilled(rated, billed)),
    }
