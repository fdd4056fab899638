"""Those who send events: new ones, the same again, others under a known id, early, late and broken ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random

from gateway.wire.events import EventBatch, WireFormat, parse_events
from tests.simulator import catalogue
from tests.simulator.log_model import Sent
from tests.simulator.specimens import NO_NUMBERS, NUMBERS, STATUSES, WORDS, Value

events_per_batch_max = 8
_OFFSETS = (UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-8)))


@dataclass(frozen=True, slots=True)
class SentBatch:
    """A request: its events in order, None for what is no event, and the bytes."""

    events: tuple[Sent | None, ...]
    format: WireFormat
    body: bytes

    def parsed(self) -> EventBatch:
        """The request as the gateway reads it."""
        return parse_events(self.body, self.format)


class Senders:
    """Makes batches; the log's model says what was sent before."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._count = 0

    def batch(self, known: Sequence[Sent], now: datetime) -> SentBatch:
        """A request at the true time `now`."""
        events: list[Sent | None] = []
        for _ in range(self._random.randint(1, events_per_batch_max)):
            before = [*known[-200:], *(event for event in events if event is not None)]
            events.append(self._event(before, now))
        return self._spelled(events)

    def again(self, batch: SentBatch) -> SentBatch:
        """The same events, perhaps spelled otherwise."""
        return batch if self._random.random() < 0.5 else self._spelled(batch.events)

    def _event(self, known: Sequence[Sent], now: datetime) -> Sent | None:
        drawn = self._random.random()
        if drawn < 0.02:
            return None
        if known and drawn < 0.16:
            return self._random.choice(known)
        if known and drawn < 0.22:
            return self._conflicting(self._random.choice(known), now)
        return self._new(now)

    def _conflicting(self, known: Sent, now: datetime) -> Sent:
        """Another event under a known id; or a known id of another source, which is an event of its own."""
        other = self._new(now)
        change = self._random.randrange(4)
        if change == 0:
            return replace(known, customer=other.customer, values=other.values)
        if change == 1:
            return replace(known, occurred_at=known.occurred_at + timedelta(microseconds=1))
        return replace(other, id=known.id, source=known.source if change == 2 else other.source)

    def _new(self, now: datetime) -> Sent:
        self._count += 1
        random = self._random
        customer = random.choice(catalogue.CUSTOMERS if random.random() < 0.94 else catalogue.LATER_CUSTOMERS)
        event_type = random.choices(("call", "store", "ping", catalogue.LATER_TYPE), (60, 25, 10, 5))[0]
        return Sent(
            source=random.choice(("eu-1", "us-1")),
            id=f"{random.randrange(16**4):04x}-{self._count}",
            type=event_type,
            customer=customer,
            occurred_at=self._time(now),
            subscription=self._subscription(customer),
            values=tuple(sorted(self._values(event_type))),
        )

    def _time(self, now: datetime) -> datetime:
        random, drawn = self._random, self._random.random()
        if drawn < 0.05:
            return now + timedelta(minutes=5, microseconds=random.choice((0, 1, 10**6, 10**11, 10**12)))
        if drawn < 0.15:
            return now - timedelta(seconds=random.randrange(50 * 86400))
        if drawn < 0.2:
            # Exactly on an hour, a day or a month, or just before: where periods and buckets change.
            start = now.replace(minute=0, second=0, microsecond=0)
            start = random.choice((start, start.replace(hour=0), start.replace(hour=0, day=1)))
            return start - timedelta(microseconds=random.randrange(2))
        return now - timedelta(seconds=random.randrange(3600), microseconds=random.randrange(10**6))

    def _subscription(self, customer: str) -> str | None:
        names = (f"{customer}/api", f"{customer}/depot", "nobody/nothing")
        return self._random.choice(names) if self._random.random() < 0.1 else None

    def _values(self, event_type: str) -> list[tuple[str, Value]]:
        random = self._random
        if event_type == "store":
            # Seldom wrong, because that holds an invoice.
            return [("gb", random.choice(NO_NUMBERS if random.random() < 0.01 else NUMBERS))]
        if event_type != "call":
            return []
        values = [("status", random.choice(STATUSES)), ("zone", random.choice(WORDS[:3])), ("octets", NUMBERS[0])]
        values += [("bytes", random.choice(NUMBERS if random.random() < 0.9 else NO_NUMBERS))]
        values += [("user", random.choice(WORDS if random.random() < 0.9 else NO_NUMBERS)), ("account", WORDS[3])]
        return [pair for pair in values if random.random() < 0.95]

    def _spelled(self, events: Sequence[Sent | None]) -> SentBatch:
        """The bytes of a request, in any format that takes it."""
        formats = [WireFormat.JSON, WireFormat.NDJSON, WireFormat.CLOUDEVENTS]
        wire_format = self._random.choice(formats)
        is_cloud = wire_format is WireFormat.CLOUDEVENTS
        items = [self._item(event, is_cloud) for event in events]
        separated = "\n".join(items) if wire_format is WireFormat.NDJSON else f"[{','.join(items)}]"
        return SentBatch(tuple(events), wire_format, separated.encode())

    def _item(self, event: Sent | None, is_cloud: bool) -> str:
        if event is None:
            return self._random.choice(('{"source": "eu-1"}', "[]", '{"id": 7}'))
        names = ("subject", "time", "data") if is_cloud else ("customer", "occurred_at", "properties")
        time = event.occurred_at.astimezone(self._random.choice(_OFFSETS)).isoformat()
        fields = [("source", event.source), ("id", event.id), ("type", event.type), (names[0], event.customer)]
        fields += [(names[1], time)] + ([("subscription", event.subscription)] if event.subscription else [])
        fields += [("specversion", "1.0")] if is_cloud else []
        written = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in fields]
        properties = [f"{json.dumps(name)}: {self._random.choice(value.spellings)}" for name, value in event.values]
        self._random.shuffle(properties)
        if properties or self._random.random() < 0.5:
            written.append(f'"{names[2]}": {{{", ".join(properties)}}}')
        return f"{{{', '.join(written)}}}"
