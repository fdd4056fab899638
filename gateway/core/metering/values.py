"""What a meter reads of an event: whether it counts, by which dimension values, and its value.

A part of the recount: the live projection reads the same from payloads as sent, by code of its own.
"""

from dataclasses import dataclass
from decimal import Decimal

from gateway.core.errors import InvalidValue
from gateway.core.events import PropertyValue, UsageEvent
from gateway.core.metering.expressions import Expression
from gateway.core.metering.meter import Aggregation, Dimensions, Filter, MeterVersion, UncountableReason
from gateway.core.numbers import meter_fraction, meter_value, plain, read_decimal

REMOVE = "remove"
_OPERATIONS = {None: False, "": False, "add": False, REMOVE: True}


@dataclass(frozen=True, slots=True)
class Operation:
    """What an event does to a set of values: it adds one, or removes it."""

    value: str
    is_removal: bool

    def __str__(self) -> str:
        return f"{REMOVE if self.is_removal else 'add'} {self.value}"


Value = Decimal | str | Operation | None
"""What an event contributes: a number, a text to a unique count, an operation, or nothing but itself to a count."""


def value_text(value: Value) -> str | None:
    """A value as people read it."""
    if value is None:
        return None
    return plain(value) if isinstance(value, Decimal) else str(value)


def property_value(event: UsageEvent, name: str) -> PropertyValue:
    """The property of this name, else the one at this dotted path into nested objects; None if there is neither."""
    found = event.properties.get(name)
    if found is not None or "." not in name or name in event.properties:
        return found
    inner: PropertyValue = dict(event.properties)
    for part in name.split("."):
        if not isinstance(inner, dict):
            return None
        inner = inner.get(part)
    return inner


def matches(version: MeterVersion, event: UsageEvent) -> bool:
    """Whether the meter reads this event at all: its type and filters."""
    if event.type != version.event_type:
        return False
    if not version.filters and not version.excludes:
        return True
    return _passes(version.filters, event) and not any(_passes(rules, event) for rules in version.excludes)


def _passes(rules: tuple[Filter, ...], event: UsageEvent) -> bool:
    return all(rule.passes(property_text(event, rule.property)) for rule in rules)


def event_value(version: MeterVersion, event: UsageEvent) -> Value | UncountableReason:
    """What the event contributes, or why it contributes nothing."""
    if version.value_property is None:
        return None if version.expression is None else _expression_value(version.expression, event)
    raw = property_value(event, version.value_property)
    if raw is None:
        return UncountableReason.MISSING
    if version.aggregation is not Aggregation.UNIQUE_COUNT:
        return _number(raw)
    text = scalar_text(raw)
    if text is None:
        return UncountableReason.NOT_A_SCALAR
    return text if version.operation_property is None else _operation(text, event, version.operation_property)


def dimension_values(version: MeterVersion, event: UsageEvent) -> Dimensions:
    """The event's value of every dimension as text; missing or not a scalar is the empty text."""
    return tuple((name, property_text(event, name) or "") for name in version.dimensions)


def property_text(event: UsageEvent, name: str) -> str | None:
    """A property as text; None where it is missing or no scalar."""
    return scalar_text(property_value(event, name))


def scalar_text(value: PropertyValue) -> str | None:
    """A scalar as text, numbers in shortest plain notation; None for anything else."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return plain(Decimal(value))
        case str():
            return value
        case _:
            return None


def _operation(text: str, event: UsageEvent, name: str) -> Operation | UncountableReason:
    is_removal = _OPERATIONS.get(property_text(event, name))
    return UncountableReason.UNKNOWN_OPERATION if is_removal is None else Operation(text, is_removal)


def _expression_value(expression: Expression, event: UsageEvent) -> Decimal | UncountableReason:
    values: dict[str, Decimal] = {}
    for name in expression.properties:
        raw = property_value(event, name)
        value = UncountableReason.MISSING if raw is None else _number(raw)
        if isinstance(value, UncountableReason):
            return value
        values[name] = value
    try:
        return meter_fraction(expression.value(values))
    except ZeroDivisionError:
        return UncountableReason.DIVIDED_BY_ZERO
    except InvalidValue:
        return UncountableReason.TOO_LARGE


def _number(raw: PropertyValue) -> Decimal | UncountableReason:
    if isinstance(raw, bool) or not isinstance(raw, (int, str, Decimal)):
        return UncountableReason.NOT_A_NUMBER
    try:
        number = read_decimal(raw) if isinstance(raw, str) else Decimal(raw)
    except InvalidValue:
        return UncountableReason.NOT_A_NUMBER
    try:
        return meter_value(number)
    except InvalidValue:
        return UncountableReason.TOO_LARGE
