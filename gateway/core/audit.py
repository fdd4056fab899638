"""The audit log: who did what to what, when and why; entries are never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.faults import require, text_fault

details_max = 50
detail_length_max = 2_000

Details = tuple[tuple[str, str], ...]
"""What else there is to know of a deed, by name."""


class AuditAction(StrEnum):
    """What was done."""

    INVOICE_APPROVED = "invoice.approved"
    INVOICE_VOIDED = "invoice.voided"
    INVOICE_RERATED = "invoice.rerated"
    CREDIT_NOTE_ISSUED = "credit_note.issued"
    EVENT_VOIDED = "event.voided"
    EVENT_AMENDED = "event.amended"
    REVIEW_OPENED = "review.opened"
    REVIEW_ASSIGNED = "review.assigned"
    REVIEW_COMMENTED = "review.commented"
    REVIEW_POSTPONED = "review.postponed"
    REVIEW_RESOLVED = "review.resolved"
    PROVIDER_DIFFERENCE_ANSWERED = "provider_difference.answered"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed of `actor` to `subject`, the id of a thing, of `customer` if it is one's; `at` is system time."""

    id: str
    at: datetime
    actor: str
    action: AuditAction
    subject: str
    customer: str | None = None
    reason: str | None = None
    details: Details = ()

    def __post_init__(self) -> None:
        require(
            ("actor", text_fault(self.actor)),
            ("subject", text_fault(self.subject)),
            ("reason", None if self.reason is None else text_fault(self.reason)),
            ("details", _details_fault(self.details)),
        )


def _details_fault(details: Details) -> str | None:
    if len(details) > details_max:
        return f"are {len(details)}; keep at most {details_max}"
    faults = (text_fault(name) or (text and text_fault(text, detail_length_max)) for name, text in details)
    return next((f"have one that {fault}" for fault in faults if fault), None)
