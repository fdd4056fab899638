"""The recount: the pure fold that turns logged events into quantities.

This is the second, exact count. It shares no code with the live projection, so that a fault in one cannot hide in the
other; only the definitions they read are common.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from gateway.core.events import LoggedEvent
from gateway.core.metering.columns import EventColumns, columns_of, properties_read
from gateway.core.metering.counts import Count, CountingScope, CountKey, Recount, Uncountable
from gateway.core.metering.gathering import Gathered, Gathering, LeftOut
from gateway.core.metering.partials import Partial
from gateway.core.metering.sums import CountColumns, Sums, add_cells
from gateway.core.metering.targets import Counted, Taker, TypeRules
from gateway.core.metering.timeline import timelines_of
from gateway.core.numbers import exact

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
        timelines = timelines_of(scopes)
        self.read = properties_read({id(meter): meter for scope in scopes for meter in scope.meters}.values())
        """What has to be read of the events of each type; others do not count."""
        self._scopes = scopes
        self._types = {name: Gathering(TypeRules(name, scopes), timelines) for name in self.read}

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

    @exact
    def result(self) -> Recount:
        """The counts in the order of scopes, then of the kinds of their events as they were met."""
        counts = _Counts(self._scopes)
        for gathering in self._types.values():
            counts.add(gathering)
        return Recount(counts.counts(), counts.uncountable())


class _Counts:
    """Counts put together from groups: what adds up as the number of events and their total."""

    def __init__(self, scopes: Sequence[CountingScope]) -> None:
        self._columns = CountColumns(scopes)
        self._sums: dict[Counted, dict[int, tuple[int, int | Decimal]]] = {}
        self._partials: dict[Counted, dict[int, Partial]] = {}
        self._left_out: list[tuple[int, Uncountable]] = []

    def add(self, gathering: Gathering) -> None:
        """Add what was gathered of a type."""
        cells = gathering.own_cells()
        if cells is None:
            self._add_groups(gathering)
        else:
            add_cells(self._columns, gathering, cells)

    def counts(self) -> dict[CountKey, Count]:
        """What all groups come to."""
        for counted, by_scope in self._sums.items():
            self._columns.add_sums(counted, by_scope, Sums(*zip(*by_scope.values(), strict=True)))
        for counted, partials in self._partials.items():
            self._columns.add(counted, partials, map(_count, partials.values()))
        return self._columns.in_order()

    def uncountable(self) -> tuple[Uncountable, ...]:
        """What the meters left out."""
        return tuple(item for _, item in sorted(self._left_out, key=lambda left: (left[0], left[1].position)))

    def _add_groups(self, gathering: Gathering) -> None:
        gathered = gathering.gathered
        totals = {reading: gathered.values(reading) for reading in gathered.totals}
        for group, targets in gathering.targets(list(gathered.numbers())):
            partials, left_out = iter(gathered.partials.get(group, ())), gathered.left_out.get(group)
            for taker, counted in targets:
                for each in counted:
                    events, reading = gathered.events[group], each.reading
                    if left_out:
                        events -= self._leave_out(taker, each, left_out)
                    if each.additive is None:
                        self._merge(taker.number, each, next(partials))
                    else:
                        sums = self._sums.setdefault(each, {})
                        known, total = sums.get(taker.number, (0, 0))
                        more = 0 if reading is None else totals[reading][group]
                        sums[taker.number] = known + events, total + more

    def _merge(self, scope: int, counted: Counted, partial: Partial) -> None:
        if not partial.is_empty:
            known = self._partials.setdefault(counted, {}).setdefault(scope, partial)
            if known is not partial:
                known.merge(partial)

    def _leave_out(self, taker: Taker, counted: Counted, left_out: Iterable[LeftOut]) -> int:
        """List what is left out of a count; how many there are."""
        mine = [each for each in left_out if each.reading == counted.reading]
        # What was carried is uncountable in the period that it occurred in.
        for each in () if taker.is_carried else mine:
            place = taker.scope.subscription.id, taker.scope.period.start, *counted.place[:2]
            self._left_out.append((taker.number, Uncountable(*place, each.position, each.reason)))
        return len(mine)


def _count(partial: Partial) -> Count:
    fold = partial.fold
    return Count(fold.version.quantity(fold.amount), fold.events, fold.amount, tuple(sorted(partial.transactions)))
