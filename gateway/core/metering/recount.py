"""The recount: the pure fold that turns logged events into quantities.

This is the second, exact count. It shares no code with the live projection, so that a fault in one cannot hide in the
other; only the definitions they read are common.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter

from gateway.core.events import LoggedEvent
from gateway.core.metering.aggregations import fold_of
from gateway.core.metering.columns import EventColumns, columns_of, properties_read
from gateway.core.metering.counts import Count, CountingScope, CountKey, Recount, Uncountable
from gateway.core.metering.folds import Additive, Fold
from gateway.core.metering.gathering import Gathered, Gathering, LeftOut
from gateway.core.metering.meter import Dimensions, MeterVersion
from gateway.core.metering.partials import Partial
from gateway.core.metering.targets import Target, TypeRules
from gateway.core.metering.timeline import timelines_of
from gateway.core.rating.rated import Transaction

__all__ = ["Count", "CountKey", "CountingScope", "Recount", "Recounting", "Uncountable", "recount"]


def recount(events: Iterable[LoggedEvent], scopes: Sequence[CountingScope]) -> Recount:
    """Count `events`, in any order, for every scope; memory grows with the counts, the uncountable events
    and the transactions that are rated one by one."""
    recounting = Recounting(scopes)
    for columns in columns_of(events, recounting.read):
        recounting.add(columns)
    return recounting.result()


class Recounting:
    """A recount in progress. Parts of the log may be counted apart, in any order, and merged."""

    def __init__(self, scopes: Sequence[CountingScope]) -> None:
        meters = list({id(meter): meter for scope in scopes for meter in scope.meters}.values())
        timelines = timelines_of(scopes)
        self.read = properties_read(meters)
        """What has to be read of the events of each type; others do not count."""
        self._scopes = scopes
        self._types = {name: Gathering(TypeRules(name, meters), scopes, timelines) for name in self.read}

    def add(self, columns: EventColumns) -> None:
        """Count events of one type that `read` has."""
        self._types[columns.event_type].add(columns)

    @property
    def gathered(self) -> dict[str, Gathered]:
        """What was gathered so far by type, for `merge` of another recount of the same scopes."""
        return {name: gathering.gathered for name, gathering in self._types.items()}

    def merge(self, gathered: Mapping[str, Gathered]) -> None:
        """Take in what another recount of the same scopes gathered, of other events."""
        for name, of_type in gathered.items():
            self._types[name].merge(of_type)

    def result(self) -> Recount:
        """The counts in the order of scopes, then of events."""
        counted = _Counts(self._scopes)
        groups = [
            (position, gathering, group)
            for gathering in self._types.values()
            for group, position in enumerate(gathering.gathered.first_positions)
        ]
        for _, gathering, group in sorted(groups, key=itemgetter(0)):
            counted.add(gathering.targets[group], gathering.gathered, group)
        return Recount(counted.counts(), counted.uncountable())


CountPlace = tuple[int, str, int, Dimensions]
"""Scope, meter, version and dimension values."""


class _Counts:
    """Counts put together from groups."""

    def __init__(self, scopes: Sequence[CountingScope]) -> None:
        self._scopes = scopes
        self._folds: dict[CountPlace, Fold] = {}
        self._transactions: dict[CountPlace, list[Transaction]] = {}
        self._left_out: list[tuple[int, Uncountable]] = []

    def add(self, targets: Sequence[Target], gathered: Gathered, group: int) -> None:
        partials, left_out = iter(gathered.partials.get(group, ())), gathered.left_out.get(group, ())
        for target in targets:
            version, dimensions, reading, is_folded = target.counted
            place = (target.scope, version.key, version.version, dimensions)
            events = gathered.events[group]
            if left_out:
                events -= self._leave_out(target, left_out)
            if is_folded:
                self._merge(place, next(partials))
            elif events:
                self._add(place, version, events, 0 if reading is None else gathered.totals[reading][group])

    def counts(self) -> dict[CountKey, Count]:
        return dict(self._count(*item) for item in sorted(self._folds.items(), key=_scope_of))

    def uncountable(self) -> tuple[Uncountable, ...]:
        return tuple(item for _, item in sorted(self._left_out, key=lambda left: (left[0], left[1].position)))

    def _add(self, place: CountPlace, version: MeterVersion, events: int, total: int | Decimal) -> None:
        fold = self._folds.get(place)
        if fold is None:
            fold = self._folds[place] = fold_of(version, self._scopes[place[0]])
        assert isinstance(fold, Additive)
        fold.add_total(events, total)

    def _merge(self, place: CountPlace, partial: Partial) -> None:
        if partial.is_empty:
            return
        fold = self._folds.setdefault(place, partial.fold)
        if fold is not partial.fold:
            fold.merge(partial.fold)
        self._transactions.setdefault(place, []).extend(partial.transactions)

    def _leave_out(self, target: Target, left_out: Iterable[LeftOut]) -> int:
        """List what a target leaves out; how many there are."""
        version = target.counted.version
        mine = [each for each in left_out if each.reading == target.counted.reading]
        # What was carried is uncountable in the period that it occurred in.
        for each in () if target.is_carried else mine:
            place = self._place(target.scope)
            item = Uncountable(*place, version.key, version.version, each.position, each.reason)
            self._left_out.append((target.scope, item))
        return len(mine)

    def _count(self, place: CountPlace, fold: Fold) -> tuple[CountKey, Count]:
        scope, meter, version, dimensions = place
        amount, transactions = fold.amount, self._transactions.get(place, ())
        count = Count(fold.version.quantity(amount), fold.events, amount, tuple(sorted(transactions)))
        return CountKey(*self._place(scope), meter, version, dimensions), count

    def _place(self, scope: int) -> tuple[str, datetime]:
        return self._scopes[scope].subscription.id, self._scopes[scope].period.start


def _scope_of(item: tuple[CountPlace, Fold]) -> int:
    return item[0][0]
