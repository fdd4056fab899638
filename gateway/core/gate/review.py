"""A review: what waits for a person, who looks at it, and what was decided."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.core.errors import GatewayError, IllegalTransition, InvalidValue
from gateway.core.faults import text_fault


class SecondPersonNeeded(GatewayError):
    """A review that somebody else has to resolve than who was concerned with it before."""

    code = "SECOND_PERSON_NEEDED"


class ReviewKind(StrEnum):
    """What is looked at: a held invoice, or a difference between a document and what a provider holds."""

    INVOICE = "invoice"
    PROVIDER_DIFFERENCE = "provider_difference"


class ReviewStatus(StrEnum):
    """Where a review is."""

    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"


class Decision(StrEnum):
    """What a person decides about a held invoice."""

    ACCEPT_RECOUNT = "accept_recount"
    WAIT = "wait"
    RE_RATE = "re_rate"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Review:
    """One thing that waits. `subject` is the id of the invoice or difference; times are business times.

    While it is waiting, the invoice is drafted again at `waits_until`, with the events that came until then. A
    difference is resolved without a decision: by its answer, or because it is gone.
    """

    id: str
    kind: ReviewKind
    subject: str
    opened_at: datetime
    customer: str | None = None
    status: ReviewStatus = ReviewStatus.OPEN
    assignee: str | None = None
    waits_until: datetime | None = None
    decision: Decision | None = None
    decided_by: str | None = None
    resolved_at: datetime | None = None

    def assigned_to(self, assignee: str | None) -> "Review":
        """This review, with somebody to look at it; None takes it from whoever had it."""
        self.require_open()
        if assignee is not None and (fault := text_fault(assignee)):
            raise InvalidValue(f"The assignee of a review {fault}")
        return replace(self, assignee=assignee)

    def decided(self, decision: Decision, actor: str, now: datetime, until: datetime | None = None) -> "Review":
        """This review after a decision about its invoice. Raises `IllegalTransition`, and `InvalidValue` for a time to
        wait until that is missing, over, or given for another decision.
        """
        self.require_open()
        if self.kind is not ReviewKind.INVOICE:
            raise IllegalTransition(f"Review {self.id} is of a difference; answer that, and the review is resolved")
        if (decision is Decision.WAIT) != (until is not None):
            raise InvalidValue("A time is given to wait until, and for no other decision")
        if until is None:
            return replace(self.resolved(now), decision=decision, decided_by=actor)
        if until <= now:
            raise InvalidValue(f"{until.isoformat()} is over; wait until a time that is to come")
        waiting = replace(self, status=ReviewStatus.WAITING, waits_until=until)
        return replace(waiting, decision=decision, decided_by=actor)

    def resolved(self, now: datetime) -> "Review":
        """This review, which waits for nobody any more."""
        return replace(self, status=ReviewStatus.RESOLVED, waits_until=None, resolved_at=now)

    def require_open(self) -> None:
        """Raise `IllegalTransition` once it is resolved."""
        if self.status is ReviewStatus.RESOLVED:
            raise IllegalTransition(f"Review {self.id} is resolved")


def require_second_person(actor: str, concerned: frozenset[str]) -> None:
    """Raise `SecondPersonNeeded` if `actor` is one of those who were concerned with it before."""
    if actor in concerned:
        raise SecondPersonNeeded(f"{actor!r} assigned the review or corrected its events; let somebody else resolve it")
