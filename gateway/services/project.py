"""Keep the live counts current: take what the log has new, fold it, add it, in transactions of its own."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.services.counting_rules import CountingRules, load_counting_rules
from gateway.services.group_commit import kept_events
from gateway.services.installation import Installation
from gateway.services.live_fold import LiveFold
from gateway.services.recent_events import RecentEvents, RecordedRun

chunk_events_max = 60_000
# A customer's counts are rebuilt alone only while that is far less work than reading the whole log again.
rebuild_events_max = 20_000
rebuild_share_max = 10


@dataclass(frozen=True, slots=True)
class AsOf:
    """How current an answer is: live counts hold the log up to `position`, which was at `head` when the read began."""

    position: int
    head: int
    at: datetime

    @property
    def is_current(self) -> bool:
        """Whether everything that was acknowledged before the read is in it."""
        return self.position >= self.head


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What is to be added at `position`, and whether there is more."""

    position: int
    runs: Sequence[RecordedRun]

    @property
    def last_position(self) -> int:
        return self.runs[-1].last_position if self.runs else self.position


class Projector:
    """Projects the log onto the live counts; one a process, and several processes do not disturb each other."""

    def __init__(self, installation: Installation, recent: RecentEvents | None = None) -> None:
        self._installation = installation
        self._recent = RecentEvents() if recent is None else recent
        self._fold: LiveFold | None = None
        self._turn = threading.Lock()

    def bring_up(self, seconds_max: float = 1.0) -> AsOf:
        """Project what was recorded before this call, for about `seconds_max` at most.

        Callers that come while another works wait for it and find the work done.
        """
        clock = self._installation.system_clock
        head = self._installation.storage.read(lambda unit: unit.log.head())
        deadline = clock.now() + timedelta(seconds=seconds_max)
        with self._turn:
            position = self._step()
            while position < head and clock.now() < deadline:
                position = self._step()
        return AsOf(position, head, self._installation.business_clock.now())

    def catch_up(self) -> AsOf:
        """Project all that was recorded before this call, however long it takes."""
        while not (as_of := self.bring_up()).is_current:
            pass
        return as_of

    def _step(self) -> int:
        """Project one chunk; the position reached."""
        fold = self._current_fold()
        chunk = self._installation.storage.read(self._next_chunk)
        if not chunk.runs:
            return chunk.position
        delta = fold.fold(chunk.runs)
        prepared = self._installation.storage.read(lambda unit: unit.live.prepare(delta))

        def apply(unit: UnitOfWork) -> int:
            position = unit.live.lock_position()
            # Another process was faster, or a definition has changed since: fold again from where things stand.
            if position != chunk.position or unit.definitions.version() != fold.rules.version:
                return position
            if not unit.live.apply(prepared, chunk.last_position):
                return position
            _recount_corrected(unit, fold.rules, chunk)
            return chunk.last_position

        return self._installation.storage.transact(apply, Priority.BULK)

    def _next_chunk(self, unit: UnitOfWork) -> _Chunk:
        position = unit.live.position()
        recent = self._recent.after(position, chunk_events_max)
        return _Chunk(position, recent or _read_runs(unit, position))

    def _current_fold(self) -> LiveFold:
        """The fold by the present definitions, with the live counts rebuilt where older ones had counted."""
        version = self._installation.storage.read(lambda unit: unit.definitions.version())
        if self._fold is None or self._fold.rules.version != version:
            self._fold = LiveFold(self._installation.storage.transact(_adopt, Priority.BULK))
        return self._fold


def _recount_corrected(unit: UnitOfWork, rules: CountingRules, chunk: _Chunk) -> None:
    """Count the customers again whose events the chunk corrects: nothing is ever subtracted."""
    corrected = {each.customer for each in unit.log.corrections(chunk.position, chunk.last_position)}
    for customer in sorted(corrected):
        _rebuild(unit, rules, customer, chunk.last_position)


def _read_runs(unit: UnitOfWork, position: int) -> list[RecordedRun]:
    blocks = unit.log.next_blocks(position, chunk_events_max)
    return [RecordedRun(block.first_position, block.recorded_at, kept_events(block)) for block in blocks]


def _adopt(unit: UnitOfWork) -> CountingRules:
    """Load the rules; count again what they change: a few customers by their index, else everything from the start."""
    position = unit.live.lock_position()
    rules = load_counting_rules(unit)
    known = unit.live.fingerprints()
    changed = {name: print_ for name, print_ in rules.fingerprints().items() if known.get(name) != print_}
    if not changed:
        return rules
    customers = [
        customer
        for customer, group in sorted(rules.by_customer.items())
        if any(counted.subscription.id in changed for counted in group)
    ]
    affected = unit.live.customer_event_count(customers) if position else 0
    if affected > max(rebuild_events_max, position // rebuild_share_max):
        unit.live.reset()
        changed = rules.fingerprints()
    elif affected:
        for customer in customers:
            _rebuild(unit, rules, customer, position)
    unit.live.set_fingerprints(changed)
    return rules


def _rebuild(unit: UnitOfWork, rules: CountingRules, customer: str, position: int) -> None:
    """Count a customer's events again by its index; the index itself stays."""
    unit.live.forget(customer, [counted.subscription.id for counted in rules.by_customer.get(customer, ())])
    delta = LiveFold(rules).fold(_customer_runs(unit, customer, position))
    unit.live.apply(unit.live.prepare(replace(delta, index=[])), position)


def _customer_runs(unit: UnitOfWork, customer: str, up_to: int) -> list[RecordedRun]:
    runs: list[RecordedRun] = []
    corrected = {each.corrects for each in unit.log.corrections(0, up_to, [customer])}
    positions = (each for each in unit.live.customer_positions(customer, 0, up_to, None, None) if each not in corrected)
    position = next(positions, None)
    while position is not None:
        # Block by block, because what PostgreSQL streams cannot be read in a transaction that writes.
        block = unit.log.block_at(position)
        events = kept_events(block)
        while position is not None and position <= block.last_position:
            runs.append(RecordedRun(position, block.recorded_at, [events[position - block.first_position]]))
            position = next(positions, None)
    return runs
