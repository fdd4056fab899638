"""Record usage events: every event ends in one outcome, and concurrent requests share one durable commit."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from time import sleep
from typing import NamedTuple

from gateway.core.events import Outcome
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.services.group_commit import GroupCommit, KnownNames, Receipt, Request
from gateway.services.installation import Installation
from gateway.services.recent_events import RecentEvents, RecordedRun
from gateway.wire.events import EventBatch

requests_per_commit_max = 200
crowd_of_requests_min = 16
gather_seconds = 0.001

Answer = list[Receipt] | BaseException
OnDone = Callable[[Answer], None]


class _Pending(NamedTuple):
    request: Request
    on_done: OnDone


class Recorder:
    """Records batches of events; safe to use from any thread.

    With group commit (the default), requests that arrive while a commit is under way share the next one.
    """

    def __init__(
        self, installation: Installation, recent: RecentEvents | None = None, has_group_commit: bool = True
    ) -> None:
        self.recent = RecentEvents() if recent is None else recent
        self.outcomes: Counter[Outcome] = Counter()
        self._installation = installation
        self._known = KnownNames()
        self._requests_max = requests_per_commit_max if has_group_commit else 1
        self._lock = threading.Lock()
        self._pending: list[_Pending] = []
        self._commits_under_way = 0
        self._is_crowded = False

    def record(self, batch: EventBatch) -> list[Receipt]:
        """The receipts of the batch's events in the order sent, once what they say is durable.

        Raises what storage raises: nothing was recorded then, or (a connection lost while committing) all of it was.
        Sending the same ids again finds out.
        """
        done: Future[list[Receipt]] = Future()

        def resolve(answer: Answer) -> None:
            if isinstance(answer, BaseException):
                done.set_exception(answer)
            else:
                done.set_result(answer)

        self.submit(batch, resolve)
        return done.result()

    def submit(self, batch: EventBatch, on_done: OnDone) -> None:
        """Record without waiting; `on_done` is called once, on another thread, and must neither raise nor wait."""
        pending = _Pending(Request.of(batch), on_done)
        with self._lock:
            self._pending.append(pending)
            if self._commits_under_way and self._requests_max > 1:
                return
            self._commits_under_way += 1
        self._submit_commit()

    def _submit_commit(self) -> None:
        commit = _Commit(self._take, self._installation, self._known, self.recent)
        try:
            future = self._installation.storage.submit(commit.run, Priority.INGEST)
        except RuntimeError as error:  # the storage is closed
            self._fail(commit, error)
            return
        future.add_done_callback(lambda finished: self._finish(commit, finished))

    def _take(self) -> list[_Pending]:
        if self._is_crowded:
            # Senders who were just answered send again at once: to wait for them costs less than a commit of their own.
            sleep(gather_seconds)
        with self._lock:
            taken, self._pending = self._pending[: self._requests_max], self._pending[self._requests_max :]
        is_small = all(len(each.request.batch.events) == 1 for each in taken)
        self._is_crowded = is_small and len(taken) >= crowd_of_requests_min
        return taken

    def _finish(self, commit: "_Commit", finished: "Future[list[list[Receipt]]]") -> None:
        error = finished.exception()
        if error is not None:
            self._fail(commit, error)
            return
        self._go_on()
        self.recent.add(commit.runs)
        answers = finished.result()
        self.outcomes.update([receipt.outcome for receipts in answers for receipt in receipts])
        for pending, receipts in zip(commit.taken, answers, strict=True):
            pending.on_done(receipts)

    def _fail(self, commit: "_Commit", error: BaseException) -> None:
        # A commit that failed before its turn began took nothing yet; those who wait hear of it all the same.
        failed = commit.taken or self._take()
        self._go_on()
        for pending in failed:
            pending.on_done(error)

    def _go_on(self) -> None:
        with self._lock:
            self._commits_under_way -= 1
            has_more = bool(self._pending) and not self._commits_under_way
            self._commits_under_way += has_more
        if has_more:
            self._submit_commit()


class _Commit:
    """The work of one transaction; it may run again, with the requests it took at first."""

    def __init__(
        self, take: Callable[[], list[_Pending]], installation: Installation, known: KnownNames, recent: RecentEvents
    ) -> None:
        self.taken: list[_Pending] = []
        self.runs: list[RecordedRun] = []
        self._take = take
        self._installation = installation
        self._known = known
        self._recent = recent

    def run(self, unit: UnitOfWork) -> list[list[Receipt]]:
        # Taken here, when the writer's turn has come: so all that waited for it share the commit.
        self.taken = self.taken or self._take()
        group = GroupCommit(
            unit, self._known, self._recent, self._installation.ids, self._installation.business_clock.now()
        )
        receipts = group.record([pending.request for pending in self.taken])
        self.runs = group.runs()
        return receipts
