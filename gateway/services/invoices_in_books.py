"""Read invoices with all that the books have to know of them."""

from collections.abc import Callable, Sequence
from functools import cache

from gateway.core.invoicing.invoice import Invoice
from gateway.core.legal_entity import LegalEntity
from gateway.core.plans.plan import PlanVersion, Timing
from gateway.core.ports.storage import UnitOfWork
from gateway.core.revenue.invoice_document import InvoiceHistory
from gateway.core.revenue.invoice_postings import InvoiceInBooks

PlanOf = Callable[[str, int], PlanVersion]
"""Reads a version of a plan."""


def invoices_in_books(unit: UnitOfWork, invoice_ids: Sequence[str]) -> list[InvoiceInBooks]:
    """The invoices, in the order given; as many statements for many as for one, but for entities and plans."""
    invoices = unit.invoices.by_ids(invoice_ids)
    notes, voidings = unit.credit_notes.of_invoices(invoice_ids), unit.credit_notes.voidings(invoice_ids)
    facts, delivered = unit.revenue.facts(invoice_ids), unit.revenue.delivered(invoice_ids)
    connections = _connections(unit, list(facts))
    issuer_of, plan_of = cache(unit.legal_entities.get), cache(unit.definitions.plan_version)
    found: list[InvoiceInBooks] = []
    for invoice_id in invoice_ids:
        invoice = invoices[invoice_id]
        issuer: LegalEntity = issuer_of(invoice.legal_entity)
        voiding = voidings.get(invoice_id)
        history = InvoiceHistory(
            commitments=commitments_of(invoice, plan_of),
            notes=tuple(notes.get(invoice_id, ())),
            voided_on=issuer.accounting_day(voiding.voided_at) if voiding else None,
            facts=facts.get(invoice_id, ()),
            delivered=delivered.get(invoice_id, {}),
        )
        found.append(InvoiceInBooks(invoice, issuer, history, connections.get(invoice_id)))
    return found


def commitments_of(invoice: Invoice, plan_of: PlanOf) -> frozenset[str]:
    """The keys of the commitments of its plan, which is read only if a line may be the true-up of one."""
    if not any(line.meter is None and line.timing is Timing.IN_ARREARS for line in invoice.lines):
        return frozenset()
    return frozenset(commitment.key for commitment in plan_of(invoice.plan, invoice.plan_version).commitments)


def _connections(unit: UnitOfWork, invoice_ids: Sequence[str]) -> dict[str, str]:
    """Where the invoices went, and money for them comes from."""
    deliveries = unit.deliveries.by_document(invoice_ids) if invoice_ids else {}
    return {invoice_id: each[0].connection for invoice_id, each in deliveries.items() if each}
