"""How cases write events, periods and filters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from gateway.core.events import PropertyValue, UsageEvent
from gateway.core.metering.meter import Exclusion, Filter
from gateway.core.metering.values import scalar_text
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.windows import Window, span_around, span_through, windows_from
from gateway.core.time import EPOCH, local_instant, read_instant
from tests.corpus.given import Given, UnknownKind

SOURCE, TYPE, CUSTOMER = "case", "usage", "customer"
UTC_ZONE = ZoneInfo("UTC")


def event(
    event_id: str, occurred_at: datetime, properties: Mapping[str, PropertyValue], source: str = SOURCE
) -> UsageEvent:
    """An event of the case's customer."""
    return UsageEvent(source, event_id, TYPE, CUSTOMER, occurred_at, None, properties)


def read_events(given: Given, field: str) -> list[UsageEvent]:
    """All events of a case in the order in which they are sent, whose value is the property `field`."""
    sent = [*given.parts("events"), *given.parts("ingest")]
    return [
        *(_read_event(one, str(ordinal), field) for ordinal, one in enumerate(sent)),
        *_values_in_order(given.take("values_in_order", ()), field),
        *_sent_again(given),
    ]


def _read_event(given: Given, name: str, field: str) -> UsageEvent:
    properties: dict[str, Any] = {**(given.take("properties") or {}), **(given.take("data") or {})}
    given.take("data_missing")  # says that there is no `data`, which is plain from there being none
    for label, key in (("value", field), ("subject", "subject"), ("amount_minor_units", "amount_minor_units")):
        if given.has(label):
            properties[key] = given.take(label)
    timestamp = given.take("timestamp")
    occurred_at = EPOCH if timestamp is None else read_instant(timestamp)
    return event(given.take("transaction_id", name), occurred_at, properties)


def _values_in_order(values: Sequence[str], field: str) -> Iterator[UsageEvent]:
    for ordinal, value in enumerate(values):
        yield event(f"value {ordinal}", EPOCH, {field: value})


def _sent_again(given: Given) -> Iterator[UsageEvent]:
    """So many events that have one identity and times of their own."""
    shared = given.part("all_with")
    times = given.take("timestamps", "all different")
    if times != "all different":
        raise UnknownKind(f"timestamps {times!r}")
    source, name = shared.take("source", SOURCE), shared.take("id", "same")
    for minute in islice(windows_from(EPOCH, Window.MINUTE, UTC_ZONE), given.take("events_sent", 0)):
        yield event(name, minute.start, {}, source)


def read_period(given: Given, occurred: Iterable[datetime], window: Window | None, zone: ZoneInfo) -> BillingPeriod:
    """The span that a case asks about: a period, two bounds or days, else what holds its events."""
    if given.has("period"):
        return _stated(given.part("period"), given)
    if given.has("from"):
        return BillingPeriod(read_instant(given.take("from")), read_instant(given.take("to")))
    days = [local_instant(datetime.fromisoformat(day), zone) for day in given.take("days", ())]
    return span_around(days or [*occurred] or [EPOCH], window or Window.MINUTE, zone)


def _stated(period: Given, given: Given) -> BillingPeriod:
    starts = read_instant(period.take("from"))
    until = given.take("as_of")
    if period.has("to_exclusive"):
        whole = BillingPeriod(starts, read_instant(period.take("to_exclusive")))
    elif (interval := period.take("interval")) == "closed":
        whole = span_through(starts, read_instant(period.take("to")))
    else:
        raise UnknownKind(f"interval {interval!r}")
    seen = whole if until is None else span_through(starts, read_instant(until))
    return seen.clip(whole.start, whole.end) or whole


def read_filters(values: Mapping[str, Sequence[Any]]) -> tuple[Filter, ...]:
    """A filter for each key that names values; null among them stands for events without the property."""
    return tuple(
        Filter(name, tuple(text for one in wanted if (text := scalar_text(one)) is not None), None in wanted)
        for name, wanted in values.items()
        if wanted
    )


def read_exclusions(entries: Sequence[Mapping[str, Sequence[Any]]]) -> tuple[Exclusion, ...]:
    """The exclusions that name values."""
    return tuple(rules for entry in entries if (rules := read_filters(entry)))
