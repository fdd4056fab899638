"""What the live projection reads of an event for a meter version, from its payload as sent."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, auto
from typing import NamedTuple

import msgspec

from gateway.core.errors import InvalidValue
from gateway.core.metering.expressions import Expression
from gateway.core.metering.meter import Aggregation, MeterVersion, UncountableReason
from gateway.core.numbers import meter_fraction
from gateway.services.property_values import read_number, read_text, read_value
from gateway.wire.events import WireEvent

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_IS_REMOVAL: Mapping[str | None, bool] = {None: False, "": False, "add": False, "remove": True}


class Keeping(Enum):
    """What buckets keep of the values that a meter reads; of `CHECKED` ones nothing but that they can be counted."""

    EVENTS = auto()
    TOTAL = auto()
    DISTINCT = auto()
    MAX = auto()
    MIN = auto()
    LAST = auto()
    MOMENT = auto()
    CHECKED = auto()


class Reading(NamedTuple):
    """What is read of an event: a property, an expression or nothing, as text or a number; and what is kept of it."""

    keeping: Keeping
    name: str | None = None
    is_text: bool = False
    operation: str | None = None
    expression: Expression | None = None


class Change(NamedTuple):
    """A value (by its hash) that an event adds to a set, or removes."""

    value: str
    is_removal: bool


NOT_READ = Reading(Keeping.EVENTS)

_KEEPING: Mapping[Aggregation, Keeping] = {
    Aggregation.COUNT: Keeping.EVENTS,
    Aggregation.SUM: Keeping.TOTAL,
    Aggregation.AVERAGE: Keeping.TOTAL,
    Aggregation.MAX: Keeping.MAX,
    Aggregation.MIN: Keeping.MIN,
    Aggregation.UNIQUE_COUNT: Keeping.DISTINCT,
    Aggregation.LATEST: Keeping.LAST,
    Aggregation.LAST_EVER: Keeping.LAST,
    Aggregation.WEIGHTED_SUM: Keeping.MOMENT,
    Aggregation.PERCENTILE: Keeping.CHECKED,
    Aggregation.MAX_OF_WINDOW_SUMS: Keeping.CHECKED,
}


def is_read_from_log(version: MeterVersion) -> bool:
    """Whether buckets do not keep enough of the values, so that the log is read for them."""
    return _keeping(version) is Keeping.CHECKED


def reading_of(version: MeterVersion) -> Reading:
    """What a meter version reads."""
    is_text = version.aggregation is Aggregation.UNIQUE_COUNT
    return Reading(_keeping(version), version.value_property, is_text, version.operation_property, version.expression)


def _keeping(version: MeterVersion) -> Keeping:
    is_more = version.prorated_by_day or version.operation_property is not None or version.window is not None
    return Keeping.CHECKED if is_more else _KEEPING[version.aggregation]


def raw_property(event: WireEvent, name: str) -> bytes | None:
    """A property as sent: the one of this name, else the one at this dotted path; None if there is neither."""
    raw = event.properties.get(name)
    if raw is not None:
        return bytes(raw)
    return _raw_at_path(event, name.split(".")) if "." in name else None


def value_of(event: WireEvent, reading: Reading) -> Decimal | Change | UncountableReason:
    """The value that is read of an event; `Reading.name` or `Reading.expression` says which."""
    if reading.expression is not None:
        return _expression_value(event, reading.expression)
    assert reading.name is not None
    raw = raw_property(event, reading.name)
    if not reading.is_text:
        return read_number(raw)
    value = read_value(raw)
    if isinstance(value, UncountableReason):
        return value
    operation = None if reading.operation is None else read_text(raw_property(event, reading.operation))
    is_removal = _IS_REMOVAL.get(operation)
    return UncountableReason.UNKNOWN_OPERATION if is_removal is None else Change(value, is_removal)


def deciding_texts(event: WireEvent, version: MeterVersion) -> dict[str, str | None]:
    """The properties that decide where a meter version counts an event, as text."""
    return {name: read_text(raw_property(event, name)) for name in version.deciding_properties}


def _raw_at_path(event: WireEvent, path: list[str]) -> bytes | None:
    inner = event.properties.get(path[0])
    for part in path[1:]:
        if inner is None or bytes(inner)[:1] != b"{":
            return None
        inner = _OBJECT.decode(inner).get(part)
    return None if inner is None else bytes(inner)


def _expression_value(event: WireEvent, expression: Expression) -> Decimal | UncountableReason:
    values: dict[str, Decimal] = {}
    for name in expression.properties:
        value = read_number(raw_property(event, name))
        if isinstance(value, UncountableReason):
            return value
        values[name] = value
    try:
        return meter_fraction(expression.value(values))
    except ZeroDivisionError:
        return UncountableReason.DIVIDED_BY_ZERO
    except InvalidValue:
        return UncountableReason.TOO_LARGE
