"""Usage at once: quantities by meter, window of time and dimension, from the live counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from gateway.core.errors import InvalidValue, NotFound
from gateway.core.metering.meter import Dimensions, Meter
from gateway.core.numbers import exact
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.windows import Window, split
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text, read_zone, utc
from gateway.services.count_spans import Counts, SpanQuery, count_spans
from gateway.services.installation import Installation
from gateway.services.project import AsOf, Projector
from gateway.services.span_counts import SpanCount, SpanKey

points_max = 100_000


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """What to show of a customer's usage in `[starts_at, ends_at)`.

    Without `meters` all that its subscriptions price; without `window` one quantity for all of the span. Windows are
    those of `time_zone`.
    """

    customer: str
    starts_at: datetime
    ends_at: datetime
    meters: tuple[str, ...] | None = None
    window: Window | None = None
    group_by: tuple[str, ...] = ()
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class UsagePoint:
    """A meter's quantity in a window, and the events that it counted."""

    meter: str
    starts_at: datetime
    ends_at: datetime
    dimensions: Dimensions
    quantity: Decimal
    events: int


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Points by meter, time and dimension values, and how current they are."""

    points: tuple[UsagePoint, ...]
    as_of: AsOf


def usage(installation: Installation, projector: Projector, query: UsageQuery) -> UsageReport:
    """What a customer has used, with everything in it that was acknowledged before.

    Windows without usage have quantity 0, unless usage is grouped. A unique count is of the whole window: values that
    several of its hours share count once. Raises `NotFound` for an unknown customer, and `InvalidValue` for a span, a
    zone, meters or dimensions that make no sense or too many points.
    """
    span = _span(query)
    windows = split(span, query.window, read_zone(query.time_zone))
    as_of = projector.bring_up()
    return UsageReport(installation.storage.read(lambda unit: _points(unit, query, windows)), as_of)


class _PointKey(NamedTuple):
    """Which point a count belongs to."""

    meter: str
    starts_at: datetime
    dimensions: Dimensions


def _span(query: UsageQuery) -> BillingPeriod:
    starts_at, ends_at = utc(query.starts_at), utc(query.ends_at)
    if starts_at >= ends_at:
        raise InvalidValue(
            f"A span must end after it starts; {instant_text(ends_at)} is not after {instant_text(starts_at)}"
        )
    return BillingPeriod(starts_at, ends_at)


def _points(unit: UnitOfWork, query: UsageQuery, windows: Sequence[BillingPeriod]) -> tuple[UsagePoint, ...]:
    if not unit.definitions.customers_by_key([query.customer]):
        raise NotFound(f"There is no customer {query.customer!r}")
    queries, meters = _queries(unit, query, windows)
    _require_few(len(windows) * len(meters))
    grouped = _grouped(count_spans(unit, queries), query.group_by)
    if not query.group_by:
        grouped = {_PointKey(key, window.start, ()): {} for key in meters for window in windows} | grouped
    _require_few(len(grouped))
    ends = {window.start: window.end for window in windows}
    return tuple(
        UsagePoint(
            key.meter,
            key.starts_at,
            ends[key.starts_at],
            key.dimensions,
            _total(versions.values()),
            sum(count.events for count in versions.values()),
        )
        for key, versions in sorted(grouped.items())
    )


@exact
def _total(counts: Iterable[SpanCount]) -> Decimal:
    return sum((count.quantity for count in counts), Decimal(0))


def _queries(
    unit: UnitOfWork, query: UsageQuery, windows: Sequence[BillingPeriod]
) -> tuple[list[SpanQuery], dict[str, Meter]]:
    """What to count of each subscription of the customer, and all meters that are asked for."""
    subscriptions = unit.definitions.subscriptions([query.customer])
    plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans()} if subscriptions else {}
    priced = {each.id: plans[each.plan, each.plan_version].metered for each in subscriptions}
    everywhere = {key for keys in priced.values() for key in keys}
    wanted = _wanted(query, everywhere)
    meters = {key: meter for key, meter in unit.definitions.meters().items() if key in wanted}
    _require_dimensions(query, meters)
    queries = [
        SpanQuery(each, {key: meters[key] for key in priced[each.id] if key in wanted}, tuple(windows))
        for each in subscriptions
        if each.overlaps(windows[0].start, windows[-1].end)
    ]
    return queries, meters


def _wanted(query: UsageQuery, priced: set[str]) -> set[str]:
    if query.meters is None:
        return priced
    for key in query.meters:
        if key not in priced:
            raise InvalidValue(f"No subscription of customer {query.customer!r} prices a meter {key!r}")
    return set(query.meters)


def _require_dimensions(query: UsageQuery, meters: Mapping[str, Meter]) -> None:
    known = {name for meter in meters.values() for version in meter.versions for name in version.dimensions}
    for name in query.group_by:
        if name not in known:
            raise InvalidValue(
                f"None of the meters has a dimension {name!r}; they have {', '.join(sorted(known)) or 'none'}"
            )


def _require_few(points: int) -> None:
    if points > points_max:
        raise InvalidValue(f"{points} points are more than {points_max}; ask for a shorter span or fewer meters")


def _grouped(counts: Counts, group_by: Sequence[str]) -> dict[_PointKey, dict[int, SpanCount]]:
    """Counts by point and meter version, added over subscriptions and the dimensions that are not asked for."""
    grouped: dict[_PointKey, dict[int, SpanCount]] = {}
    for key, count in counts.items():
        versions = grouped.setdefault(_point_key(key, group_by), {})
        versions.setdefault(key.series.version, SpanCount(count.version, count.span)).merge(count)
    return grouped


def _point_key(key: SpanKey, group_by: Sequence[str]) -> _PointKey:
    values = dict(key.series.dimensions)
    return _PointKey(key.series.meter, key.starts_at, tuple((name, values.get(name, "")) for name in group_by))
