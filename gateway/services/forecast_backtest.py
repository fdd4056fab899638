"""Back-test of forecasts: what they would have said of periods that are over, beside what came."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from gateway.core.errors import InvalidValue
from gateway.core.forecasting.accuracy import Judged
from gateway.core.forecasting.daily_usage import DailyUsage
from gateway.core.periods.period import BillingPeriod
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import boundaries
from gateway.core.time import MICROSECOND, instant_text, local_date, local_midnight, utc
from gateway.services.bill import OnProgress
from gateway.services.daily_usage import DaysQuery, daily_usage
from gateway.services.forecast import Forecast, ReadDays, forecasts_of
from gateway.services.installation import Installation
from gateway.services.project import AsOf, Projector

subscriptions_per_pass = 200
"""For how many subscriptions all days are in memory at once."""

_all_days = 100_000


@dataclass(frozen=True, slots=True)
class ForecastBacktest:
    """Periods of `customers` (None: of all) within `[starts_at, ends_at)`, forecast when `days` of them had passed."""

    starts_at: datetime
    ends_at: datetime
    days: tuple[int, ...]
    customers: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if utc(self.ends_at) <= utc(self.starts_at):
            raise InvalidValue(f"A back-test must end after it starts at {instant_text(self.starts_at)}")
        if not self.days or min(self.days) < 1:
            raise InvalidValue("A back-test forecasts when at least one day of a period has passed; name days from 1")


@dataclass(frozen=True, slots=True)
class PastForecast:
    """A forecast of a period that began on a local day and is over, made when `day` days had passed."""

    begun_on: date
    day: int
    forecast: Forecast
    judged: Judged


@dataclass(frozen=True, slots=True)
class _Past:
    subscription_id: str
    period: BillingPeriod
    begun_on: date
    day: int
    at: datetime

    @property
    def last(self) -> datetime:
        """The instant that stands for all of the period."""
        return self.period.end - MICROSECOND


def backtest_forecasts(
    installation: Installation, projector: Projector, asked: ForecastBacktest, on_progress: OnProgress | None = None
) -> list[PastForecast]:
    """What forecasts would have said, in order of their instants and customers; without periods that are still running.

    An event counts as known when it occurred, also one that was sent later. Raises `InvalidValue` if nothing is over.
    """
    now = installation.business_clock.now()
    histories = installation.storage.read(lambda unit: unit.definitions.histories_of(asked.customers))
    past = [each for history in histories for each in _periods(history, asked, now)]
    if not past:
        raise InvalidValue(
            f"No billing period lies between {instant_text(asked.starts_at)} and {instant_text(asked.ends_at)} and is"
            " over; name a longer time"
        )
    as_of = projector.bring_up()
    found: list[PastForecast] = []
    for number in range(0, len(histories), subscriptions_per_pass):
        ids = {history.first.id for history in histories[number : number + subscriptions_per_pass]}
        some = [each for each in past if each.subscription_id in ids]
        for each in _Pass(installation, now, as_of).compare(some):
            found += each
            if on_progress is not None:
                on_progress(len(found), len(past))
    return sorted(found, key=lambda each: (each.forecast.at, each.forecast.customer, each.forecast.subscription_id))


def _periods(history: SubscriptionHistory, asked: ForecastBacktest, now: datetime) -> Iterator[_Past]:
    until = min(utc(asked.ends_at), now)
    for phase in history.billed:
        for boundary in boundaries(phase, until):
            period = boundary.ended
            if period is None or period.start < asked.starts_at:
                continue
            begun_on = local_date(period.start, phase.zone)
            for day in asked.days:
                at = local_midnight(begun_on + timedelta(days=day), phase.zone)
                if at < period.end:
                    yield _Past(history.first.id, period, begun_on, day, at)


@dataclass(slots=True)
class _Pass:
    """Some of the subscriptions, with all of their days in memory once they were read."""

    installation: Installation
    now: datetime
    as_of: AsOf
    days: dict[str, DailyUsage] = field(default_factory=dict)

    def compare(self, past: Sequence[_Past]) -> Iterator[list[PastForecast]]:
        """Each forecast beside a straight line and what came, instant by instant."""
        came = {
            (name, each.period): each
            for instant, ids in _by_instant(past, lambda each: each.last).items()
            for name, each in self._forecasts(ids, instant, _no_days).items()
        }
        for instant, ids in _by_instant(past, lambda each: each.at).items():
            lines = self._forecasts(ids, instant, _no_days)
            found = self._forecasts(ids, instant, self._read_days)
            yield [
                _judged(each, found[name], lines[name], came[name, each.period])
                for each in past
                if each.at == instant and (name := each.subscription_id) in found
            ]

    def _forecasts(self, ids: Sequence[str], instant: datetime, days: ReadDays) -> dict[str, Forecast]:
        return self.installation.storage.read(lambda unit: forecasts_of(unit, ids, instant, self.now, self.as_of, days))

    def _read_days(self, unit: UnitOfWork, queries: Sequence[DaysQuery]) -> Mapping[str, DailyUsage]:
        unread = [
            replace(query, running=replace(query.running, at=self.now), days_max=_all_days)
            for query in queries
            if query.running.subscription.id not in self.days
        ]
        self.days |= daily_usage(unit, unread) if unread else {}
        return {
            name: self.days[name].before(local_date(query.running.at, query.running.subscription.zone))
            for query in queries
            if (name := query.running.subscription.id) in self.days
        }


def _no_days(_unit: UnitOfWork, _queries: Sequence[DaysQuery]) -> Mapping[str, DailyUsage]:
    return {}


def _by_instant(past: Sequence[_Past], instant_of: Callable[[_Past], datetime]) -> dict[datetime, list[str]]:
    found: dict[datetime, dict[str, None]] = {}
    for each in past:
        found.setdefault(instant_of(each), {})[each.subscription_id] = None
    return {instant: list(found[instant]) for instant in sorted(found)}


def _judged(past: _Past, forecast: Forecast, line: Forecast, came: Forecast) -> PastForecast:
    judged = Judged(forecast.range, line.amounts.expected, came.amounts.expected)
    return PastForecast(past.begun_on, past.day, forecast, judged)
