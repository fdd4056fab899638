"""The time of each customer, cut where what counts their events changes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from operator import add
from typing import NamedTuple

from gateway.core.metering.counts import CountingScope
from gateway.core.metering.meter import Meter
from gateway.core.time import EPOCH

NumberedScope = tuple[int, CountingScope]
"""A scope with its place among those that were asked for."""

_Cuts = tuple[datetime, ...]


class Slot(NamedTuple):
    """From `start` on until the customer's next slot, the same scopes and meter versions count all events."""

    start: datetime
    scopes: Sequence[NumberedScope]


NOWHERE = Slot(EPOCH, ())


@dataclass(frozen=True, slots=True)
class Timelines:
    """The slots of all customers in one row, where each has a number: the cell.

    A customer's slots lie side by side from the first cell on, between the cuts. No scope counts before the first cut
    and after the last, nor from cell 0 on, where those customers are of whom nothing is counted. `common` are the cuts
    of all customers, if they have the same.
    """

    cuts: Mapping[str, _Cuts]
    common: _Cuts | None
    first_cells: Mapping[str, int]
    slots: Sequence[Slot]

    def cells(self, customers: Sequence[str], instants: Sequence[datetime]) -> Iterable[int]:
        """The cell of each event."""
        cuts = map(self.cuts.get, customers, repeat(())) if self.common is None else repeat(self.common)
        return map(add, map(self.first_cells.get, customers, repeat(0)), map(bisect_right, cuts, instants))


def timelines_of(scopes: Sequence[CountingScope]) -> Timelines:
    """The timelines of the customers that scopes are of."""
    # Thousands of scopes share their meters.
    shared = {id(scope.meters): scope.meters for scope in scopes}
    changes = {name: _changes_of(meters) for name, meters in shared.items()}
    by_customer: dict[str, list[tuple[NumberedScope, _Changes]]] = {}
    for number, scope in enumerate(scopes):
        by_customer.setdefault(scope.subscription.customer, []).append(((number, scope), changes[id(scope.meters)]))
    return _side_by_side(by_customer)


def _side_by_side(by_customer: Mapping[str, Sequence[tuple[NumberedScope, "_Changes"]]]) -> Timelines:
    # One object where customers have the same, which stays in the processor's cache.
    same: dict[_Cuts, _Cuts] = {}
    cuts = {customer: same.setdefault(own := _cuts(scopes), own) for customer, scopes in by_customer.items()}
    common = next(iter(same)) if len(same) == 1 else None
    slots = [NOWHERE] * (1 + len(common or ()))
    first_cells: dict[str, int] = {}
    for customer, scopes in by_customer.items():
        first_cells[customer] = len(slots)
        slots += _slots(cuts[customer], scopes)
    return Timelines(cuts, common, first_cells, slots)


class _Changes(NamedTuple):
    """Whether any of some meters carries on what came before, and when their versions come into force."""

    carries: bool
    instants: Sequence[datetime]

    def first(self, scope: CountingScope) -> datetime:
        """The first instant whose events may count."""
        return scope.carries_from if self.carries else scope.period.start


def _changes_of(meters: Sequence[Meter]) -> _Changes:
    versions = [version for meter in meters for version in meter.versions]
    return _Changes(any(each.carries for each in versions), sorted({each.effective_from for each in versions}))


def _cuts(scopes: Sequence[tuple[NumberedScope, _Changes]]) -> _Cuts:
    edges: set[datetime] = set()
    for (_, scope), changes in scopes:
        start, end = scope.period.start, scope.period.end
        edges.update((changes.first(scope), start, end), (at for at in changes.instants if start < at < end))
    return tuple(sorted(edges))


def _slots(cuts: _Cuts, scopes: Sequence[tuple[NumberedScope, _Changes]]) -> list[Slot]:
    by_slot: list[list[NumberedScope]] = [[] for _ in cuts]
    for numbered, changes in scopes:
        first, end = changes.first(numbered[1]), numbered[1].period.end
        for slot in range(bisect_left(cuts, first), bisect_left(cuts, end)):
            by_slot[slot].append(numbered)
    return [NOWHERE, *map(Slot, cuts, by_slot)]
