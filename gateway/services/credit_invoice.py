"""Credit an invoice: a document that gives a part or all of it back, with books and outbox in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.audit import AuditAction
from gateway.core.errors import GatewayError, IllegalTransition
from gateway.core.faults import require, text_fault
from gateway.core.invoicing.credit_notes import (
    CreditItem,
    CreditNote,
    CreditNoteLine,
    CreditRefused,
    Disposition,
    came_back,
    credit_lines,
    remaining_items,
    total_of,
)
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceStatus
from gateway.core.ledger import entry_for_settled
from gateway.core.legal_entity import issued_number
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import local_date
from gateway.core.webhooks import WebhookEvent
from gateway.services.announce import announce
from gateway.services.audit import record_deed
from gateway.services.enqueue import enqueue
from gateway.services.grant_credit import give_to_wallet
from gateway.services.installation import Installation
from gateway.services.legal_entities import is_in_books_of_issuer
from gateway.services.post_revenue import post_today
from gateway.services.remember import once


class CreditExceeded(GatewayError):
    """A credit note over more than is left of its invoice, or of one of the lines."""

    code = "CREDIT_EXCEEDED"


@dataclass(frozen=True, slots=True)
class CreditRequest:
    """What to give back of an invoice, why and how; all that is left of it where no items are named."""

    invoice_id: str
    reason: str
    disposition: Disposition = Disposition.RECEIVABLE
    items: tuple[CreditItem, ...] = ()

    def __post_init__(self) -> None:
        require(("reason", text_fault(self.reason)))


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What a credit note gives back, why, how, and who says so."""

    lines: tuple[CreditNoteLine, ...]
    reason: str
    disposition: Disposition
    actor: str

    def total(self, currency: str) -> Money:
        """What the customer gets back."""
        return total_of(currency, (line.gross for line in self.lines))


def credit_invoice(installation: Installation, request: CreditRequest, actor: str, idempotency_key: str) -> str:
    """Issue a credit note on a finalized invoice; answers with its id.

    Raises `CreditExceeded` for more than is left, `IllegalTransition` for an invoice that is not finalized, `NotFound`,
    `InvalidValue` for a line that it does not have, and `KeyReused`.
    """
    items = [[item.line, str(item.amount)] for item in request.items]
    asked = {
        "request": "credit",
        "invoice": request.invoice_id,
        "reason": request.reason,
        "disposition": request.disposition,
        "items": items,
    }
    ids, now = (installation.ids.new("cn"), installation.ids.new("dlv")), installation.business_clock.now()

    def issue(unit: UnitOfWork) -> str:
        # Locked, so that of two notes at once the second sees what the first has left.
        invoice = unit.invoices.lock(request.invoice_id)
        lines = _lines(unit, invoice, request.items)
        given = GivenBack(lines, request.reason, request.disposition, actor)
        return issue_credit_note(unit, installation, invoice, given, ids, now)

    return once(installation, actor, idempotency_key, asked, issue)


def preview_credit(unit: UnitOfWork, request: CreditRequest) -> tuple[CreditNoteLine, ...]:
    """The lines that a credit note would have. Raises what `credit_invoice` raises."""
    invoice = unit.invoices.get(request.invoice_id)
    return _lines(unit, invoice, request.items)


def issue_credit_note(
    unit: UnitOfWork,
    installation: Installation,
    invoice: Invoice,
    given: GivenBack,
    ids: tuple[str, str],
    now: datetime,
) -> str:
    """Issue a note on an invoice that is locked; answers with its id, the first of `ids`.

    The second is that of its delivery. Raises `IllegalTransition` where its disposition is not possible.
    """
    note_id, delivery_id = ids
    _require_creditable(unit, invoice, given.disposition)
    issuer = unit.legal_entities.get(invoice.legal_entity)
    series = issuer.series(installation.number_series).credit_notes
    subscription = unit.definitions.subscriptions_by_id([invoice.key.subscription_id])[invoice.key.subscription_id]
    note = CreditNote(
        id=note_id,
        invoice_id=invoice.id,
        customer=invoice.customer,
        currency=invoice.currency,
        issued_on=local_date(now, subscription.zone),
        reason=given.reason,
        lines=given.lines,
        dispositions=((given.disposition, given.total(invoice.currency)),),
        created_at=now,
        number=issued_number(series, unit.invoices.take_number(series, issuer.key)),
        legal_entity=issuer.key,
        legal_entity_version=issuer.version,
    )
    unit.credit_notes.add(note)
    post_today(unit, invoice, f"invoice-credited:{note.id}", now)
    entry = entry_for_settled(note, issuer)
    if entry is not None:
        unit.books.post(entry)
    if given.disposition is Disposition.WALLET and note.total.amount_minor > 0:
        give_to_wallet(unit, installation, note.customer, note.total, f"credit note {note.number}")
    enqueue(unit, installation, delivery_id, note.id, invoice)
    announce(unit, installation, WebhookEvent.CREDIT_NOTE_ISSUED, note)
    record_deed(
        unit,
        installation,
        given.actor,
        AuditAction.CREDIT_NOTE_ISSUED,
        note.id,
        customer=note.customer,
        reason=note.reason,
        details={"invoice": invoice.id, "number": note.number, "total": f"{note.total} {note.currency}"},
    )
    return note.id


def _require_creditable(unit: UnitOfWork, invoice: Invoice, disposition: Disposition) -> None:
    if disposition is Disposition.WALLET and not is_in_books_of_issuer(unit, invoice):
        whose = f"Customer {invoice.customer!r} belongs to another legal entity than {invoice.legal_entity!r}"
        raise IllegalTransition(
            f"{whose}, which issued invoice {invoice.id}; give it back in another way than as credit"
        )


def _lines(unit: UnitOfWork, invoice: Invoice, items: Sequence[CreditItem]) -> tuple[CreditNoteLine, ...]:
    if invoice.status is not InvoiceStatus.FINALIZED:
        raise IllegalTransition(f"Invoice {invoice.id} is {invoice.status}; only a finalized one can be credited")
    earlier = list(given_back(unit, invoice))
    asked = items or remaining_items(invoice, earlier)
    if not asked:
        raise CreditExceeded(f"Nothing of invoice {invoice.id} is left to credit")
    found = credit_lines(invoice, earlier, asked)
    if isinstance(found, CreditRefused):
        raise CreditExceeded(found.message)
    return found


def given_back(unit: UnitOfWork, invoice: Invoice) -> Iterator[CreditNoteLine]:
    """What there is no more of an invoice: by credit notes, and by the invoice that closed its phase early."""
    for note in unit.credit_notes.of_invoices([invoice.id]).get(invoice.id, ()):
        yield from note.lines
    phase = unit.definitions.subscriptions_by_id([invoice.key.subscription_id]).get(invoice.key.subscription_id)
    if phase is not None and phase.ends_at is not None:
        closing = unit.invoices.by_key(InvoiceKey(phase.id, phase.ends_at))
        yield from () if closing is None else came_back(invoice, closing)
