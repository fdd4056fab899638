"""The recount as one would write it first: event by event, scope by scope, meter by meter."""

from collections.abc import Sequence
from decimal import Decimal

from gateway.core.events import LoggedEvent
from gateway.core.metering.aggregations import fold_of
from gateway.core.metering.folds import Fold
from gateway.core.metering.meter import Aggregation, MeterVersion, UncountableReason
from gateway.core.metering.recount import Count, CountingScope, CountKey, Recount, Uncountable
from gateway.core.metering.values import dimension_values, event_value, property_texts
from gateway.core.rating.rated import Transaction


def simple_recount(events: Sequence[LoggedEvent], scopes: Sequence[CountingScope]) -> Recount:
    """What `recount` has to find."""
    counts: dict[CountKey, Count] = {}
    uncountable: list[Uncountable] = []
    for scope in scopes:
        folds: dict[CountKey, tuple[MeterVersion, Fold, list[Transaction]]] = {}
        for logged in events:
            uncountable += _added(scope, logged, folds)
        for key, (version, fold, transactions) in folds.items():
            counts[key] = Count(version.quantity(fold.amount), fold.events, fold.amount, tuple(sorted(transactions)))
    return Recount(counts, tuple(uncountable))


def _added(
    scope: CountingScope, logged: LoggedEvent, folds: dict[CountKey, tuple[MeterVersion, Fold, list[Transaction]]]
) -> list[Uncountable]:
    event, place = logged.event, (scope.subscription.id, scope.period.start)
    left_out = []
    for meter in scope.meters if event.customer == scope.subscription.customer else ():
        version = scope.version_for(meter, event)
        if version is None:
            continue
        value = event_value(version, event.properties)
        if isinstance(value, UncountableReason):
            if event.occurred_at in scope.period:
                left_out.append(Uncountable(*place, version.key, version.version, logged.position, value))
            continue
        dimensions = dimension_values(version, property_texts(event.properties, version.dimensions))
        key = CountKey(*place, version.key, version.version, dimensions)
        _, fold, transactions = folds.setdefault(key, (version, fold_of(version, scope), []))
        fold.add(Decimal(0) if version.aggregation is Aggregation.COUNT else value, event.occurred_at, logged.position)
        if version.key in scope.by_transaction and isinstance(value, Decimal):
            transactions.append(Transaction(event.occurred_at, logged.position, value))
    return left_out
