"""Meters as people write them, read from a table of a definition document."""

from gateway.core.definitions.tables import Table
from gateway.core.errors import InvalidValue
from gateway.core.metering.expressions import Expression, read_expression
from gateway.core.metering.meter import (
    Aggregation,
    Exclusion,
    Filter,
    Meter,
    MeterVersion,
    TimeUnit,
    UncountableRule,
    dimension_values_default,
)
from gateway.core.metering.quantities import (
    ConversionOperation,
    RoundingMode,
    UnitConversion,
    UnitRounding,
)
from gateway.core.metering.tolerance import EXACTLY, Tolerance, read_tolerance
from gateway.core.periods.windows import Window
from gateway.core.time import EPOCH

_STAND_IN = read_expression("unreadable")


def read_meter(table: Table) -> tuple[str, Meter | None]:
    """A meter's key and the meter, None if it has faults."""
    key, name = table.key("key"), table.text("name")
    version = table.build_whole(lambda: read_meter_version(table, key))
    return key, Meter(key, name, (version,)) if version else None


def read_meter_version(table: Table, key: str) -> MeterVersion:
    """Version 1 of a meter. Raises `InvalidDefinition` where readable values break a rule."""
    has_value = table.has("value") or table.has("expression")
    likely = Aggregation.SUM if has_value else Aggregation.COUNT
    return MeterVersion(
        key=key,
        version=1,
        event_type=table.text("event_type"),
        aggregation=table.choice("aggregation", Aggregation) or likely,
        unit=table.text("unit"),
        value_property=table.text_or_none("value"),
        expression=_read_expression(table),
        dimensions=table.texts("dimensions"),
        dimension_values_max=table.whole("dimension_values_max", dimension_values_default),
        tolerance=_read_tolerance(table),
        quantity_max=table.amount_or_none("quantity_max"),
        filters=_read_filters(table),
        excludes=tuple(_read_exclusion(item) for item in table.tables("exclude")),
        when_missing=table.choice_or("on_missing", UncountableRule, UncountableRule.HOLD),
        when_invalid=table.choice_or("on_invalid", UncountableRule, UncountableRule.HOLD),
        effective_from=table.instant("effective_from", EPOCH),
        recurring=table.flag("recurring"),
        prorated_by_day=table.flag("prorated_by_day"),
        operation_property=table.text_or_none("operation"),
        window=table.choice("window", Window) if table.has("window") else None,
        percentile=table.amount_or_none("percentile"),
        time_unit=table.choice("time_unit", TimeUnit) if table.has("time_unit") else None,
        conversion=_read_conversion(table.table("conversion")) if table.has("conversion") else None,
        rounding=_read_rounding(table.table("rounding")) if table.has("rounding") else None,
    )


def _read_expression(table: Table) -> Expression | None:
    text = table.text_or_none("expression")
    if text is None:
        return None
    try:
        return read_expression(text)
    except InvalidValue as fault:
        table.note([("expression", str(fault))])
        return _STAND_IN


def _read_tolerance(table: Table) -> Tolerance:
    text = table.text_or_none("tolerance")
    if text is None:
        return EXACTLY
    try:
        return read_tolerance(text)
    except InvalidValue as fault:
        table.note([("tolerance", str(fault))])
        return EXACTLY


def _read_filters(table: Table) -> tuple[Filter, ...]:
    filters = [_read_filter(item) for item in table.tables("filters")]
    return tuple(each for each in filters if each is not None)


def _read_filter(table: Table) -> Filter | None:
    return table.build_whole(lambda: Filter(table.text("property"), table.texts("values"), table.flag("or_missing")))


def _read_exclusion(table: Table) -> Exclusion:
    filters = _read_filters(table)
    table.finish()
    return filters


def _read_conversion(table: Table) -> UnitConversion | None:
    operation = ConversionOperation.MULTIPLY if table.has("multiply_by") else ConversionOperation.DIVIDE
    return table.build_whole(lambda: UnitConversion(operation, table.amount(f"{operation}_by")))


def _read_rounding(table: Table) -> UnitRounding | None:
    mode = table.choice("mode", RoundingMode) or RoundingMode.HALF_UP
    return table.build_whole(lambda: UnitRounding(mode, table.integer("places", 0)))
