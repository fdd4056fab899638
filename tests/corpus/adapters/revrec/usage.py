"""Usage that is earned as it is delivered, before and after it is billed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from gateway.core.metering.meter import Aggregation, MeterVersion
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.windows import Window, span_around
from gateway.core.plans.price_models import PerUnit
from gateway.core.rating.rate import rate
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.lines import RevenueLine
from gateway.core.revenue.schedules import AsDelivered, AtOnce
from gateway.core.time import local_midnight, read_instant
from tests.corpus.adapters.aggregation.metered import Question
from tests.corpus.adapters.aggregation.reading import TYPE, UTC_ZONE, event
from tests.corpus.adapters.revrec.telling import Telling, read_day
from tests.corpus.given import Given

_VALUE = "value"


def metered(given: Given) -> Mapping[str, object]:
    """A meter in one period, priced by the unit, and the invoices: the first for that period, the others after it."""
    telling = Telling(given)
    running = tuple(_running(given, telling))
    invoices = [(read_day(one.take("finalised")), _unpaid(one, telling)) for one in given.parts("invoices")]
    if not invoices:
        return telling.by_month([_document(0, None, running)])
    (billed_on, amount), *later = invoices
    documents = [_document(amount, billed_on, running), *(_document(owed, day, ()) for day, owed in later)]
    return telling.by_month(documents)


def calls(given: Given) -> Mapping[str, object]:
    """Calls of one month, not billed yet."""
    telling = Telling(given)
    march = date(2026, 3, 31)
    used = rate(PerUnit(given.number("price")), given.number("calls_in_march"))
    document = RevenueDocument((RevenueLine(telling.minor(used.amount), AtOnce(march)),), None, accrues=True)
    return telling.by_month([document])


def _document(amount: int, billed_on: date | None, running: tuple[tuple[date, int], ...]) -> RevenueDocument:
    return RevenueDocument((RevenueLine(amount, AsDelivered(running, billed_on)),), billed_on, accrues=True)


def _unpaid(invoice: Given, telling: Telling) -> int:
    invoice.take("paid")
    return telling.minor(invoice.take("amount"))


def _running(given: Given, telling: Telling) -> Iterator[tuple[date, int]]:
    """What the usage came to by the end of each day that had some."""
    price = PerUnit(given.number("unit_price"))
    aggregation, period = Aggregation(given.take("aggregation", "sum")), _period(given.part("period"))
    used = [(read_day(one.take("date")), one.number("quantity")) for one in given.parts("usage")]
    days, values = zip(*used, strict=True)
    for day, quantity in zip(days, running_quantities(days, values, aggregation, period), strict=True):
        yield day, telling.minor(rate(price, quantity).amount)


def running_quantities(
    days: Sequence[date],
    values: Sequence[Decimal],
    aggregation: Aggregation = Aggregation.SUM,
    period: BillingPeriod | None = None,
) -> Iterator[Decimal]:
    """What a meter says about values by the end of each of their days; the period holds them all if not given."""
    version = MeterVersion("meter", 1, TYPE, aggregation, "unit", _VALUE)
    instants = [local_midnight(day, UTC_ZONE) for day in days]
    events = [event(str(at), at, {_VALUE: value}) for at, value in zip(instants, values, strict=False)]
    whole = period or span_around(instants, Window.MONTH, UTC_ZONE)
    for count, _ in enumerate(events, start=1):
        yield Question(version, events[:count], whole, UTC_ZONE, None).whole(version).quantity


def _period(given: Given) -> BillingPeriod | None:
    if not given.has("from"):
        return None
    return BillingPeriod(read_instant(given.take("from")), read_instant(given.take("to_exclusive")))
