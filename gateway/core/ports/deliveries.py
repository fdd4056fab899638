"""What the services ask of the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.delivery import Delivery, DeliveryStatus, Step, StepRecord


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries to list; None takes all."""

    status: DeliveryStatus | None = None
    document_id: str | None = None


class Deliveries(Protocol):
    """The transactional outbox, its journal of steps, and references to what providers hold."""

    def add(self, delivery: Delivery) -> None:
        """Put a document into the outbox."""
        ...

    def claim(self, connection: str, now: datetime, lease_until: datetime) -> Delivery | None:
        """Take the delivery that is due longest and not leased, with the next fencing token; documents before moves."""
        ...

    def renew(self, delivery: Delivery, lease_until: datetime) -> bool:
        """Extend a lease; False if another worker has claimed the delivery since."""
        ...

    def steps(self, delivery_id: str) -> dict[Step, StepRecord]:
        """The journal of a delivery."""
        ...

    def start_step(self, delivery: Delivery, step: Step, at: datetime, revision: int = 0) -> bool:
        """Journal, in place of an earlier start, that a call is about to be made; False if the fence is stale."""
        ...

    def starts(self, connection: str, step: Step, customer: str) -> list[StepRecord]:
        """The journalled starts of `step` for all invoices and moves of a customer, oldest first."""
        ...

    def finish_step(self, delivery: Delivery, step: Step, ref: str) -> bool:
        """Journal the provider's answer; False if the fencing token is stale."""
        ...

    def settle(self, delivery: Delivery) -> bool:
        """Store status, attempts, due time and reason of a pending delivery, and give up the lease.

        False if the fencing token is stale or the delivery is settled already.
        """
        ...

    def resume(self, delivery_id: str, now: datetime) -> Delivery:
        """Make a parked delivery due again. Raises `NotFound`, or `IllegalTransition` if it is not parked."""
        ...

    def settle_parked(self, delivery_id: str, reason: str) -> Delivery:
        """Make a parked delivery a delivered one, for a reason. Raises as `resume`."""
        ...

    def customers(self, delivery_ids: Sequence[str]) -> dict[str, str]:
        """The keys of the customers whom deliveries are about, of those that are about one."""
        ...

    def page(self, matching: DeliveryFilter, after: str | None, limit: int) -> list[Delivery]:
        """Deliveries by id, after the id `after`."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, Delivery]:
        """Those of `ids` that exist."""
        ...

    def journals(self, delivery_ids: Sequence[str]) -> dict[str, list[StepRecord]]:
        """The journals of deliveries, in the order of starting."""
        ...

    def by_document(self, document_ids: Sequence[str]) -> dict[str, list[Delivery]]:
        """The deliveries of documents."""
        ...

    def counts(self) -> dict[DeliveryStatus, int]:
        """How many deliveries there are in each state that any is in."""
        ...

    def next_due_at(self, connection: str) -> datetime | None:
        """When the next pending delivery is due."""
        ...

    def put_ref(self, connection: str, kind: str, our_id: str, their_id: str) -> None:
        """Remember what the provider calls our document."""
        ...

    def refs(self, connection: str, kind: str, our_ids: Sequence[str]) -> dict[str, str]:
        """Their ids by ours."""
        ...

    def forget_ref(self, connection: str, kind: str, our_id: str) -> None:
        """Forget what the provider called a document that it does not have any more."""
        ...

    def start_over(self, connection: str, document_id: str, now: datetime) -> None:
        """Make a delivered document due again, with other keys for all steps but the customer's. Raises `NotFound`."""
        ...

    def our_id(self, connection: str, kind: str, their_id: str) -> str | None:
        """Our id by theirs."""
        ...

    def changes_seen(self, connection: str) -> datetime | None:
        """Up to when the provider's changes have been applied."""
        ...

    def set_changes_seen(self, connection: str, seen: datetime) -> None:
        """Remember it."""
        ...
