"""Which fold a meter has, by its aggregation and its options."""

from collections.abc import Mapping

from gateway.core.metering.counts import CountingScope
from gateway.core.metering.folds import (
    Additive,
    Average,
    Distinct,
    EventCount,
    Fold,
    Greatest,
    Least,
    Percentile,
    Sum,
)
from gateway.core.metering.folds_in_time import (
    Active,
    ActiveByDay,
    GreatestOfWindowSums,
    Last,
    SumByDay,
    SumOfWindowMaxima,
    TimeWeighted,
)
from gateway.core.metering.meter import Aggregation, MeterVersion

Folds = Mapping[Aggregation, type[Fold]]

_PLAIN: Folds = {
    Aggregation.COUNT: EventCount,
    Aggregation.SUM: Sum,
    Aggregation.MAX: Greatest,
    Aggregation.MIN: Least,
    Aggregation.AVERAGE: Average,
    Aggregation.UNIQUE_COUNT: Distinct,
    Aggregation.LATEST: Last,
    Aggregation.LAST_EVER: Last,
    Aggregation.WEIGHTED_SUM: TimeWeighted,
    Aggregation.PERCENTILE: Percentile,
    Aggregation.MAX_OF_WINDOW_SUMS: GreatestOfWindowSums,
}
_BY_DAY: Folds = {Aggregation.SUM: SumByDay, Aggregation.UNIQUE_COUNT: ActiveByDay}
_BY_WINDOW: Folds = {**_PLAIN, Aggregation.MAX: SumOfWindowMaxima}
_BY_OPERATION: Folds = {Aggregation.UNIQUE_COUNT: Active}


def fold_of(version: MeterVersion, scope: CountingScope) -> Fold:
    """A fold of this meter for `scope`, without events."""
    return _folds(version)[version.aggregation](version, scope)


def additive_of(version: MeterVersion) -> type[Additive] | None:
    """The meter's fold, if a number of events and the total of their values are all that it needs."""
    found = _folds(version)[version.aggregation]
    return found if issubclass(found, Additive) else None


def _folds(version: MeterVersion) -> Folds:
    if version.prorated_by_day:
        return _BY_DAY
    if version.operation_property is not None:
        return _BY_OPERATION
    return _PLAIN if version.window is None else _BY_WINDOW
