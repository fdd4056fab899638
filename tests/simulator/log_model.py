"""The model of the log: what was sent with which content, and what has to become of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.core.events import Outcome, QuarantineReason
from gateway.services.group_commit import Receipt
from tests.simulator.promises import require_same
from tests.simulator.specimens import Value

Identity = tuple[str, str]
Answer = tuple[Outcome, int | None]

# As the design says; the code under test has its own.
clock_skew_max = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Sent:
    """An event in a batch; equal ones are the same event, however they are spelled."""

    source: str
    id: str
    type: str
    customer: str
    occurred_at: datetime
    subscription: str | None = None
    values: tuple[tuple[str, Value], ...] = ()

    @property
    def identity(self) -> Identity:
        """What names it for ever."""
        return self.source, self.id

    def value(self, name: str) -> Value | None:
        """One of its properties."""
        return dict(self.values).get(name)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event in quarantine."""

    sent: Sent
    reason: QuarantineReason


@dataclass(slots=True)
class LogModel:
    """What the log holds: events by position, from 1, and events that wait."""

    customers: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    events: list[Sent] = field(default_factory=list)
    positions: dict[Identity, int] = field(default_factory=dict)
    waiting: dict[Identity, Waiting] = field(default_factory=dict)
    accepted_at_once: int = 0

    @property
    def head(self) -> int:
        """The position of the last event."""
        return len(self.events)

    @property
    def acknowledged(self) -> int:
        """How many distinct events were taken, into the log or into quarantine."""
        return len(self.positions) + len(self.waiting)

    def take(self, sent: Sent | None, receipt: Receipt, now: datetime) -> Sent | None:
        """Learn what became of one event of a committed batch; the event, if it is new in the log.

        None stands for an item that is no event. Raises `PromiseBroken` if the receipt is not what it has to be.
        """
        expected = self._expected(sent, now)
        promise = 2 if expected[0] in {Outcome.DUPLICATE, Outcome.CONFLICT} else 7
        require_same(promise, (receipt.outcome, receipt.position), expected, f"the answer to {sent}")
        if sent is None:
            return None
        if receipt.outcome is Outcome.QUARANTINED and sent.identity not in self.waiting:
            reason = self.reason_to_wait(sent, now)
            assert reason is not None
            require_same(7, receipt.reason, reason, f"why {sent} waits")
            self.waiting[sent.identity] = Waiting(sent, reason)
        if receipt.outcome is not Outcome.ACCEPTED:
            return None
        self.accepted_at_once += 1
        return self._append(sent)

    def release(self, identity: Identity, receipt: Receipt, now: datetime) -> Sent | None:
        """Learn what became of an event of the quarantine that was replayed; the event, if it is new in the log."""
        if identity in self.positions:
            expected: Answer = (Outcome.DUPLICATE, self.positions[identity])
        elif self.reason_to_wait(self.waiting[identity].sent, now) is not None:
            expected = (Outcome.QUARANTINED, None)
        else:
            expected = (Outcome.ACCEPTED, self.head + 1)
        require_same(7, (receipt.outcome, receipt.position), expected, f"the answer to a replay of {identity}")
        if receipt.outcome is not Outcome.ACCEPTED:
            return None
        return self._append(self.waiting.pop(identity).sent)

    def reason_to_wait(self, sent: Sent, now: datetime) -> QuarantineReason | None:
        """Why an event cannot be taken yet."""
        if sent.customer not in self.customers:
            return QuarantineReason.UNKNOWN_CUSTOMER
        if sent.type not in self.types:
            return QuarantineReason.UNKNOWN_TYPE
        return QuarantineReason.IN_THE_FUTURE if sent.occurred_at - now > clock_skew_max else None

    def _expected(self, sent: Sent | None, now: datetime) -> Answer:
        if sent is None:
            return Outcome.REJECTED, None
        if (position := self.positions.get(sent.identity)) is not None:
            is_same = self.events[position - 1] == sent
            return Outcome.DUPLICATE if is_same else Outcome.CONFLICT, position
        if sent.identity in self.waiting or self.reason_to_wait(sent, now):
            return Outcome.QUARANTINED, None
        return Outcome.ACCEPTED, self.head + 1

    def _append(self, sent: Sent) -> Sent:
        self.events.append(sent)
        self.positions[sent.identity] = self.head
        return sent
