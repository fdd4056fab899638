"""What is left to be paid of an invoice."""

from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.invoicing.invoice import Invoice
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork


def due_of(unit: UnitOfWork, invoice: Invoice) -> Money:
    """What is left to be paid of an invoice, after credit, payments that were recorded, and what was credited of it."""
    paid = unit.credits.paid_for([invoice.id]).get(invoice.id, 0)
    paid += sum(each.amount.amount_minor for each in unit.invoices.payments([invoice.id]).get(invoice.id, []))
    notes = unit.credit_notes.of_invoices([invoice.id]).get(invoice.id, [])
    shares = [share for note in notes for share in note.dispositions]
    credited = sum(amount.amount_minor for how, amount in shares if how is Disposition.RECEIVABLE)
    return Money(max(0, invoice.payable.amount_minor - paid - credited), invoice.currency)
