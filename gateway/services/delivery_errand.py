"""One claimed delivery on its way: its journal and its lease, whatever the document is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from gateway.core.delivery import Delivery, DeliveryStatus, Step, StepRecord, step_key
from gateway.core.ports.storage import UnitOfWork
from gateway.core.webhooks import WebhookEvent
from gateway.plugin_api import DocumentKind, ExternalDocument, ExternalJournal
from gateway.plugin_guard import GuardedProvider, GuardedTarget
from gateway.services.announce import announce
from gateway.services.connected import UnderWay, note_attempt
from gateway.services.delivery_failures import after_failure, is_key_spent
from gateway.services.installation import Installation

P = TypeVar("P", bound=GuardedProvider | GuardedTarget)
lease = timedelta(seconds=60)
settling_time = timedelta(minutes=10)
"""A request that has not been answered for so long is not under way any more."""
look_back_margin = timedelta(days=1)
_ANNOUNCED = {
    DeliveryStatus.DELIVERED: WebhookEvent.DELIVERY_DELIVERED,
    DeliveryStatus.PARKED: WebhookEvent.DELIVERY_PARKED,
}


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a claimed delivery; no `status` if another worker took it over meanwhile."""

    delivery_id: str
    document_id: str
    status: DeliveryStatus | None
    reason: str | None = None

    @property
    def has_lost_lease(self) -> bool:
        """Whether another worker took the delivery over, so that nothing of this attempt was kept."""
        return self.status is None

    def __str__(self) -> str:
        return f"{self.document_id} {self.status or 'lost lease'}"


class LeaseLost(Exception):
    """Another worker has claimed the delivery since, or may have."""


def nothing_else(_: UnitOfWork) -> None:
    """Nothing more belongs to a transaction."""


class JournalledErrand(ABC, Generic[P]):
    """Which steps of a delivery are done, and which one is under way, wherever it goes."""

    def __init__(self, installation: Installation, provider: P, delivery: Delivery, leased_until: datetime) -> None:
        self.installation = installation
        self.provider = provider
        self.delivery = delivery
        self.steps: dict[Step, StepRecord] = {}
        self._leased_until = leased_until
        self._sending: Step | None = None

    @abstractmethod
    def run(self) -> DeliveryReport:
        """Make every step that is not done yet. Raises `LeaseLost`, and whatever goes wrong."""

    def fail(self, error: Exception, jitter: int) -> DeliveryReport:
        """Journal what went wrong: the delivery is tried again later, or parked."""
        now = self.installation.system_clock.now()
        settled = after_failure(error, self.delivery, now, jitter)
        spent = self.steps[self._sending] if self._sending and is_key_spent(error) else None

        def settle(unit: UnitOfWork) -> bool:
            if spent is not None:
                unit.deliveries.start_step(self.delivery, spent.step, now, spent.revision + 1)
            note_attempt(unit, self.installation, self.delivery.connection, error)
            return self._settle(unit, settled)

        is_held = self.installation.storage.transact(settle)
        return self._report(settled.status if is_held else None, settled.reason if is_held else None)

    def begin(self, step: Step, kind: str, our_id: str, also: Callable[[UnitOfWork], None] = nothing_else) -> str:
        """Journal, with a new lease, that a call is about to be made, and what else belongs to that.

        Answers with the call's idempotency key. Raises `LeaseLost`.
        """
        now = self.installation.system_clock.now()
        start = next_start(step, self.steps.get(step), now, self._window)

        def begin(unit: UnitOfWork) -> None:
            is_held = unit.deliveries.renew(self.delivery, now + lease)
            if not (is_held and unit.deliveries.start_step(self.delivery, step, start.started_at, start.revision)):
                raise LeaseLost
            also(unit)

        self.installation.storage.transact(begin)
        self.steps[step], self._sending, self._leased_until = start, step, now + lease
        return step_key(self.delivery.connection, kind, our_id, start.revision, step)

    def finish(
        self,
        step: Step,
        made: ExternalDocument | ExternalJournal,
        also: Callable[[UnitOfWork], None] = nothing_else,
    ) -> None:
        """Journal the answer, and what else follows from it. Raises `LeaseLost`."""

        def finish(unit: UnitOfWork) -> None:
            self.note_answer(unit, step, made)
            also(unit)

        self.installation.storage.transact(finish)
        self._sending = None

    def note_answer(self, unit: UnitOfWork, step: Step, made: ExternalDocument | ExternalJournal) -> None:
        """Journal the answer, within a transaction. Raises `LeaseLost`."""
        start = self.steps[step]
        # Another delivery may have started the step, so that this one has no start in its journal.
        is_held = unit.deliveries.start_step(self.delivery, step, start.started_at, start.revision)
        if not (is_held and unit.deliveries.finish_step(self.delivery, step, made.ref)):
            raise LeaseLost

    def conclude(self, work: Callable[[UnitOfWork], None], reason: str | None = None) -> DeliveryReport:
        """Journal the delivery as done, with what follows; `reason` if nothing had to be done. Raises `LeaseLost`."""
        done = replace(self.delivery, status=DeliveryStatus.DELIVERED, due_at=None, reason=reason, remedy=None)

        def conclude(unit: UnitOfWork) -> None:
            # An answer that is older may lack what was followed already and will not be again.
            if self.installation.system_clock.now() >= self._leased_until:
                raise LeaseLost
            work(unit)
            note_attempt(unit, self.installation, self.delivery.connection, None)
            self._settle(unit, done)

        self.installation.storage.transact(conclude)
        return self._report(done.status, reason)

    def _settle(self, unit: UnitOfWork, settled: Delivery) -> bool:
        """Store what became of it and announce that, unless another worker has it now."""
        is_held = unit.deliveries.settle(settled)
        if is_held and settled.status in _ANNOUNCED:
            announce(unit, self.installation, _ANNOUNCED[settled.status], settled)
        return is_held

    @property
    def _window(self) -> timedelta:
        return timedelta(seconds=self.provider.capabilities.idempotency_window_seconds)

    def _report(self, status: DeliveryStatus | None, reason: str | None = None) -> DeliveryReport:
        return DeliveryReport(self.delivery.id, self.delivery.document_id, status, reason)


class Errand(JournalledErrand[GuardedProvider]):
    """A delivery to a billing provider."""

    def find(
        self, step: Step, kind: DocumentKind, our_id: str, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """What an earlier attempt at `step` left at the provider; nothing if there was none."""
        started = self.steps.get(step)
        if started is None:
            return None
        since = started.first_started_at - look_back_margin
        return self.provider.find(kind, our_id, since, customer_ref)


def next_start(step: Step, started: StepRecord | None, now: datetime, window: timedelta) -> StepRecord:
    """The start to journal for a call whose document is proven absent.

    The same again while the provider remembers its key, which makes a request that is still under way harmless; else
    one with another key. Raises `UnderWay` while a request without such protection may still be under way.
    """
    if started is None:
        return StepRecord(step, now, now)
    age = now - started.started_at
    if age < window:
        return started
    require_settled(step, age)
    return replace(started, started_at=now, ref=None, revision=started.revision + 1)


def require_settled(step: Step, age: timedelta) -> None:
    """Raise `UnderWay` while a request of that age may still be under way."""
    if age < settling_time:
        raise UnderWay(f"An earlier attempt to make the {step} may be under way", (settling_time - age).seconds + 1)
