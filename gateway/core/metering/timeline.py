"""The time of one customer, cut where what counts their events changes."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from gateway.core.metering.counts import CountingScope
from gateway.core.metering.meter import Meter

NumberedScope = tuple[int, CountingScope]
"""A scope with its place among those that were asked for."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Slot n lasts from `cuts[n - 1]` until `cuts[n]`: the same scopes and meter versions count all events of it.

    `scopes` are, by slot, those that may count any; none do before the first cut and after the last.
    """

    cuts: Sequence[datetime]
    scopes: Sequence[Sequence[NumberedScope]]


def timelines_of(scopes: Iterable[CountingScope]) -> Mapping[str, Timeline]:
    """The timelines of the customers that scopes are of."""
    known: dict[int, _Changes] = {}
    by_customer: dict[str, list[tuple[NumberedScope, _Changes]]] = {}
    for number, scope in enumerate(scopes):
        # Thousands of scopes share their meters.
        changes = known.get(id(scope.meters))
        if changes is None:
            changes = known[id(scope.meters)] = _changes_of(scope.meters)
        by_customer.setdefault(scope.subscription.customer, []).append(((number, scope), changes))
    return {customer: _timeline(found) for customer, found in by_customer.items()}


class _Changes(NamedTuple):
    """Whether any of some meters carries on what came before, and when their versions come into force."""

    carries: bool
    instants: Sequence[datetime]


def _changes_of(meters: Sequence[Meter]) -> _Changes:
    versions = [version for meter in meters for version in meter.versions]
    return _Changes(any(each.carries for each in versions), sorted({each.effective_from for each in versions}))


def _timeline(scopes: Sequence[tuple[NumberedScope, _Changes]]) -> Timeline:
    edges: set[datetime] = set()
    spans: list[tuple[NumberedScope, datetime, datetime]] = []
    for numbered, changes in scopes:
        scope = numbered[1]
        start, end = scope.period.start, scope.period.end
        first = scope.carries_from if changes.carries else start
        edges.update((first, start, end), (at for at in changes.instants if start < at < end))
        spans.append((numbered, first, end))
    cuts = sorted(edges)
    by_slot: list[list[NumberedScope]] = [[] for _ in range(len(cuts) + 1)]
    for numbered, first, end in spans:
        for slot in range(bisect_right(cuts, first), bisect_right(cuts, end)):
            by_slot[slot].append(numbered)
    return Timeline(cuts, by_slot)
