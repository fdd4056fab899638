"""Answer a difference: a person says what is to become of it, and the document goes on."""

from collections.abc import Callable

from gateway.core.audit import AuditAction
from gateway.core.delivery import voided_document
from gateway.core.errors import IllegalTransition
from gateway.core.invoicing.invoice import InvoiceStatus, PaymentStatus
from gateway.core.ports.credit_notes import Voiding
from gateway.core.ports.storage import UnitOfWork
from gateway.core.provider_differences import VOID, DifferenceAnswer, DifferenceKind, ProviderDifference
from gateway.plugin_api import DocumentKind
from gateway.services.audit import record_deed
from gateway.services.follow_provider import note_payment
from gateway.services.installation import Installation
from gateway.services.remember import once
from gateway.services.review import close_review_of
from gateway.services.void_invoice import void_within

_Deed = Callable[[UnitOfWork, Installation, ProviderDifference], None]


def answer_difference(
    installation: Installation,
    difference_id: str,
    answer: DifferenceAnswer,
    actor: str,
    note: str,
    idempotency_key: str,
) -> str:
    """Settle an open difference, with a note that is kept; answers with its id.

    Accepting takes over what the provider says of payment or void. Delivering again makes what is missing there, or
    voids what is not void there. Resolving changes nothing: the same values are no difference any more. Raises
    `NotFound`, `IllegalTransition` where it is closed or cannot be answered so, `InvalidValue` without a note, and
    `KeyReused`.
    """
    request = {"request": "answer", "difference": difference_id, "answer": answer, "note": note}

    def work(unit: UnitOfWork) -> str:
        _lock_invoice(unit, difference_id)
        difference = unit.differences.lock(difference_id)
        answered = difference.answered(answer, actor, note, installation.system_clock.now())
        unit.differences.put(answered)
        close_review_of(unit, installation, difference_id, actor)
        _DEEDS[answer](unit, installation, answered)
        record_deed(
            unit,
            installation,
            actor,
            AuditAction.PROVIDER_DIFFERENCE_ANSWERED,
            difference_id,
            reason=note,
            details={"answer": answer, "invoice": answered.invoice_id or None},
        )
        return difference_id

    return once(installation, actor, idempotency_key, request, work)


def _lock_invoice(unit: UnitOfWork, difference_id: str) -> None:
    """Lock the invoice before the difference, as everybody does."""
    found = unit.differences.by_ids([difference_id]).get(difference_id)
    if found is not None and found.invoice_id:
        unit.invoices.lock(found.invoice_id)


def _accept(unit: UnitOfWork, installation: Installation, difference: ProviderDifference) -> None:
    if difference.kind is DifferenceKind.PAYMENT:
        _take_over_payment(unit, installation, difference)
    elif _is_void_there_only(unit, difference):
        assert difference.actor is not None, "whoever accepts is known"
        voiding = Voiding(
            difference.invoice_id, difference.actor, difference.note or "", installation.business_clock.now()
        )
        void_within(unit, installation, voiding, installation.ids.new("dlv"))
    else:
        raise IllegalTransition(
            f"{difference.theirs!r} cannot be accepted: our document never changes. Correct it there, void or credit it"
            " here, or resolve the difference with a note"
        )


def _take_over_payment(unit: UnitOfWork, installation: Installation, difference: ProviderDifference) -> None:
    invoice = unit.invoices.get(difference.invoice_id)
    note_payment(unit, installation, invoice, PaymentStatus(difference.theirs), None)


def _is_void_there_only(unit: UnitOfWork, difference: ProviderDifference) -> bool:
    is_status = difference.kind is DifferenceKind.STATUS and difference.document_kind == DocumentKind.INVOICE
    if not is_status or unit.invoices.get(difference.invoice_id).status is InvoiceStatus.VOID:
        return False
    held = unit.differences.held(difference.connection, difference.document_kind, [difference.document_id])
    return difference.document_id in held and held[difference.document_id].status == VOID


def _redeliver(unit: UnitOfWork, installation: Installation, difference: ProviderDifference) -> None:
    now = installation.system_clock.now()
    connection, document_id = difference.connection, difference.document_id
    if difference.kind is DifferenceKind.MISSING_THERE:
        unit.deliveries.forget_ref(connection, difference.document_kind, document_id)
        unit.differences.forget_held(connection, difference.document_kind, document_id)
        unit.deliveries.start_over(connection, document_id, now)
    elif difference.kind is DifferenceKind.STATUS and unit.invoices.get(document_id).status is InvoiceStatus.VOID:
        unit.deliveries.start_over(connection, voided_document(document_id), now)
    else:
        raise IllegalTransition(
            f"A difference in {difference.kind} cannot be delivered again, since the document is there. Correct it"
            " there, or resolve the difference with a note"
        )


def _resolve(_unit: UnitOfWork, _installation: Installation, _difference: ProviderDifference) -> None:
    """Nothing changes but the difference."""


_DEEDS: dict[DifferenceAnswer, _Deed] = {
    DifferenceAnswer.ACCEPT: _accept,
    DifferenceAnswer.REDELIVER: _redeliver,
    DifferenceAnswer.RESOLVE: _resolve,
}
