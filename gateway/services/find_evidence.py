"""Find the events behind a difference of counts: a customer's events of the period, read again by both tracks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import islice

from gateway.core.events import LoggedEvent
from gateway.core.gate.discrepancy import Cause, Discrepancy, EventName, evidence_events_max
from gateway.core.metering.live import Bucket, LiveSeries, LiveTally
from gateway.core.metering.recount import CountingScope, CountKey, recount
from gateway.core.numbers import EXACT
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import microseconds
from gateway.services.counting_rules import CountingRules, load_counting_rules
from gateway.services.live_fold import LiveFold
from gateway.services.read_log import LogSpan, logged_events_among, recorded_runs_of
from gateway.services.recent_events import RecordedRun

subscriptions_with_evidence_max = 20
events_read_max = 50_000
_hour_microseconds = 3_600_000_000

Counted = tuple[int, Decimal]
"""How many events, and what their values add up to before conversion and rounding."""
_NOTHING: Counted = (0, Decimal(0))
Evidence = tuple[Cause, Sequence[LoggedEvent]]


def with_evidence(
    unit: UnitOfWork, scopes: Sequence[CountingScope], differences: Mapping[CountKey, Discrepancy], cut_off: int
) -> dict[CountKey, Discrepancy]:
    """The differences, each with its first events and a cause; of the first `subscriptions_with_evidence_max` alone."""
    found = dict(differences)
    by_subscription: dict[str, list[CountKey]] = {}
    for key in differences:
        by_subscription.setdefault(key.subscription_id, []).append(key)
    if not by_subscription:
        return found
    rules, by_id = load_counting_rules(unit), {scope.subscription.id: scope for scope in scopes}
    for name, keys in islice(by_subscription.items(), subscriptions_with_evidence_max):
        reading = _Reading(unit, by_id[name], rules, cut_off)
        for key in keys:
            cause, events = reading.evidence(key)
            found[key] = replace(found[key], cause=cause, events=tuple(map(_name, events)))
    return found


@dataclass
class _Reading:
    """The events of one subscription's period: as the log has them, and as the customer's index finds them."""

    unit: UnitOfWork
    scope: CountingScope
    rules: CountingRules
    cut_off: int

    @cached_property
    def logged(self) -> dict[int, LoggedEvent]:
        """What the log has, by position."""
        found = logged_events_among(self.unit, [self.scope.subscription.customer], self._span)
        return {each.position: each for each in islice(found, events_read_max)}

    @cached_property
    def indexed(self) -> dict[int, RecordedRun]:
        """What the index of the live track finds, by position."""
        found = recorded_runs_of(self.unit, self.scope.subscription.customer, self._span)
        return {each.first_position: each for each in islice(found, events_read_max)}

    def evidence(self, key: CountKey) -> Evidence:
        """What suggests itself for one difference, the likeliest first."""
        if missing := self._counted_in(key, self.logged.keys() - self.indexed.keys()):
            return Cause.EVENTS_MISSING_LIVE, missing
        if self.indexed.keys() - self.logged.keys():
            return Cause.EVENTS_MISSING_IN_LOG, ()
        if differing := self._read_differently(key):
            return Cause.EVENTS_READ_DIFFERENTLY, differing
        return self._kept_differently(key)

    @property
    def _span(self) -> LogSpan:
        return LogSpan(0, self.cut_off, self.scope.counts_from, self.scope.period.end)

    @cached_property
    def _hours(self) -> list[list[LoggedEvent]]:
        """The events by the hour, in order of time."""
        by_hour: dict[int, list[LoggedEvent]] = {}
        for each in self.logged.values():
            by_hour.setdefault(microseconds(each.event.occurred_at) // _hour_microseconds, []).append(each)
        return [events for _, events in sorted(by_hour.items())]

    def _counted_in(self, key: CountKey, positions: Iterable[int]) -> list[LoggedEvent]:
        """The first of these events that the recount counts there."""
        events = (self.logged[position] for position in sorted(positions))
        return list(islice((each for each in events if self._recounted([each], key)[0]), evidence_events_max))

    def _read_differently(self, key: CountKey) -> list[LoggedEvent]:
        """The first events that one track counts otherwise than the other; whole hours are looked at before."""
        hours = (hour for hour in self._hours if self._differs(hour, key))
        return list(
            islice((each for hour in hours for each in hour if self._differs([each], key)), evidence_events_max)
        )

    def _differs(self, events: Sequence[LoggedEvent], key: CountKey) -> bool:
        counted, live = self._recounted(events, key), self._refolded(events).get(_of_period(key), _NOTHING)
        return counted != live if self._sums(key) else counted[0] != live[0]

    def _sums(self, key: CountKey) -> bool:
        """Whether what both tracks make of single values can be compared."""
        meter = next(each for each in self.scope.meters if each.key == key.meter)
        return meter.versions[key.version - 1].is_plain_sum

    def _recounted(self, events: Sequence[LoggedEvent], key: CountKey) -> Counted:
        count = recount(events, [self.scope]).counts.get(key)
        return _NOTHING if count is None else (count.events, count.quantity)

    def _refolded(self, events: Sequence[LoggedEvent]) -> dict[tuple[LiveSeries, Bucket, int], Counted]:
        runs = [self.indexed[each.position] for each in events]
        return {place: _of_tally(tally) for place, tally in LiveFold(self.rules).fold(runs).tallies}

    def _kept_differently(self, key: CountKey) -> Evidence:
        """Both tracks read every event alike now: one of the counts was not made of what they read."""
        refolded = self._refolded(list(self.logged.values()))
        kept = dict(self._kept(key))
        if kept.get(_of_period(key), _NOTHING) == refolded.get(_of_period(key), _NOTHING):
            return Cause.RECOUNT_NOT_REPEATED, ()
        hours = (place for place in sorted(refolded.keys() | kept.keys()) if place[:2] == (_series(key), Bucket.HOUR))
        changed = next((place for place in hours if refolded.get(place) != kept.get(place)), None)
        return Cause.LIVE_COUNT_CHANGED, [] if changed is None else self._first_of(key, changed[2])

    def _kept(self, key: CountKey) -> Iterator[tuple[tuple[LiveSeries, Bucket, int], Counted]]:
        """What the live track keeps of the series in the period."""
        period = self.scope.period
        for bucket in Bucket:
            states = self.unit.live.states([key.subscription_id], bucket, period.start, period.end, [key.meter])
            for place, state in states.items():
                yield (place.series, bucket, microseconds(place.starts_at)), (state.events, state.total)

    def _first_of(self, key: CountKey, starts_at: int) -> list[LoggedEvent]:
        """The first events of the live track's hour that begins then."""
        place = (_series(key), Bucket.HOUR, starts_at)
        events = (each for each in self.logged.values() if place in self._refolded([each]))
        return list(islice(events, evidence_events_max))


def _series(key: CountKey) -> LiveSeries:
    return LiveSeries(key.subscription_id, key.meter, key.version, key.dimensions)


def _of_period(key: CountKey) -> tuple[LiveSeries, Bucket, int]:
    return _series(key), Bucket.PERIOD, microseconds(key.period_start)


def _of_tally(tally: LiveTally) -> Counted:
    return tally.events, EXACT.create_decimal(tally.total)


def _name(logged: LoggedEvent) -> EventName:
    return EventName(logged.position, logged.event.source, logged.event.id)
