"""Reviews: open one for what waits, say who looks at it, comment on it, and close it with what it was about."""

from datetime import datetime

from gateway.core.audit import AuditAction
from gateway.core.faults import require, text_fault
from gateway.core.gate.review import Decision, Review, ReviewKind
from gateway.core.ports.storage import UnitOfWork
from gateway.services.audit import record_deed
from gateway.services.installation import Installation
from gateway.services.remember import once

GATEWAY = "gateway"
"""Who opens reviews, and closes those of what is gone."""
comment_length_max = 2_000


def open_review(
    unit: UnitOfWork, installation: Installation, kind: ReviewKind, subject: str, customer: str | None
) -> None:
    """Let something wait for a person."""
    now = installation.business_clock.now()
    review = Review(installation.ids.new("rev"), kind, subject, now, customer)
    unit.reviews.put(review)
    _record(unit, installation, review, AuditAction.REVIEW_OPENED, GATEWAY)


def close_review_of(
    unit: UnitOfWork, installation: Installation, subject: str, actor: str, decision: Decision | None = None
) -> None:
    """Resolve what waits of a subject, if anything does, since it was settled elsewhere."""
    review = unit.reviews.open_of([subject]).get(subject)
    if review is None:
        return
    now = installation.business_clock.now()
    decided = review.resolved(now) if decision is None else review.decided(decision, actor, now)
    unit.reviews.put(decided)
    _record(unit, installation, decided, AuditAction.REVIEW_RESOLVED, actor)


def assign_review(
    installation: Installation, review_id: str, assignee: str | None, actor: str, idempotency_key: str
) -> str:
    """Say who is to look at a review, or None for nobody; answers with its id.

    Raises `NotFound`, `IllegalTransition` once it is resolved, `InvalidValue` and `KeyReused`.
    """
    request = {"request": "assign review", "review": review_id, "assignee": assignee}

    def work(unit: UnitOfWork) -> str:
        review = unit.reviews.lock(review_id).assigned_to(assignee)
        unit.reviews.put(review)
        _record(unit, installation, review, AuditAction.REVIEW_ASSIGNED, actor, assignee=assignee or "nobody")
        return review_id

    return once(installation, actor, idempotency_key, request, work)


def comment_review(installation: Installation, review_id: str, text: str, actor: str, idempotency_key: str) -> str:
    """Add a comment to the history of a review, also of a resolved one; answers with its id.

    Raises `NotFound`, `InvalidValue` without a text, and `KeyReused`.
    """
    require(("comment", text_fault(text, comment_length_max)))
    request = {"request": "comment review", "review": review_id, "text": text}

    def work(unit: UnitOfWork) -> str:
        review = unit.reviews.lock(review_id)
        _record(unit, installation, review, AuditAction.REVIEW_COMMENTED, actor, comment=text)
        return review_id

    return once(installation, actor, idempotency_key, request, work)


def record_decision(
    unit: UnitOfWork, installation: Installation, review: Review, actor: str, reason: str, until: datetime | None
) -> None:
    """Write down what was decided about a review, and why."""
    action = AuditAction.REVIEW_RESOLVED if until is None else AuditAction.REVIEW_POSTPONED
    _record(unit, installation, review, action, actor, reason)


def _record(
    unit: UnitOfWork,
    installation: Installation,
    review: Review,
    action: AuditAction,
    actor: str,
    reason: str | None = None,
    **details: str,
) -> None:
    known = {"subject": review.subject, "decision": review.decision, "until": review.waits_until, **details}
    record_deed(unit, installation, actor, action, review.id, customer=review.customer, reason=reason, details=known)
