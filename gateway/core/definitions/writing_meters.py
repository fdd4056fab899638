"""What a meter version has beyond the ordinary, as a document of plain values: what has its default is left out."""

from collections.abc import Mapping
from decimal import Decimal

from gateway.core.metering.meter import Filter, MeterVersion, dimension_values_default


def meter_options_document(version: MeterVersion) -> dict[str, object]:
    """The options of a meter version as JSON-able values, under the keys by which people write them."""
    options: Mapping[str, object] = {
        "expression": version.expression and version.expression.text,
        "exclude": [{"filters": [filter_document(rule) for rule in rules]} for rules in version.excludes],
        "recurring": version.recurring,
        "prorated_by_day": version.prorated_by_day,
        "operation": version.operation_property,
        "window": version.window and version.window.value,
        "percentile": version.percentile and _text(version.percentile),
        "time_unit": version.time_unit and version.time_unit.value,
        "conversion": _conversion(version),
        "rounding": version.rounding and {"mode": version.rounding.mode.value, "places": version.rounding.places},
        "tolerance": None if version.tolerance.is_zero else str(version.tolerance),
        "quantity_max": version.quantity_max and _text(version.quantity_max),
        "dimension_values_max": _unless_default(version.dimension_values_max),
    }
    return {key: value for key, value in options.items() if value}


def filter_document(rule: Filter) -> dict[str, object]:
    """A filter as JSON-able values."""
    named: dict[str, object] = {"property": rule.property, "values": list(rule.values)}
    return named | ({"or_missing": True} if rule.or_missing else {})


def _conversion(version: MeterVersion) -> dict[str, str] | None:
    found = version.conversion
    return None if found is None else {f"{found.operation}_by": _text(found.factor)}


def _unless_default(most: int) -> int | None:
    return None if most == dimension_values_default else most


def _text(number: Decimal) -> str:
    """Plain notation with the places as written."""
    return f"{number:f}"
