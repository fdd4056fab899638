"""Usage events: immutable facts, and when two of them are the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gateway.core.numbers import plain
from gateway.core.time import microseconds

PropertyValue = str | int | Decimal | bool | None | list["PropertyValue"] | dict[str, "PropertyValue"]


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """Something a customer used. `source` and `id` together name it for ever: send the same id when you retry.

    Numbers in `properties` are exact (`int` or `Decimal`), never floats.
    """

    source: str
    id: str
    type: str
    customer: str
    occurred_at: datetime
    subscription: str | None = None
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event with its place in the log: gapless, in commit order."""

    position: int
    recorded_at: datetime
    event: UsageEvent


class Outcome(StrEnum):
    """What became of an event that was sent; each event has exactly one."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class QuarantineReason(StrEnum):
    """Why an event cannot be taken yet; it is kept and can be replayed."""

    UNKNOWN_CUSTOMER = "unknown_customer"
    UNKNOWN_TYPE = "unknown_type"
    IN_THE_FUTURE = "in_the_future"


def canonical(event: UsageEvent) -> tuple[object, ...]:
    """What decides whether two events with one id are the same: equal tuples, same event.

    `1.0` equals `1`, the order of keys and the offset of the time do not matter; the string "1" is not the number 1.
    """
    return (
        event.type,
        event.customer,
        event.subscription,
        microseconds(event.occurred_at),
        _canonical_value(dict(event.properties)),
    )


def _canonical_value(value: PropertyValue) -> object:
    match value:
        case bool() | None:
            return ("constant", value)
        case int() | Decimal():
            return ("number", plain(Decimal(value)))
        case str():
            return ("text", value)
        case list():
            return ("list", tuple(_canonical_value(item) for item in value))
        case _:
            return ("object", tuple((key, _canonical_value(value[key])) for key in sorted(value)))
