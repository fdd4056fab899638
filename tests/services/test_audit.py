"""What people do is in the audit log, with who and why, once."""

from dataclasses import replace
from datetime import timedelta

from gateway.core.audit import AuditAction, AuditEntry
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.audit import AuditFilter
from gateway.services.correct_event import CorrectionRequest, amend_event, void_event
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.resolve_review import approve
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, Company


def logged(company: Company) -> list[AuditEntry]:
    found: list[AuditEntry] = company.read(lambda unit: unit.audit.page(AuditFilter(), None, 10))
    return [replace(each, id="") for each in found]


def invoice_with(company: Company, status: InvoiceStatus) -> Invoice:
    """The first invoice in a state, of February."""
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "lots" if status is InvoiceStatus.HELD else "2")
    company.bill(FEBRUARY)
    return next(each for each in company.invoices() if each.status is status and each.key.boundary_at == FEBRUARY)


def test_letting_a_held_invoice_go_out_is_in_the_audit_log_once(company: Company) -> None:
    held = invoice_with(company, InvoiceStatus.HELD)
    for _ in range(2):
        approve(company.installation, held.id, "ada", "asked the customer", "key")
    approved, resolved, opened = logged(company)
    assert approved == AuditEntry(
        "", FEBRUARY, "ada", AuditAction.INVOICE_APPROVED, held.id, "acme", "asked the customer"
    )
    assert (resolved.actor, resolved.action, resolved.reason) == ("ada", "review.resolved", "asked the customer")
    assert (opened.actor, opened.action) == ("gateway", "review.opened")


def test_voiding_an_invoice_is_in_the_audit_log(company: Company) -> None:
    made = invoice_with(company, InvoiceStatus.FINALIZED)
    void_invoice(company.installation, made.id, "ada", "wrong plan", "key")
    details = (("number", made.number), ("total", f"{made.total} USD"))
    assert logged(company) == [
        AuditEntry("", FEBRUARY, "ada", AuditAction.INVOICE_VOIDED, made.id, "acme", "wrong plan", details)
    ]


def test_a_credit_note_is_in_the_audit_log(company: Company) -> None:
    made = invoice_with(company, InvoiceStatus.FINALIZED)
    note = credit_invoice(company.installation, CreditRequest(made.id, "goodwill"), "ada", "key")
    [entry] = logged(company)
    assert (entry.action, entry.subject, entry.customer, entry.reason) == (
        AuditAction.CREDIT_NOTE_ISSUED,
        note,
        "acme",
        "goodwill",
    )
    assert dict(entry.details) == {"invoice": made.id, "number": "INV-CN-000001", "total": f"{made.total} USD"}


def test_corrections_of_events_are_in_the_audit_log(company: Company) -> None:
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "2")
    amend_event(company.installation, CorrectionRequest("test", "upload-1", "typing", "ada", "1"), {"gigabytes": 3})
    company.clock.advance(timedelta(days=1))
    void_event(company.installation, CorrectionRequest("test", "upload-1", "sent twice", "bob", "2"))
    told = [(each.action, each.actor, each.subject, each.reason, each.details) for each in logged(company)]
    of_event = ("source", "test"), ("id", "upload-1")
    assert told == [
        (AuditAction.EVENT_VOIDED, "bob", "event:2", "sent twice", (*of_event, ("corrected at", "3"))),
        (AuditAction.EVENT_AMENDED, "ada", "event:1", "typing", (*of_event, ("corrected at", "2"))),
    ]
