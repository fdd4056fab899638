"""What the services ask of the storage of the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.audit import AuditAction, AuditEntry


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to list, `since` and before `until`; None takes all."""

    subject: str | None = None
    actor: str | None = None
    action: AuditAction | None = None
    customer: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditLog(Protocol):
    """Who did what to what."""

    def record(self, entry: AuditEntry) -> None:
        """Append an entry, in the transaction in which it is done."""
        ...

    def page(self, matching: AuditFilter, after: tuple[datetime, str] | None, limit: int) -> list[AuditEntry]:
        """Entries, the newest first, behind a place in that order: a time and an id."""
        ...

    def count(self, matching: AuditFilter) -> int:
        """How many there are."""
        ...

    def of_subjects(self, subjects: Sequence[str]) -> dict[str, list[AuditEntry]]:
        """All entries about these things, the oldest first."""
        ...
