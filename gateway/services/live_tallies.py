"""What events that are counted alike add to the buckets that count them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import cast

from gateway.core.metering.live import LiveTally
from gateway.core.metering.live_kept import Kept, KeptLast, KeptMax, KeptMin, KeptMoment
from gateway.core.metering.meter import UncountableReason
from gateway.core.numbers import EXACT
from gateway.core.time import microseconds
from gateway.services.live_chunks import Chunk
from gateway.services.live_values import Change, Keeping, Reading, value_of

LeftOut = tuple[int, UncountableReason]
"""The ordinal of an event that a meter cannot count, and why."""

Numbers = Sequence[tuple[int, Decimal]]
"""The numbers that were read, each with the ordinal of its event."""


def tally_of(chunk: Chunk, ordinals: list[int], reading: Reading, left_out: list[LeftOut]) -> LiveTally:
    """What a group adds to the meters that read it so; what they cannot count goes to `left_out`."""
    return _TALLIES[reading.keeping](chunk, ordinals, reading, left_out)


def _events(_chunk: Chunk, ordinals: list[int], _reading: Reading, _left_out: list[LeftOut]) -> LiveTally:
    return LiveTally(len(ordinals))


def _total(chunk: Chunk, ordinals: list[int], reading: Reading, left_out: list[LeftOut]) -> LiveTally:
    integers = None if reading.name is None else chunk.integers(reading.name)
    if integers is not None:
        values = [integers[ordinal] for ordinal in ordinals]
        if None not in values:
            return LiveTally(len(values), sum(cast(list[int], values)))
    numbers = _numbers(chunk, ordinals, reading, left_out)
    return LiveTally(len(numbers), _sum(value for _, value in numbers))


def _distinct(chunk: Chunk, ordinals: list[int], reading: Reading, left_out: list[LeftOut]) -> LiveTally:
    times: dict[str, int] = {}
    for _, change in _read(chunk, ordinals, reading, left_out):
        assert isinstance(change, Change)
        times[change.value] = times.get(change.value, 0) + 1
    return LiveTally(sum(times.values()), 0, times)


def _checked(chunk: Chunk, ordinals: list[int], reading: Reading, left_out: list[LeftOut]) -> LiveTally:
    return LiveTally(len(_read(chunk, ordinals, reading, left_out)))


def _max(_chunk: Chunk, numbers: Numbers) -> tuple[Decimal | int, Kept]:
    return 0, KeptMax(max(value for _, value in numbers))


def _min(_chunk: Chunk, numbers: Numbers) -> tuple[Decimal | int, Kept]:
    return 0, KeptMin(min(value for _, value in numbers))


def _last(chunk: Chunk, numbers: Numbers) -> tuple[Decimal | int, Kept]:
    events, positions = chunk.events, chunk.positions
    occurred_at, position, value = max(
        (events[ordinal].occurred_at, positions[ordinal], value) for ordinal, value in numbers
    )
    return 0, KeptLast(microseconds(occurred_at), position, value)


def _moment(chunk: Chunk, numbers: Numbers) -> tuple[Decimal | int, Kept]:
    events = chunk.events
    moments = (EXACT.multiply(value, microseconds(events[ordinal].occurred_at)) for ordinal, value in numbers)
    return _sum(value for _, value in numbers), KeptMoment(_sum(moments))


def _keeping(
    keep: Callable[[Chunk, Numbers], tuple[Decimal | int, Kept]],
) -> Callable[[Chunk, list[int], Reading, list[LeftOut]], LiveTally]:
    """A tally that keeps what `keep` makes of the numbers, and their total where that is kept too."""

    def tally(chunk: Chunk, ordinals: list[int], reading: Reading, left_out: list[LeftOut]) -> LiveTally:
        numbers = _numbers(chunk, ordinals, reading, left_out)
        if not numbers:
            return LiveTally(0)
        total, kept = keep(chunk, numbers)
        return LiveTally(len(numbers), total, None, kept)

    return tally


def _numbers(chunk: Chunk, ordinals: list[int], reading: Reading, left_out: list[LeftOut]) -> Numbers:
    return cast(Numbers, _read(chunk, ordinals, reading, left_out))


def _read(
    chunk: Chunk, ordinals: list[int], reading: Reading, left_out: list[LeftOut]
) -> list[tuple[int, Decimal | Change]]:
    """The values that can be read."""
    found: list[tuple[int, Decimal | Change]] = []
    for ordinal in ordinals:
        value = value_of(chunk.events[ordinal], reading)
        if isinstance(value, UncountableReason):
            left_out.append((ordinal, value))
        else:
            found.append((ordinal, value))
    return found


def _sum(values: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    return total


_TALLIES: Mapping[Keeping, Callable[[Chunk, list[int], Reading, list[LeftOut]], LiveTally]] = {
    Keeping.EVENTS: _events,
    Keeping.TOTAL: _total,
    Keeping.DISTINCT: _distinct,
    Keeping.MAX: _keeping(_max),
    Keeping.MIN: _keeping(_min),
    Keeping.LAST: _keeping(_last),
    Keeping.MOMENT: _keeping(_moment),
    Keeping.CHECKED: _checked,
}
