"""Meters as people write them, read from a table of a definition document."""

from gateway.core.definition_tables import Table
from gateway.core.meters import Aggregation, Filter, Meter, MeterVersion, UncountableRule
from gateway.core.time import EPOCH


def read_meter(table: Table) -> tuple[str, Meter | None]:
    """A meter's key and the meter, None if it has faults."""
    key, name = table.key("key"), table.text("name")
    version = table.build_whole(lambda: read_meter_version(table, key))
    return key, Meter(key, name, (version,)) if version else None


def read_meter_version(table: Table, key: str) -> MeterVersion:
    """Version 1 of a meter. Raises `InvalidDefinition` where readable values break a rule."""
    likely = Aggregation.SUM if table.has("value") else Aggregation.COUNT
    filters = [_read_filter(item) for item in table.tables("filters")]
    return MeterVersion(
        key=key,
        version=1,
        event_type=table.text("event_type"),
        aggregation=table.choice("aggregation", Aggregation) or likely,
        unit=table.text("unit"),
        value_property=table.text_or_none("value"),
        dimensions=table.texts("dimensions"),
        filters=tuple(each for each in filters if each is not None),
        when_missing=table.choice_or("on_missing", UncountableRule, UncountableRule.HOLD),
        when_invalid=table.choice_or("on_invalid", UncountableRule, UncountableRule.HOLD),
        effective_from=table.instant("effective_from", EPOCH),
    )


def _read_filter(table: Table) -> Filter | None:
    return table.build_whole(lambda: Filter(table.text("property"), table.texts("values")))
