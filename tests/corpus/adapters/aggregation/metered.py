"""A meter over the events of a case: its quantity, as a whole, by groups, by windows and by days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import compress
from zoneinfo import ZoneInfo

from gateway.core.events import LoggedEvent, Outcome, UsageEvent
from gateway.core.identity import outcomes
from gateway.core.metering.levels import level_time
from gateway.core.metering.meter import Aggregation, Meter, MeterVersion, TimeUnit
from gateway.core.metering.quantities import Amount, RoundingMode, UnitRounding
from gateway.core.metering.recount import Count, CountingScope, Recount, recount
from gateway.core.periods.period import BillingPeriod, BillingSchedule, Interval, IntervalUnit
from gateway.core.periods.windows import Window, split
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import EPOCH, local_date, read_zone
from tests.corpus.adapters.aggregation.reading import (
    CUSTOMER,
    TYPE,
    event,
    read_events,
    read_exclusions,
    read_filters,
    read_period,
)
from tests.corpus.given import Given, UnknownKind

_NAMES = {"avg": Aggregation.AVERAGE}
_RECURRING = {Aggregation.SUM, Aggregation.UNIQUE_COUNT, Aggregation.WEIGHTED_SUM}
_ERRORS = {Outcome.CONFLICT: "value_already_exist"}
_NOTHING = Count(Decimal(0), 0, 0)


@dataclass(frozen=True, slots=True)
class Question:
    """A meter, the events that were recorded, and the span that is asked about, a part of `whole_days` if given."""

    version: MeterVersion
    events: Sequence[UsageEvent]
    period: BillingPeriod
    zone: ZoneInfo
    whole_days: int | None

    def recount(self, version: MeterVersion, period: BillingPeriod | None = None, days: int | None = None) -> Recount:
        """What the recount makes of the events by a version of the meter."""
        logged = [LoggedEvent(position, one.occurred_at, one) for position, one in enumerate(self.events, 1)]
        return recount(logged, [self._scope(version, period or self.period, days or self.whole_days)])

    def whole(self, version: MeterVersion, period: BillingPeriod | None = None) -> Count:
        """The one count; nothing where no event counts."""
        return next(iter(self.recount(version, period).counts.values()), _NOTHING)

    def _scope(self, version: MeterVersion, period: BillingPeriod, days: int | None) -> CountingScope:
        interval = Interval(IntervalUnit.DAY, days or 1)
        owner = Subscription("sub", "sub", CUSTOMER, "plan", 1, interval, EPOCH, None, period.start, str(self.zone.key))
        return CountingScope(owner, period, (Meter("meter", "Meter", (version,)),), None if days else period)


def metered(name: str, given: Given) -> Mapping[str, object]:
    """What the meter of a case says to all that may be asked."""
    field = given.take("field", "value")
    sent = read_events(given, field)
    became = list(outcomes(sent))
    # Says how their store tells repeated events apart; ours has one rule.
    given.take("dedup")
    window = Window(given.take("window")) if given.has("window") else None
    zone = read_zone(given.take("time_zone", "UTC"))
    recorded = list(compress(sent, [outcome is Outcome.ACCEPTED for outcome in became]))
    period = read_period(given, [one.occurred_at for one in recorded], window, zone)
    opening = given.number("initial_value")
    version = _version(name, field, window, given, carries=bool(opening))
    carried = [event("opening", EPOCH, {field: opening})] if opening else []
    question = Question(version, [*carried, *recorded], period, zone, given.take("full_period_days"))
    persisted = given.take("persisted_days")
    found = _carried_days(question, persisted) if persisted else _whole(question)
    return {**_recorded(became), **found, **_parts(question, window), **_ranges(question)}


def _version(name: str, field: str, window: Window | None, given: Given, carries: bool) -> MeterVersion:
    aggregation = _NAMES.get(name) or Aggregation(name)
    recurs = [given.take("recurring"), given.take("include_before_period"), carries]
    proration, paid_at = given.take("prorated"), given.take("at")
    if proration not in (None, "by_day") or paid_at not in (None, "billing_date_pay_in_advance"):
        raise UnknownKind(f"prorated {proration!r} at {paid_at!r}")
    # Says how filters work, which is as ours do.
    given.take("filter_semantics")
    # What is paid in advance is the whole of what the next period begins with.
    is_prorated = proration is not None and paid_at is None
    return MeterVersion(
        key="meter",
        version=1,
        event_type=TYPE,
        aggregation=aggregation,
        unit="unit",
        value_property=None if aggregation is Aggregation.COUNT else field,
        dimensions=tuple(given.take("group_by", ())),
        filters=read_filters(given.take("filter", {})),
        excludes=read_exclusions(given.take("exclude_filters", ())),
        recurring=any(recurs) and aggregation in _RECURRING,
        prorated_by_day=is_prorated,
        window=window if aggregation is Aggregation.MAX_OF_WINDOW_SUMS else None,
        percentile=given.decimal("percentile"),
        operation_property="operation_type" if aggregation is Aggregation.UNIQUE_COUNT else None,
        # Who prorates units rounds them up at five places; where that is not wanted, the amount is asked for.
        rounding=UnitRounding(RoundingMode.UP, 5) if is_prorated else None,
    )


def _recorded(became: Sequence[Outcome]) -> Mapping[str, object]:
    refused = [outcome for outcome in became if outcome is not Outcome.ACCEPTED]
    accepted = became.count(Outcome.ACCEPTED)
    told = [_ERRORS[outcome] for outcome in refused if outcome in _ERRORS]
    return {"accepted": accepted, "stored_events": accepted, "rejected": len(refused), "error": next(iter(told), None)}


def _whole(question: Question) -> Mapping[str, object]:
    """What all events come to."""
    version = question.version
    counted = question.recount(version)
    if version.dimensions:
        return {"groups": list(_groups(question, counted))}
    count = next(iter(counted.counts.values()), _NOTHING)
    level = question.whole(_plain_sum(version)) if _is_level(version) else _NOTHING
    amounts = replace(
        version, aggregation=Aggregation.SUM, value_property="amount_minor_units", operation_property=None
    )
    return {
        "value": count.quantity,
        "total": count.quantity,
        "events_count": count.events,
        "events_with_validation_error": len(counted.uncountable),
        "level_at_end": level.quantity,
        "sum_of_event_amounts_minor_units": question.whole(amounts).quantity,
        **_rounded(count.amount),
        **_prorated(question),
    }


def _plain_sum(version: MeterVersion) -> MeterVersion:
    return replace(version, aggregation=Aggregation.SUM, operation_property=None)


def _is_level(version: MeterVersion) -> bool:
    return version.aggregation is Aggregation.WEIGHTED_SUM


def _rounded(amount: Amount) -> Mapping[str, object]:
    return {f"value_rounded_{places}": _at(amount, places) for places in range(13)}


def _at(amount: Amount, places: int) -> Decimal:
    return UnitRounding(RoundingMode.HALF_UP, places).apply(amount)


def _prorated(question: Question) -> Mapping[str, object]:
    """What shares there are: of every event, and of the days that they are of."""
    version, whole = question.version, question.whole_days
    if not version.prorated_by_day:
        return {}
    alone = [replace(question, events=[one]).recount(version) for one in question.events]
    shares = [count.amount for counted in alone for count in counted.counts.values()]
    days = next(iter(question.recount(version, days=1).counts.values()), _NOTHING).amount
    return {
        "rounding": version.rounding and f"{version.rounding.mode} to {version.rounding.places} places",
        "unprorated_value": question.whole(_unprorated(version)).quantity,
        "per_event_rounded_3": [_at(share, 3) for share in shares],
        f"days_of_{whole}": days,
        f"sum_of_{whole}sts": days,
        f"sum_of_{whole}ths": days,
    }


def _unprorated(version: MeterVersion) -> MeterVersion:
    return replace(version, prorated_by_day=False, rounding=None)


def _groups(question: Question, counted: Recount) -> Iterator[Mapping[str, object]]:
    version = question.version
    unprorated = question.recount(_unprorated(version)).counts
    for key, count in counted.counts.items():
        yield {
            "group": {name: value or None for name, value in key.dimensions},
            "value": unprorated[key].quantity,
            "prorated_value_approx": _at(count.amount, 5),
            "events_count": count.events,
            **_rounded(count.amount),
        }


def _carried_days(question: Question, days: int) -> Mapping[str, object]:
    """What the units of the period come to in one of so many days, into which all of them are carried."""
    later = BillingSchedule(question.period.end, Interval(IntervalUnit.DAY, days), question.zone).period(0)
    carried = question.whole(replace(question.version, recurring=True), later)
    unprorated = question.whole(_unprorated(question.version))
    return {"value": carried.quantity, "unprorated_value": unprorated.quantity, **_rounded(carried.amount)}


def _parts(question: Question, window: Window | None) -> Mapping[str, object]:
    """What the windows of the span come to, each by itself; the days all of them, the windows those with events."""
    if window is None:
        return {}
    windows = split(question.period, window, question.zone)
    counts = [question.whole(question.version, one) for one in windows]
    return {
        "daily": [count.quantity for count in counts],
        "windows": [
            {
                "start": one.start,
                "end": one.end,
                "date": local_date(one.start, question.zone),
                "hours": level_time([(Decimal(1), one.length)], TimeUnit.HOUR),
                "value": count.quantity,
            }
            for one, count in zip(windows, counts, strict=True)
            if count.events
        ],
    }


def _ranges(question: Question) -> Mapping[str, datetime]:
    return {"window_start": question.period.start, "window_end": question.period.end}
