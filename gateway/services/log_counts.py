"""Live counts of meters whose values have to be read from the log: of a customer's events, found by their index."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.core.errors import InvalidValue
from gateway.core.metering.live import LiveSeries
from gateway.core.metering.meter import Dimensions, Meter, MeterVersion, UncountableReason
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import MICROSECOND
from gateway.services.live_readings import LiveReading, LiveSpan
from gateway.services.live_values import Keeping, deciding_texts, is_read_from_log, reading_of, value_of
from gateway.services.read_log import LogSpan, recorded_runs_of
from gateway.services.span_counts import SpanCount, SpanKey
from gateway.wire.events import WireEvent

readings_max = 1_000_000


def needs_log(meter: Meter, subscription: Subscription, until: datetime) -> bool:
    """Whether buckets do not keep enough to say what a meter counted before `until`.

    They do not for some aggregations, nor for one that carries on what a former version, or a former phase of the
    subscription, counted: that is read again.
    """
    if any(is_read_from_log(version) for version in meter.versions):
        return True
    first, last = meter.version_at(subscription.carries_from), meter.version_at(until - MICROSECOND)
    is_continued = subscription.carries_from < subscription.starts_at
    return (is_continued or first is not last) and any(version.carries for version in meter.versions)


def count_from_log(
    unit: UnitOfWork,
    subscription: Subscription,
    meters: Mapping[str, Meter],
    spans: Sequence[LiveSpan],
    events_max: int | None = None,
) -> dict[SpanKey, SpanCount]:
    """What meters count in spans, which are in order, up to the projection's position.

    Raises `InvalidValue` for more than `events_max` events, or more than `readings_max` values that spans share.
    """
    fold = _LogFold(subscription, tuple(meters.values()), spans)
    carries = any(version.carries for meter in meters.values() for version in meter.versions)
    starts_at = subscription.carries_from if carries else spans[0].period.start
    asked = LogSpan(0, unit.live.position(), starts_at, spans[-1].period.end)
    for number, run in enumerate(recorded_runs_of(unit, subscription.customer, asked), 1):
        if events_max is not None and number > events_max:
            raise InvalidValue(f"More than {events_max} events to read one by one; ask for a shorter span")
        fold.add(run.first_position, run.events[0])
    return fold.counts


@dataclass(slots=True)
class _LogFold:
    """Counts in progress."""

    subscription: Subscription
    meters: tuple[Meter, ...]
    spans: Sequence[LiveSpan]
    counts: dict[SpanKey, SpanCount] = field(default_factory=dict)
    readings: int = 0

    def add(self, position: int, event: WireEvent) -> None:
        if event.subscription not in (None, self.subscription.key):
            return
        for meter in self.meters:
            for span, version in self._counted_by(meter, event):
                texts = deciding_texts(event, version)
                if version.admits(texts):
                    dimensions = tuple((name, texts[name] or "") for name in version.dimensions)
                    self._count(version, dimensions, span, position, event)

    def _counted_by(self, meter: Meter, event: WireEvent) -> Iterator[tuple[LiveSpan, MeterVersion]]:
        """The spans that an event counts in, or is carried into, each with the version that reads it."""
        for span in self.spans:
            if event.occurred_at >= span.period.end:
                continue
            is_within = event.occurred_at >= span.period.start
            version = meter.version_at(event.occurred_at if is_within else span.period.start)
            if version is None or version.event_type != event.type or not (is_within or version.carries):
                continue
            yield span, version

    def _count(
        self, version: MeterVersion, dimensions: Dimensions, span: LiveSpan, position: int, event: WireEvent
    ) -> None:
        reading = reading_of(version)
        value = None if reading.keeping is Keeping.EVENTS else value_of(event, reading)
        if isinstance(value, UncountableReason):
            return
        series = LiveSeries(self.subscription.id, version.key, version.version, dimensions)
        count = self.counts.setdefault(SpanKey(series, span.period.start), SpanCount(version, span))
        count.add_reading(LiveReading(event.occurred_at, position, value))
        self.readings += 1
        if self.readings > readings_max:
            raise InvalidValue(f"More than {readings_max} values to read one by one; ask for fewer windows")
