"""What a live bucket keeps beside its events and their total, for meters that need more.

Each of these takes in another of its kind, in any order, and is stored as a list that begins with its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, Self

from gateway.core.numbers import EXACT, plain


class Kept(Protocol):
    """What a bucket keeps."""

    def merged(self, other: Any) -> Self:
        """What it is together with another part of the same bucket."""
        ...

    def stored(self) -> list[object]:
        """It as JSON-able values, which `kept_from` reads."""
        ...


@dataclass(frozen=True, slots=True)
class KeptMax:
    """The greatest value."""

    value: Decimal

    def merged(self, other: "KeptMax") -> "KeptMax":
        return other if other.value > self.value else self

    def stored(self) -> list[object]:
        return ["max", plain(self.value)]


@dataclass(frozen=True, slots=True)
class KeptMin:
    """The least value."""

    value: Decimal

    def merged(self, other: "KeptMin") -> "KeptMin":
        return other if other.value < self.value else self

    def stored(self) -> list[object]:
        return ["min", plain(self.value)]


@dataclass(frozen=True, slots=True)
class KeptLast:
    """The last value: when it occurred, in microseconds since 1970, and its position."""

    occurred_at: int
    position: int
    value: Decimal

    def merged(self, other: "KeptLast") -> "KeptLast":
        is_later = (other.occurred_at, other.position) > (self.occurred_at, self.position)
        return other if is_later else self

    def stored(self) -> list[object]:
        return ["last", self.occurred_at, self.position, plain(self.value)]


@dataclass(frozen=True, slots=True)
class KeptMoment:
    """The sum of values times when they occurred, in microseconds since 1970: a level over any time is made of it."""

    value_time: Decimal

    def merged(self, other: "KeptMoment") -> "KeptMoment":
        return KeptMoment(EXACT.add(self.value_time, other.value_time))

    def stored(self) -> list[object]:
        return ["moment", plain(self.value_time)]


def kept_from(stored: list[Any]) -> Kept:
    """What was stored."""
    return _KINDS[stored[0]](*stored[1:])


def merged(one: Kept | None, other: Kept | None) -> Kept | None:
    """Both together, where either may be missing."""
    if one is None or other is None:
        return other if one is None else one
    return one.merged(other)


_KINDS: Mapping[str, Callable[..., Kept]] = {
    "max": lambda value: KeptMax(Decimal(value)),
    "min": lambda value: KeptMin(Decimal(value)),
    "last": lambda occurred_at, position, value: KeptLast(occurred_at, position, Decimal(value)),
    "moment": lambda value: KeptMoment(Decimal(value)),
}
