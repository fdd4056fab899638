"""The audit log: who did what to what."""

from datetime import datetime
from typing import Self

import strawberry

from gateway.core import audit as core
from gateway.core.time import from_microseconds, microseconds
from gateway.schema.types.page import Paging

ENTRIES: Paging[core.AuditEntry] = Paging("audit entries", (int, str), lambda each: (microseconds(each.at), each.id))


def place_of(cursor: str | None) -> tuple[datetime, str] | None:
    """The place that a cursor names, as storage knows it."""
    place = ENTRIES.after(cursor)
    return None if place is None else (from_microseconds(place[0]), place[1])


@strawberry.type
class AuditDetail:
    """One more thing to know of a deed."""

    name: str = strawberry.field(description="What it says.")
    value: str = strawberry.field(description="It, as a text.")


@strawberry.type
class AuditEntry:
    """Who did what to what, when and why; kept for ever as it is."""

    id: strawberry.ID = strawberry.field(description="Opaque, and the same for ever.")
    at: datetime = strawberry.field(description="When, by the machine's clock.")
    actor: str = strawberry.field(description="The id of the key that did it; `cli` or `command line` for a command.")
    action: core.AuditAction = strawberry.field(description="What was done.")
    subject: strawberry.ID = strawberry.field(description="The id of what it was done to.")
    customer: str | None = strawberry.field(description="The key of the customer whom it concerns; null if it is none.")
    reason: str | None = strawberry.field(description="Why, where somebody has to say so.")
    details: list[AuditDetail] = strawberry.field(description="What else there is to know of it.")

    @classmethod
    def from_core(cls, entry: core.AuditEntry) -> Self:
        """The same entry."""
        return cls(
            id=strawberry.ID(entry.id),
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            subject=strawberry.ID(entry.subject),
            customer=entry.customer,
            reason=entry.reason,
            details=[AuditDetail(name=name, value=value) for name, value in entry.details],
        )
