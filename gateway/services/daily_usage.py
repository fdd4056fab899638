"""Daily usage: what subscriptions used on the whole days before an instant, from the live counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from gateway.core.forecasting.daily_usage import DailyUsage, SeriesKey, units_of
from gateway.core.forecasting.projection import has_daily_history, meets_values
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Meter
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import local_date, local_midnight
from gateway.services.count_spans import Counts, SpanQuery, count_spans
from gateway.services.running_periods import RunningPeriod

values_max = 10_000
"""The days of a unique count that met more values in its period are not read: it goes in a straight line."""

_DAY = timedelta(days=1)

Plans = Mapping[tuple[str, int], PlanVersion]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The days to read of a subscription's phases, which all price the meters."""

    phases: tuple[Subscription, ...]
    meters: Mapping[str, Meter]
    first: date
    days: tuple[BillingPeriod, ...]

    def queries(self) -> Iterator[SpanQuery]:
        """One for each phase: a day in which one phase follows another is asked of both."""
        for phase in self.phases:
            days = tuple(day for day in self.days if phase.overlaps(day.start, day.end))
            if days:
                yield SpanQuery(phase, self.meters, days)


@dataclass(frozen=True, slots=True)
class DaysQuery:
    """Which days to read before a period's instant: the last `days_max`, of meters whose days say what they count."""

    running: RunningPeriod
    meters: Mapping[str, Meter]
    meters_of_plan: Mapping[str, Meter]
    days_max: int

    @classmethod
    def of(
        cls,
        running: RunningPeriod,
        meters: Mapping[str, Meter],
        quantities: Sequence[MeteredQuantity],
        days_max: int,
    ) -> "DaysQuery":
        """With those of the meters that have a history of days, and have not met more than `values_max` values."""
        by_transaction = running.plan.rated_by_transaction
        many = {item.meter for item in quantities if meets_values(meters[item.meter]) and item.quantity > values_max}
        known = {
            key: each
            for key, each in running.meters(meters).items()
            if key not in many and has_daily_history(each, by_transaction=key in by_transaction)
        }
        return cls(running, known, running.meters(meters), days_max)


def daily_usage(unit: UnitOfWork, queries: Sequence[DaysQuery]) -> dict[str, DailyUsage]:
    """What each asks for, by phase; missing where no meter has a history of days, or there is no day before.

    Takes as many statements for many subscriptions as for one.
    """
    plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans()}
    asked = {each.running.subscription.id: _asked(each, plans) for each in queries if each.meters}
    counts = count_spans(unit, [query for each in asked.values() for query in each.queries()])
    by_phase: dict[str, Counts] = {}
    for span, count in counts.items():
        by_phase.setdefault(span.series.subscription_id, {})[span] = count
    return {name: _daily(each, by_phase) for name, each in asked.items() if each.days}


def _asked(query: DaysQuery, plans: Plans) -> _Asked:
    running = query.running
    zone = running.subscription.zone
    phases = tuple(_alike(query, plans))
    today = local_date(running.at, zone)
    first = max(today - query.days_max * _DAY, _first_whole_day(phases[0], zone))
    days = [first + number * _DAY for number in range((today - first).days)]
    spans = tuple(BillingPeriod(local_midnight(day, zone), local_midnight(day + _DAY, zone)) for day in days)
    return _Asked(phases, query.meters, first, spans)


def _alike(query: DaysQuery, plans: Plans) -> list[Subscription]:
    """The phases up to the present one that follow each other without a gap and price the meters, in order."""
    found = [query.running.subscription]
    for phase in reversed(query.running.history.billed):
        is_priced = query.meters.keys() <= plans[phase.plan, phase.plan_version].metered.keys()
        if phase.ends_at == found[0].starts_at and is_priced:
            found.insert(0, phase)
    return found


def _first_whole_day(phase: Subscription, zone: ZoneInfo) -> date:
    day = local_date(phase.starts_at, zone)
    return day if local_midnight(day, zone) == phase.starts_at else day + _DAY


def _daily(asked: _Asked, by_phase: Mapping[str, Counts]) -> DailyUsage:
    day_of = {day.start: number for number, day in enumerate(asked.days)}
    added: dict[SeriesKey, list[int]] = {}
    distinct: dict[SeriesKey, list[set[str]]] = {}
    for name, meter in asked.meters.items():
        if meets_values(meter):
            distinct[name, ()] = [set() for _ in asked.days]
        else:
            added[name, ()] = [0] * len(asked.days)
    for phase in asked.phases:
        for key, count in by_phase.get(phase.id, {}).items():
            series, day = (key.series.meter, key.series.dimensions), day_of[key.starts_at]
            if meets_values(asked.meters[key.series.meter]):
                distinct.setdefault(series, [set() for _ in asked.days])[day] |= count.values
            else:
                added.setdefault(series, [0] * len(asked.days))[day] += units_of(count.quantity)
    return DailyUsage(
        asked.first,
        len(asked.days),
        added,
        {key: [frozenset(values) for values in days] for key, days in distinct.items()},
    )
