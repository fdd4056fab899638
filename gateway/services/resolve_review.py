"""Resolve the review of a held invoice: let it go out, wait, draft it again, or make nothing of it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from gateway.core.audit import AuditAction
from gateway.core.errors import IllegalTransition
from gateway.core.gate.discrepancy import Resolution
from gateway.core.gate.review import Decision, Review, require_second_person
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.credit_notes import Voiding
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text
from gateway.services.approve import approve_within
from gateway.services.installation import Installation
from gateway.services.remember import once
from gateway.services.review import GATEWAY, record_decision
from gateway.services.void_invoice import void_within

_Deed = Callable[[UnitOfWork, Installation, Resolution], None]


def resolve_review(
    installation: Installation,
    review_id: str,
    decision: Decision,
    actor: str,
    reason: str,
    idempotency_key: str,
    until: datetime | None = None,
) -> str:
    """Decide about a held invoice, with a reason that is kept; answers with the review's id.

    Accepting the recount lets the invoice go out as it is. Waiting has it drafted again at `until`, with the events
    that came until then; re-rating has it drafted again by the next billing run. Voiding makes nothing of it, ever.
    Raises `NotFound`, `IllegalTransition` once it is resolved, `SecondPersonNeeded`, `InvalidValue` without a reason or
    with a wrong time, and `KeyReused`.
    """
    request = {
        "request": "resolve review",
        "review": review_id,
        "decision": decision,
        "reason": reason,
        "until": until and instant_text(until),
    }

    def work(unit: UnitOfWork) -> str:
        _lock_invoice(unit, review_id)
        review = unit.reviews.lock(review_id)
        resolution = Resolution(review.subject, actor, reason, installation.business_clock.now())
        _decide(unit, installation, review, decision, resolution, until)
        return review_id

    return once(installation, actor, idempotency_key, request, work)


def approve(installation: Installation, invoice_id: str, actor: str, reason: str, idempotency_key: str) -> str:
    """Approve a held invoice as the recount has it, which resolves its review; answers with the invoice's id.

    Raises `NotFound`, `IllegalTransition` if it is not held, `SecondPersonNeeded`, `InvalidValue` without a reason, and
    `KeyReused` if the actor's key came with another request before.
    """
    request = {"request": "approve", "invoice": invoice_id, "reason": reason}
    resolution = Resolution(invoice_id, actor, reason, installation.business_clock.now())

    def work(unit: UnitOfWork) -> str:
        invoice = unit.invoices.lock(invoice_id)
        if invoice.status is not InvoiceStatus.HELD:
            raise IllegalTransition(f"Invoice {invoice.id} is {invoice.status}; only a held one can be approved")
        review = unit.reviews.open_of([invoice_id])[invoice_id]
        _decide(unit, installation, review, Decision.ACCEPT_RECOUNT, resolution)
        return invoice_id

    return once(installation, actor, idempotency_key, request, work)


def draft_waited_again(installation: Installation) -> None:
    """Void the drafts that waited for late events until now, so that the run that follows makes them again."""
    now = installation.business_clock.now()
    waited = installation.storage.read(lambda unit: unit.reviews.waited(now))
    for each in waited:
        installation.storage.transact(partial(_draft_again, installation, each))


def _decide(
    unit: UnitOfWork,
    installation: Installation,
    review: Review,
    decision: Decision,
    resolution: Resolution,
    until: datetime | None = None,
) -> None:
    decided = review.decided(decision, resolution.actor, resolution.resolved_at, until)
    if installation.gate.two_people:
        require_second_person(resolution.actor, _concerned(unit, review))
    unit.reviews.put(decided)
    record_decision(unit, installation, decided, resolution.actor, resolution.reason, until)
    _DEEDS[decision](unit, installation, resolution)


def _lock_invoice(unit: UnitOfWork, review_id: str) -> None:
    """Lock the invoice before its review, as everybody does."""
    found = unit.reviews.by_ids([review_id]).get(review_id)
    if found is not None and unit.invoices.by_ids([found.subject]):
        unit.invoices.lock(found.subject)


def _concerned(unit: UnitOfWork, review: Review) -> frozenset[str]:
    """Who assigned a review, and who corrected events of the customer in the periods of its invoice."""
    entries = unit.audit.of_subjects([review.id]).get(review.id, [])
    assigned = {each.actor for each in entries if each.action is AuditAction.REVIEW_ASSIGNED}
    return frozenset(assigned | _correctors(unit, unit.invoices.get(review.subject)))


def _correctors(unit: UnitOfWork, invoice: Invoice) -> set[str]:
    since = min((line.period.start for line in invoice.lines), default=invoice.key.boundary_at)
    corrections = unit.log.corrections(0, invoice.cut_off, [invoice.customer])
    return {each.actor for each in corrections if each.recorded_at >= since}


def _draft_again(installation: Installation, review: Review, unit: UnitOfWork) -> None:
    invoice = unit.invoices.lock(review.subject)
    present = unit.reviews.lock(review.id)
    if present == review and invoice.status is InvoiceStatus.HELD:
        unit.reviews.put(review.resolved(installation.business_clock.now()))
        record_decision(unit, installation, review, GATEWAY, "the time to wait for late events is over", None)
        _void(unit, installation, Resolution(invoice.id, GATEWAY, "drafted again", installation.business_clock.now()))


def _void(unit: UnitOfWork, installation: Installation, resolution: Resolution) -> None:
    voiding = Voiding(resolution.invoice_id, resolution.actor, resolution.reason, resolution.resolved_at)
    void_within(unit, installation, voiding, installation.ids.new("dlv"))


def _wait(_unit: UnitOfWork, _installation: Installation, _resolution: Resolution) -> None:
    """The invoice stays held."""


_DEEDS: Mapping[Decision, _Deed] = {
    Decision.ACCEPT_RECOUNT: approve_within,
    Decision.WAIT: _wait,
    Decision.RE_RATE: _void,
    Decision.VOID: _void,
}
