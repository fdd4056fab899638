"""Forecasts: what running periods will come to, with a range, for a subscription, a customer and the company."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.forecasting.daily_usage import DailyUsage
from gateway.core.forecasting.horizon import Horizon
from gateway.core.forecasting.projection import Counted, ForecastMethod, project
from gateway.core.forecasting.range import ForecastAmounts, ForecastRange
from gateway.core.invoicing.invoice import InvoiceLine, MeteredQuantity
from gateway.core.metering.meter import Meter
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import utc
from gateway.services.daily_usage import DaysQuery, daily_usage
from gateway.services.installation import Installation
from gateway.services.project import AsOf, Projector
from gateway.services.running_periods import RunningPeriod, count_running, find_running

ReadDays = Callable[[UnitOfWork, Sequence[DaysQuery]], Mapping[str, DailyUsage]]
"""Reads the days before the instants of periods, by phase."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a billing period will come to, as it looks at `at`: `lines` are what is expected, true-ups included.

    The meters in `unprojected` stay as they are. `amounts` has the total of the lines, and of what it would be had the
    rest of the period gone as at times in the past.
    """

    subscription_id: str
    customer: str
    period: BillingPeriod
    at: datetime
    method: ForecastMethod
    lines: tuple[InvoiceLine, ...]
    amounts: ForecastAmounts
    unprojected: frozenset[str]
    as_of: AsOf

    @property
    def range(self) -> ForecastRange:
        """The expected total, with the range that holds it in four of five cases."""
        return self.amounts.range


def forecasts(
    installation: Installation, projector: Projector, subscription_ids: Sequence[str], at: datetime | None = None
) -> dict[str, Forecast]:
    """The forecasts of the periods that contain `at` (default and latest: now), by subscription.

    Periods and instants are those of `running_costs`. Days after `at` are not looked at. Takes as many statements for
    many as for one, unless values have to be read from the log.
    """
    now = installation.business_clock.now()
    until = now if at is None else min(utc(at), now)
    as_of = projector.bring_up()
    return installation.storage.read(lambda unit: forecasts_of(unit, subscription_ids, until, now, as_of))


def forecasts_of(
    unit: UnitOfWork,
    subscription_ids: Sequence[str],
    until: datetime,
    now: datetime,
    as_of: AsOf,
    read_days: ReadDays = daily_usage,
) -> dict[str, Forecast]:
    """The same on one snapshot, with the days before as `read_days` has them."""
    running = find_running(unit, subscription_ids, until, now)
    meters = unit.definitions.meters()
    quantities = count_running(unit, running, meters, now)
    queries = [
        DaysQuery.of(each, meters, quantities.get(each.subscription.id, ()), _days_max(each))
        for each in running
        if not each.is_free and each.at < each.period.end
    ]
    daily = read_days(unit, queries)
    return {
        each.subscription.whole_id: _forecast(
            each, meters, quantities.get(each.subscription.id, ()), daily.get(each.subscription.id), as_of
        )
        for each in running
    }


def _days_max(running: RunningPeriod) -> int:
    zone = running.subscription.zone
    return Horizon.of(running.period, running.at, zone).history_days_max(running.period.days(zone))


def _forecast(
    running: RunningPeriod,
    meters: Mapping[str, Meter],
    quantities: Sequence[MeteredQuantity],
    daily: DailyUsage | None,
    as_of: AsOf,
) -> Forecast:
    priced = running.meters(meters)
    zone = running.subscription.zone
    projection = project(Counted(quantities, running.period, running.at, zone, priced, daily))
    rated = _Rated(running, priced)
    return Forecast(
        subscription_id=running.subscription.whole_id,
        customer=running.subscription.customer,
        period=running.period,
        at=running.at,
        method=ForecastMethod.CERTAIN if running.is_free else projection.method,
        lines=rated.lines(projection.expected),
        amounts=ForecastAmounts(
            rated.total(projection.expected),
            tuple((rated.total(low), rated.total(high)) for low, high in projection.outcomes),
        ),
        unprojected=projection.unprojected,
        as_of=as_of,
    )


class _Rated:
    """What quantities of a period cost; the same ones are rated once."""

    def __init__(self, running: RunningPeriod, meters: Mapping[str, Meter]) -> None:
        self._running = running
        self._meters = meters
        self._totals: dict[tuple[MeteredQuantity, ...], Money] = {}

    def lines(self, quantities: tuple[MeteredQuantity, ...]) -> tuple[InvoiceLine, ...]:
        return self._running.lines(self._running.plan, self._meters, quantities)

    def total(self, quantities: tuple[MeteredQuantity, ...]) -> Money:
        if quantities not in self._totals:
            amounts: Iterable[Money] = (line.amount for line in self.lines(quantities))
            self._totals[quantities] = sum(amounts, Money.zero(self._running.plan.currency))
        return self._totals[quantities]
