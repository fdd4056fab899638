"""The fold of the live projection: a chunk of the log becomes what it adds to the live counts.

Events are gathered first by all that decides where they are counted (type, customer, subscription named, slot of time,
dimensions), then each group is counted at once. Where a group is counted is a pure function of that key and the rules,
and is remembered from chunk to chunk.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from gateway.core.corrections import VOIDED
from gateway.core.metering.live import (
    CustomerPositions,
    LiveDelta,
    LiveTally,
    LiveUncountable,
    Unattributed,
    UnattributedReason,
)
from gateway.core.time import EPOCH, MICROSECOND
from gateway.services.counting_rules import CountingRules
from gateway.services.counting_targets import Asked, BucketNumbers, Reach, Target, reach_at
from gateway.services.live_chunks import Chunk
from gateway.services.live_tallies import LeftOut, tally_of
from gateway.services.live_values import raw_property
from gateway.services.property_values import read_text
from gateway.services.recent_events import RecordedRun
from gateway.wire.events import WireEvent

# A key with its targets takes 3 kB.
remembered_targets_max = 20_000

Deciding = bytes | tuple[bytes | None, ...] | None
"""The values, as sent, of the properties that decide where an event is counted."""

AskedKey = tuple[str, str, str | None, Deciding]
GroupKey = tuple[str, str, str | None, int, Deciding]


class LiveFold:
    """Folds chunks by one version of the rules; not safe across threads."""

    def __init__(self, rules: CountingRules) -> None:
        self.rules = rules
        self._forget()

    def fold(self, runs: Sequence[RecordedRun]) -> LiveDelta:
        """What the events of `runs` add to the live counts."""
        if max(len(self._targets), len(self._reaches), len(self._texts)) > remembered_targets_max:
            self._forget()
        delta = LiveDelta()
        tallies: dict[int, LiveTally] = {}
        chunk = Chunk.of(runs)
        groups = self._gather(chunk)
        for key, ordinals in groups.items():
            self._count(key, ordinals, chunk, tallies, delta)
        delta.tallies = [(self._buckets.keys[number], tally) for number, tally in tallies.items()]
        delta.index = _index(groups, chunk, self.rules.slot)
        return delta

    def _forget(self) -> None:
        self._buckets = BucketNumbers()
        self._targets: dict[GroupKey, Sequence[Target] | None] = {}
        self._reaches: dict[AskedKey, Reach] = {}
        self._texts: dict[bytes | None, str | None] = {}

    def _gather(self, chunk: Chunk) -> dict[GroupKey, list[int]]:
        """The ordinals of the events that are counted alike."""
        groups: dict[GroupKey, list[int]] = {}
        by_type = self.rules.by_type
        for ordinal, (event, slot) in enumerate(zip(chunk.events, chunk.slots(self.rules.slot), strict=True)):
            event_type = event.type
            names = by_type.get(event_type)
            deciding = _deciding_values(event, names) if names else None
            key = (event_type, event.customer, event.subscription, slot, deciding)
            group = groups.get(key)
            if group is None:
                groups[key] = [ordinal]
            else:
                group.append(ordinal)
        return groups

    def _count(
        self, key: GroupKey, ordinals: list[int], chunk: Chunk, tallies: dict[int, LiveTally], delta: LiveDelta
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
        for ordinal in ordinals:
            instant = chunk.events[ordinal].occurred_at
            found = self._reach((event_type, customer, named, deciding), instant, instant + MICROSECOND)
            _add(found.targets(instant, self._buckets), [ordinal], chunk, tallies, delta)

    def _uniform_targets(self, key: GroupKey) -> Sequence[Target] | None:
        """The targets of every event of a slot; None if they are not the same at every instant of it."""
        event_type, customer, named, slot_number, deciding = key
        start = EPOCH + slot_number * self.rules.slot
        end = start + self.rules.slot
        reach = self._reach((event_type, customer, named, deciding), start, end)
        return reach.targets(start, self._buckets) if reach.holds(start, end) else None

    def _reach(self, key: AskedKey, start: datetime, end: datetime) -> Reach:
        """Who counts events at `start`: what was found for the same question, if that holds until `end`."""
        reach = self._reaches.get(key)
        if reach is None or not reach.holds(start, end):
            event_type, customer, named, deciding = key
            asked = Asked(event_type, customer, named, self._deciding_texts(event_type, deciding))
            reach = self._reaches[key] = reach_at(self.rules, asked, start, self._buckets)
        return reach

    def _deciding_texts(self, event_type: str, deciding: Deciding) -> dict[str, str | None]:
        values = deciding if isinstance(deciding, tuple) else (deciding,)
        names = self.rules.by_type.get(event_type, ())
        return {name: self._text(value) for name, value in zip(names, values, strict=bool(names))}

    def _text(self, raw: bytes | None) -> str | None:
        if raw not in self._texts:
            self._texts[raw] = read_text(raw)
        return self._texts[raw]


def _deciding_values(event: WireEvent, names: Sequence[str]) -> Deciding:
    """The values, as sent, of the properties that decide where an event is counted; most types have one."""
    if len(names) == 1:
        raw = event.properties.get(names[0])
        return raw_property(event, names[0]) if raw is None else bytes(raw)
    return tuple([raw_property(event, name) for name in names])


def _index(groups: dict[GroupKey, list[int]], chunk: Chunk, slot: timedelta) -> list[CustomerPositions]:
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
    targets: Sequence[Target], ordinals: list[int], chunk: Chunk, tallies: dict[int, LiveTally], delta: LiveDelta
) -> None:
    if not targets:
        # The entry that voids an event is nobody's usage.
        of_nobody = (ordinal for ordinal in ordinals if chunk.events[ordinal].type != VOIDED)
        delta.unattributed += [_unattributed(chunk, ordinal) for ordinal in of_nobody]
        return
    for target in targets:
        left_out: list[LeftOut] = []
        added = tally_of(chunk, ordinals, target.reads, left_out)
        if added.events:
            _add_tally(target.buckets, added, tallies)
        if left_out:
            delta.uncountable += _uncountable(target, chunk, left_out)


def _add_tally(numbers: Sequence[int], added: LiveTally, tallies: dict[int, LiveTally]) -> None:
    events, total, values = added.events, added.total, added.values
    is_plain = values is None and added.kept is None and type(total) is int
    for number in numbers:
        tally = tallies.get(number)
        if tally is None:
            tallies[number] = LiveTally(events, total, values and dict(values), added.kept)
        elif is_plain and type(tally.total) is int:
            tally.events += events
            tally.total += total
        else:
            tally.add(added)


def _uncountable(target: Target, chunk: Chunk, left_out: Sequence[LeftOut]) -> Iterator[LiveUncountable]:
    for series in target.series:
        for ordinal, reason in left_out:
            position, event = chunk.positions[ordinal], chunk.events[ordinal]
            yield LiveUncountable(
                series.subscription_id, series.meter, series.version, position, event.occurred_at, reason
            )


def _unattributed(chunk: Chunk, ordinal: int) -> Unattributed:
    event = chunk.events[ordinal]
    reason = UnattributedReason.of(event.subscription)
    return Unattributed(chunk.positions[ordinal], event.customer, event.type, event.occurred_at, reason)
