"""Customers at risk, found over all subscriptions that run and all invoices that were not paid."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from gateway.core.customers_at_risk import Observed, Risk, RiskReason, bills_before, payment_risk, usage_risks
from gateway.core.errors import InvalidValue
from gateway.core.forecasting.daily_usage import DailyUsage, quantity_of
from gateway.core.invoicing.invoice import InvoiceLine, MeteredQuantity
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import local_date
from gateway.services.daily_usage import DaysQuery, daily_usage
from gateway.services.forecast import Forecast, forecasts_of
from gateway.services.installation import Installation
from gateway.services.project import AsOf, Projector

subscriptions_per_pass = 200
"""For how many subscriptions days are read at once, in as many statements as for one."""

_unit = 10**12
_DAY = timedelta(days=1)


def customers_at_risk(
    installation: Installation,
    projector: Projector,
    reason: RiskReason | None = None,
    subscriptions_max: int | None = None,
) -> list[Risk]:
    """Every reason to look after a customer, or those of one kind, by customer, reason and subject.

    Raises `InvalidValue` for more than `subscriptions_max` subscriptions; None takes any number.
    """
    found: list[Risk] = []
    if reason is not RiskReason.FAILED_PAYMENT:
        found += _usage_risks(installation, projector, subscriptions_max)
    if reason in (None, RiskReason.FAILED_PAYMENT):
        today = installation.business_clock.now().date()
        unpaid = installation.storage.read(lambda unit: unit.invoices.unpaid(today))
        found += [risk for each in unpaid if (risk := payment_risk(each, today))]
    shown = [each for each in found if reason in (None, each.reason)]
    return sorted(shown, key=lambda each: (each.customer, each.reason, each.subject))


def _usage_risks(installation: Installation, projector: Projector, subscriptions_max: int | None) -> Iterator[Risk]:
    histories = installation.storage.read(lambda unit: unit.definitions.histories_of())
    if subscriptions_max is not None and len(histories) > subscriptions_max:
        raise InvalidValue(
            f"{len(histories)} subscriptions are more than {subscriptions_max}; use `gateway reports at-risk`"
        )
    as_of = projector.bring_up()
    ids = [each.first.id for each in histories]
    for number in range(0, len(ids), subscriptions_per_pass):
        for each in _observed(installation, ids[number : number + subscriptions_per_pass], as_of):
            yield from usage_risks(each)


def _observed(installation: Installation, ids: Sequence[str], as_of: AsOf) -> list[Observed]:
    now = installation.business_clock.now()
    read: list[tuple[DaysQuery, DailyUsage]] = []

    def read_days(unit: UnitOfWork, queries: Sequence[DaysQuery]) -> Mapping[str, DailyUsage]:
        longer = [replace(each, days_max=max(each.days_max, _days_of_bills(each))) for each in queries]
        found = daily_usage(unit, longer)
        read.extend((each, found[name]) for each in longer if (name := each.running.subscription.id) in found)
        return found

    forecasts = installation.storage.read(lambda unit: forecasts_of(unit, ids, now, now, as_of, read_days))
    return [_observation(query, daily, forecasts[query.running.subscription.whole_id]) for query, daily in read]


def _days_of_bills(query: DaysQuery) -> int:
    days = query.running.period.days(query.running.subscription.zone)
    return days * (bills_before + 1)


def _observation(query: DaysQuery, daily: DailyUsage, forecast: Forecast) -> Observed:
    running = query.running
    return Observed(
        running.subscription.customer,
        running.subscription.whole_id,
        daily,
        list(_bills(query, daily)),
        _usage(forecast.lines, query),
    )


def _bills(query: DaysQuery, daily: DailyUsage) -> Iterator[Money]:
    """What the plan asks for the usage of spans as long as the period that lie before it, the latest first."""
    running = query.running
    zone = running.subscription.zone
    length = running.period.days(zone)
    start = (local_date(running.period.start, zone) - daily.first).days
    for number in range(bills_before):
        end = start - number * length
        if end - length < 0:
            return
        quantities = tuple(_quantities(query, daily, end - length, end))
        yield _usage(running.lines(running.plan, query.meters_of_plan, quantities), query)


def _quantities(query: DaysQuery, daily: DailyUsage, first: int, end: int) -> Iterator[MeteredQuantity]:
    for (meter, dimensions), days in daily.added.items():
        if total := sum(days[first:end]):
            quantity = quantity_of(total, is_whole=total % _unit == 0)
            yield MeteredQuantity(meter, query.meters[meter].latest.version, dimensions, quantity)
    for (meter, dimensions), met in daily.distinct.items():
        if values := frozenset().union(*met[first:end]):
            yield MeteredQuantity(meter, query.meters[meter].latest.version, dimensions, Decimal(len(values)))


def _usage(lines: Sequence[InvoiceLine], query: DaysQuery) -> Money:
    """What lines of usage come to whose days are known."""
    amounts = (line.amount for line in lines if line.meter in query.meters)
    return sum(amounts, Money.zero(query.running.plan.currency))
