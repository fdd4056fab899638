"""The fold of the live projection: a chunk of the log becomes what it adds to the live counts.

Events are gathered first by all that decides where they are counted (type, customer, subscription named, slot of time,
dimensions), then each group is counted at once. Where a group is counted is a pure function of that key and the rules,
and is remembered from chunk to chunk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import msgspec

from gateway.core.live import (
    CustomerPositions,
    LiveDelta,
    LiveTally,
    LiveUncountable,
    Unattributed,
    UnattributedReason,
)
from gateway.core.meters import Aggregation, UncountableReason
from gateway.core.numbers import meter_digits_before_max
from gateway.core.time import EPOCH
from gateway.services.counting_rules import CountingRules
from gateway.services.counting_targets import Asked, BucketNumbers, Target, targets_at, uniform_targets
from gateway.services.property_values import read_number, read_text, read_value
from gateway.services.recent_events import RecordedRun
from gateway.wire.events import WireEvent

# A key with its targets takes 3 kB.
remembered_targets_max = 20_000
_integer_bound = 10**meter_digits_before_max
_INTEGERS = msgspec.json.Decoder(list[int | None])

GroupKey = tuple[str, str, str | None, int, bytes | tuple[bytes | None, ...] | None]


@dataclass(slots=True)
class _Chunk:
    """Events with their positions; an ordinal is a place in both."""

    events: list[WireEvent]
    positions: list[int]
    _integers: dict[str, list[int | None] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, runs: Sequence[RecordedRun]) -> "_Chunk":
        """The events of `runs`, in order."""
        events = [event for run in runs for event in run.events]
        positions = [position for run in runs for position in range(run.first_position, run.last_position + 1)]
        return cls(events, positions)

    def integers(self, name: str) -> list[int | None] | None:
        """The values of a property by ordinal, None where it is missing; None if one is no integer that a meter reads.

        Read all at once, because one by one it takes as long as all else together.
        """
        if name not in self._integers:
            self._integers[name] = self._read_integers(name)
        return self._integers[name]

    def _read_integers(self, name: str) -> list[int | None] | None:
        values = b",".join([event.properties.get(name, b"null") for event in self.events])
        try:
            read = _INTEGERS.decode(b"[%b]" % values)
        except msgspec.ValidationError:
            return None
        present = [number for number in read if number is not None]
        is_readable = not present or (max(present) < _integer_bound and min(present) > -_integer_bound)
        return read if is_readable else None


@dataclass(slots=True)
class _Values:
    """What a group adds to a meter, and the ordinals of the events that it could not count."""

    tally: LiveTally
    left_out: list[tuple[int, UncountableReason]] = field(default_factory=list)


class LiveFold:
    """Folds chunks by one version of the rules; not safe across threads."""

    def __init__(self, rules: CountingRules) -> None:
        self.rules = rules
        self._forget()

    def fold(self, runs: Sequence[RecordedRun]) -> LiveDelta:
        """What the events of `runs` add to the live counts."""
        if max(len(self._targets), len(self._texts)) > remembered_targets_max:
            self._forget()
        delta = LiveDelta()
        tallies: dict[int, LiveTally] = {}
        chunk = _Chunk.of(runs)
        groups = self._gather(chunk)
        for key, ordinals in groups.items():
            self._count(key, ordinals, chunk, tallies, delta)
        delta.tallies = [(self._buckets.keys[number], tally) for number, tally in tallies.items()]
        delta.index = _index(groups, chunk, self.rules.slot)
        return delta

    def _forget(self) -> None:
        self._buckets = BucketNumbers()
        self._targets: dict[GroupKey, Sequence[Target] | None] = {}
        self._texts: dict[bytes | None, str | None] = {}

    def _gather(self, chunk: _Chunk) -> dict[GroupKey, list[int]]:
        """The ordinals of the events that are counted alike."""
        groups: dict[GroupKey, list[int]] = {}
        slot, by_type = self.rules.slot, self.rules.by_type
        for ordinal, event in enumerate(chunk.events):
            event_type = event.type
            deciding = _deciding_values(event, by_type.get(event_type, ()))
            key = (event_type, event.customer, event.subscription, (event.occurred_at - EPOCH) // slot, deciding)
            group = groups.get(key)
            if group is None:
                groups[key] = [ordinal]
            else:
                group.append(ordinal)
        return groups

    def _count(
        self, key: GroupKey, ordinals: list[int], chunk: _Chunk, tallies: dict[int, LiveTally], delta: LiveDelta
    ) -> None:
        try:
            targets = self._targets[key]
        except KeyError:
            targets = self._targets[key] = self._uniform_targets(key)
        if targets is not None:
            _add(targets, ordinals, chunk, tallies, delta)
            return
        # Something changes within the slot, so each event is counted by its own instant.
        event_type, customer, named, _, deciding = key
        asked = Asked(event_type, customer, named, self._deciding_texts(event_type, deciding))
        for ordinal in ordinals:
            found = targets_at(self.rules, asked, chunk.events[ordinal].occurred_at, self._buckets)
            _add(found, [ordinal], chunk, tallies, delta)

    def _uniform_targets(self, key: GroupKey) -> Sequence[Target] | None:
        event_type, customer, named, slot_number, deciding = key
        asked = Asked(event_type, customer, named, self._deciding_texts(event_type, deciding))
        return uniform_targets(self.rules, asked, EPOCH + slot_number * self.rules.slot, self._buckets)

    def _deciding_texts(
        self, event_type: str, deciding: bytes | tuple[bytes | None, ...] | None
    ) -> dict[str, str | None]:
        values = deciding if isinstance(deciding, tuple) else (deciding,)
        names = self.rules.by_type.get(event_type, ())
        return {name: self._text(value) for name, value in zip(names, values, strict=bool(names))}

    def _text(self, raw: bytes | None) -> str | None:
        if raw not in self._texts:
            self._texts[raw] = read_text(raw)
        return self._texts[raw]


def _deciding_values(event: WireEvent, names: Sequence[str]) -> bytes | tuple[bytes | None, ...] | None:
    """The values, as sent, of the properties that decide where an event is counted; most types have none or one."""
    if not names:
        return None
    if len(names) == 1:
        raw = event.properties.get(names[0])
        return None if raw is None else bytes(raw)
    return tuple([_raw(event, name) for name in names])


def _index(groups: dict[GroupKey, list[int]], chunk: _Chunk, slot: timedelta) -> list[CustomerPositions]:
    by_customer: dict[str, list[int]] = {}
    slots: dict[str, list[int]] = {}
    for (_, customer, _, slot_number, _), ordinals in groups.items():
        by_customer.setdefault(customer, []).extend(ordinals)
        slots.setdefault(customer, []).append(slot_number)
    return [
        CustomerPositions(
            customer,
            [chunk.positions[ordinal] for ordinal in sorted(ordinals)],
            EPOCH + min(slots[customer]) * slot,
            EPOCH + (max(slots[customer]) + 1) * slot,
        )
        for customer, ordinals in sorted(by_customer.items())
    ]


def _add(
    targets: Sequence[Target], ordinals: list[int], chunk: _Chunk, tallies: dict[int, LiveTally], delta: LiveDelta
) -> None:
    if not targets:
        delta.unattributed += [_unattributed(chunk, ordinal) for ordinal in ordinals]
        return
    for target in targets:
        values = _read_values(chunk, ordinals, *target.reads)
        if values.tally.events:
            _add_tally(target.buckets, values.tally, tallies)
        if values.left_out:
            delta.uncountable += _left_out(target, chunk, values)


def _add_tally(numbers: Sequence[int], added: LiveTally, tallies: dict[int, LiveTally]) -> None:
    events, total, values = added.events, added.total, added.values
    is_plain = values is None and type(total) is int
    for number in numbers:
        tally = tallies.get(number)
        if tally is None:
            tallies[number] = LiveTally(events, total, values and dict(values))
        elif is_plain and type(tally.total) is int:
            tally.events += events
            tally.total += total
        else:
            tally.add(added)


def _left_out(target: Target, chunk: _Chunk, values: _Values) -> Iterator[LiveUncountable]:
    for series in target.series:
        for ordinal, reason in values.left_out:
            position, event = chunk.positions[ordinal], chunk.events[ordinal]
            yield LiveUncountable(
                series.subscription_id, series.meter, series.version, position, event.occurred_at, reason
            )


def _unattributed(chunk: _Chunk, ordinal: int) -> Unattributed:
    event = chunk.events[ordinal]
    reason = UnattributedReason.of(event.subscription)
    return Unattributed(chunk.positions[ordinal], event.customer, event.type, event.occurred_at, reason)


def _read_values(chunk: _Chunk, ordinals: list[int], name: str | None, aggregation: Aggregation) -> _Values:
    if name is None:
        return _Values(LiveTally(len(ordinals)))
    if aggregation is Aggregation.UNIQUE_COUNT:
        return _read_unique(chunk, ordinals, name)
    return _sum_integers(chunk, ordinals, name) or _sum_decimals(chunk, ordinals, name)


def _sum_integers(chunk: _Chunk, ordinals: list[int], name: str) -> _Values | None:
    """The sum where every value is a JSON integer, as most are; else None."""
    integers = chunk.integers(name)
    if integers is None:
        return None
    values = [integers[ordinal] for ordinal in ordinals]
    if None in values:
        return None
    return _Values(LiveTally(len(values), sum(cast(list[int], values))))


def _sum_decimals(chunk: _Chunk, ordinals: list[int], name: str) -> _Values:
    values = _Values(LiveTally(0))
    for ordinal in ordinals:
        value = read_number(_raw(chunk.events[ordinal], name))
        if isinstance(value, UncountableReason):
            values.left_out.append((ordinal, value))
            continue
        values.tally.add(LiveTally(1, value))
    return values


def _read_unique(chunk: _Chunk, ordinals: list[int], name: str) -> _Values:
    times: dict[str, int] = {}
    values = _Values(LiveTally(0, 0, times))
    for ordinal in ordinals:
        value = read_value(_raw(chunk.events[ordinal], name))
        if isinstance(value, UncountableReason):
            values.left_out.append((ordinal, value))
            continue
        values.tally.events += 1
        times[value] = times.get(value, 0) + 1
    return values


def _raw(event: WireEvent, name: str) -> bytes | None:
    raw = event.properties.get(name)
    return None if raw is None else bytes(raw)
