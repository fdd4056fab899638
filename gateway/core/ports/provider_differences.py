"""What the services ask of storage about what providers hold, and where that differs from ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.held_documents import HeldDocument
from gateway.core.provider_differences import DifferenceKind, DifferenceState, ProviderDifference


@dataclass(frozen=True, slots=True)
class DifferenceFilter:
    """Which differences to list; None takes all."""

    connection: str | None = None
    state: DifferenceState | None = None
    kind: DifferenceKind | None = None
    invoice_id: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderReconciliation:
    """How a connection was compared last, and whether somebody wants it compared again, from `requested_since` on."""

    connection: str
    requested_at: datetime | None = None
    requested_since: datetime | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    compared: int = 0
    found: int = 0
    not_ours: int = 0
    failure: str | None = None


class ProviderDifferences(Protocol):
    """What providers hold of our documents, and where it differs."""

    def put_held(self, held: HeldDocument) -> None:
        """Store what a provider holds, in place of what was seen before."""
        ...

    def held(self, connection: str, kind: str, our_ids: Sequence[str]) -> dict[str, HeldDocument]:
        """What a connection holds of these documents."""
        ...

    def held_of(self, our_ids: Sequence[str]) -> dict[str, HeldDocument]:
        """What is held of these documents, wherever it is; the newest delivery of each."""
        ...

    def forget_held(self, connection: str, kind: str, our_id: str) -> None:
        """Forget what a connection held of a document that is to be delivered again."""
        ...

    def held_since(
        self, connection: str, since: datetime, after: tuple[datetime, str] | None, limit: int
    ) -> list[HeldDocument]:
        """What was delivered to a connection since, in order of delivery and id, behind a place in that order."""
        ...

    def newest(self, connection: str, kind: str, subject: str) -> dict[DifferenceKind, ProviderDifference]:
        """The newest difference of each kind about one document."""
        ...

    def put(self, difference: ProviderDifference) -> bool:
        """Store a new difference, or what became of one; False if another process has just opened the same."""
        ...

    def lock(self, difference_id: str) -> ProviderDifference:
        """One difference, locked until the transaction ends. Raises `NotFound`."""
        ...

    def page(self, matching: DifferenceFilter, after: str | None, limit: int) -> list[ProviderDifference]:
        """Differences by id, which is by when they were found, after the id `after`."""
        ...

    def count(self, matching: DifferenceFilter) -> int:
        """How many there are."""
        ...

    def count_open(self, legal_entity: str, through: datetime) -> int:
        """How many are open about invoices of a legal entity, of boundaries through an instant, or about none."""
        ...

    def open_of(self, invoice_ids: Sequence[str]) -> dict[str, list[ProviderDifference]]:
        """The open differences of invoices, by id."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, ProviderDifference]:
        """Those of `ids` that exist."""
        ...

    def reconciliation(self, connection: str) -> ProviderReconciliation:
        """How a connection was compared last."""
        ...

    def reconciliations(self) -> dict[str, ProviderReconciliation]:
        """Those of all connections that were ever compared, or are to be."""
        ...

    def set_reconciliation(self, reconciliation: ProviderReconciliation) -> None:
        """Remember it."""
        ...
