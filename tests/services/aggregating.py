"""A meter of every aggregation and option, over one type of event."""

from decimal import Decimal

from gateway.core.metering.expressions import read_expression
from gateway.core.metering.meter import Aggregation, Filter, Meter, MeterVersion, TimeUnit
from gateway.core.metering.quantities import (
    ConversionOperation,
    RoundingMode,
    UnitConversion,
    UnitRounding,
)
from gateway.core.periods.windows import Window
from tests.services.recording import START

A = Aggregation


def one(key: str, aggregation: Aggregation, value: str | None = "bytes", **options: object) -> Meter:
    """A meter with one version, by zone."""
    version = MeterVersion(
        key,
        1,
        "call",
        aggregation,
        "unit",
        value,
        ("zone",),
        **options,  # type: ignore[arg-type]
    )
    return Meter(key, key.title(), (version,))


def two(key: str, aggregation: Aggregation, **options: object) -> Meter:
    """A meter whose second version, from 25 January on, reads another property."""
    [old] = one(key, aggregation, **options).versions
    [new] = one(key, aggregation, "user", **options).versions
    changed_at = START.replace(day=25)
    fields = {name: getattr(new, name) for name in new.__dataclass_fields__}
    return Meter(key, key.title(), (old, MeterVersion(**{**fields, "version": 2, "effective_from": changed_at})))


BY_DAY = {"prorated_by_day": True}
CARRIED = {"recurring": True}
PERCENTILE = {"percentile": Decimal(90)}
EXPRESSION = {"expression": read_expression("bytes * 3 + llm.tokens / 7")}

PLAIN = (
    one("count", A.COUNT, None, excludes=((Filter("zone", ("us",), or_missing=True),),)),
    one("sum", A.SUM, conversion=UnitConversion(ConversionOperation.DIVIDE, Decimal(7))),
    one("sum-nested", A.SUM, "llm.tokens", rounding=UnitRounding(RoundingMode.UP, -1)),
    one("sum-expression", A.SUM, None, **EXPRESSION),
    one("max", A.MAX),
    one("min", A.MIN),
    one("average", A.AVERAGE),
    one("unique", A.UNIQUE_COUNT, "user"),
    one("latest", A.LATEST),
    one("weighted", A.WEIGHTED_SUM),
)
CARRYING = (
    one("sum-carried", A.SUM, **CARRIED),
    one("unique-carried", A.UNIQUE_COUNT, "user", **CARRIED),
    one("last-ever", A.LAST_EVER),
    one("weighted-carried", A.WEIGHTED_SUM, **CARRIED),
    one("weighted-hours", A.WEIGHTED_SUM, time_unit=TimeUnit.HOUR, **CARRIED),
)
READ_FROM_LOG = (
    one("percentile", A.PERCENTILE, **PERCENTILE),
    one("peak-hour", A.MAX_OF_WINDOW_SUMS, window=Window.HOUR),
    one("peak-days", A.MAX, window=Window.DAY),
    one("active", A.UNIQUE_COUNT, "user", operation_property="does", **CARRIED),
    one("active-days", A.UNIQUE_COUNT, "user", operation_property="does", **CARRIED, **BY_DAY),
    one("sum-days", A.SUM, **CARRIED, **BY_DAY),
    two("sum-changed", A.SUM, **CARRIED),
    two("last-changed", A.LAST_EVER),
    two("weighted-changed", A.WEIGHTED_SUM, **CARRIED),
    two("unique-changed", A.UNIQUE_COUNT, **CARRIED),
)
ALL_METERS = (*PLAIN, *CARRYING, *READ_FROM_LOG)
