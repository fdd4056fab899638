"""What a meter reads of an event: whether it counts, by which dimension values, and its value.

A part of the recount: the live projection reads the same from payloads as sent, by code of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from gateway.core.errors import InvalidValue
from gateway.core.events import PropertyValue
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


Properties = Mapping[str, PropertyValue]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a meter reads of an event as its value: a property, as text or as a number, or an expression over several.

    With an operation the text is added to a set or removed from it.
    """

    value_property: str | None
    is_text: bool = False
    operation_property: str | None = None
    expression: Expression | None = None

    @property
    def properties(self) -> tuple[str, ...]:
        """The properties that are read."""
        inputs = () if self.expression is None else self.expression.properties
        return (*(name for name in (self.value_property, self.operation_property) if name is not None), *inputs)


def reading_of(version: MeterVersion) -> Reading | None:
    """What a meter version reads as the value; None for one that reads none."""
    if version.aggregation is Aggregation.COUNT:
        return None
    is_text = version.aggregation is Aggregation.UNIQUE_COUNT
    return Reading(version.value_property, is_text, version.operation_property, version.expression)


def properties_of(version: MeterVersion) -> tuple[str, ...]:
    """The properties that a meter version reads for anything at all."""
    reading = reading_of(version)
    return (*version.deciding_properties, *(reading.properties if reading is not None else ()))


def property_value(properties: Properties, name: str) -> PropertyValue:
    """The property of this name, else the one at this dotted path into nested objects; None if there is neither."""
    found = properties.get(name)
    if found is not None or "." not in name or name in properties:
        return found
    inner: PropertyValue = dict(properties)
    for part in name.split("."):
        if not isinstance(inner, dict):
            return None
        inner = inner.get(part)
    return inner


def matches(version: MeterVersion, texts: Mapping[str, str | None]) -> bool:
    """Whether the filters let events through whose deciding properties have these texts."""
    if not version.filters and not version.excludes:
        return True
    return _passes(version.filters, texts) and not any(_passes(rules, texts) for rules in version.excludes)


def _passes(rules: tuple[Filter, ...], texts: Mapping[str, str | None]) -> bool:
    return all(rule.passes(texts[rule.property]) for rule in rules)


def event_value(version: MeterVersion, properties: Properties) -> Value | UncountableReason:
    """What an event with these properties contributes, or why it contributes nothing."""
    reading = reading_of(version)
    return None if reading is None else value_read(reading, properties)


def value_read(reading: Reading, properties: Properties) -> Value | UncountableReason:
    """The value that is read of these properties, or why there is none."""
    if reading.expression is not None:
        return _expression_value(reading.expression, properties)
    assert reading.value_property is not None, "a meter that reads a value names a property or has an expression"
    raw = property_value(properties, reading.value_property)
    if not reading.is_text:
        return number_read(raw)
    if raw is None:
        return UncountableReason.MISSING
    text = scalar_text(raw)
    if text is None:
        return UncountableReason.NOT_A_SCALAR
    return text if reading.operation_property is None else _operation(text, properties, reading.operation_property)


def number_read(raw: PropertyValue) -> Decimal | UncountableReason:
    """The number that a property's value is: a JSON number, or a string that holds one."""
    if raw is None:
        return UncountableReason.MISSING
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


def dimension_values(version: MeterVersion, texts: Mapping[str, str | None]) -> Dimensions:
    """The value of every dimension where properties have these texts; missing or not a scalar is the empty text."""
    return tuple((name, texts[name] or "") for name in version.dimensions)


def property_texts(properties: Properties, names: Iterable[str]) -> dict[str, str | None]:
    """Properties as text; None for one that is missing or no scalar."""
    return {name: scalar_text(property_value(properties, name)) for name in names}


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


def _operation(text: str, properties: Properties, name: str) -> Operation | UncountableReason:
    is_removal = _OPERATIONS.get(scalar_text(property_value(properties, name)))
    return UncountableReason.UNKNOWN_OPERATION if is_removal is None else Operation(text, is_removal)


def _expression_value(expression: Expression, properties: Properties) -> Decimal | UncountableReason:
    values: dict[str, Decimal] = {}
    for name in expression.properties:
        value = number_read(property_value(properties, name))
        if isinstance(value, UncountableReason):
            return value
        values[name] = value
    try:
        return meter_fraction(expression.value(values))
    except ZeroDivisionError:
        return UncountableReason.DIVIDED_BY_ZERO
    except InvalidValue:
        return UncountableReason.TOO_LARGE
