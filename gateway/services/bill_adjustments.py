"""Bill what re-rating found owed: on the next invoice of the customer, or on an invoice of its own."""

from dataclasses import replace
from datetime import datetime

from gateway.core.invoicing.invoice import ADJUSTMENT, Invoice, InvoiceKey, InvoiceStatus
from gateway.core.ports.rerating import Adjustment
from gateway.core.ports.storage import UnitOfWork
from gateway.core.rerating.revision import BookedAs, Revision
from gateway.core.subscriptions.subscription import Boundary
from gateway.core.time import local_date
from gateway.services.draft_invoices import rated
from gateway.services.due_boundaries import DueBoundary


def with_adjustments(invoice: Invoice, adjustments: list[Adjustment]) -> Invoice:
    """A draft with what waits for it, behind its own lines."""
    return replace(invoice, lines=(*invoice.lines, *(each.line for each in adjustments)))


def has_next_invoice(unit: UnitOfWork, invoice: Invoice) -> bool:
    """Whether the customer will get another invoice in the same currency from the same legal entity."""
    customer = unit.definitions.customers_by_key([invoice.customer])[invoice.customer]
    if customer.legal_entity != invoice.legal_entity:
        return False
    subscriptions = unit.definitions.subscriptions([invoice.customer])
    billed = unit.invoices.billed_boundaries([each.id for each in subscriptions])
    return any(
        (each.ends_at is None or InvoiceKey(each.id, each.ends_at) not in billed)
        and unit.definitions.plan_version(each.plan, each.plan_version).currency == invoice.currency
        for each in subscriptions
    )


def adjustment_invoice(
    unit: UnitOfWork, original: Invoice, revision: Revision, invoice_id: str, now: datetime
) -> Invoice | None:
    """Store an approved invoice over what a revision found owed; None where it found nothing to bill."""
    adjustments = [
        Adjustment(revision.id, place, each.line)
        for place, each in enumerate(revision.booked)
        if each.booked_as is BookedAs.ADJUSTMENT
    ]
    if not adjustments:
        return None
    subscription = unit.definitions.subscriptions_by_id([original.key.subscription_id])[original.key.subscription_id]
    plan = unit.definitions.plan_version(original.plan, original.plan_version)
    nothing = DueBoundary(subscription, plan, Boundary(original.key.boundary_at, None, None, None, None))
    draft, _ = rated(nothing, (), unit.definitions.meters(), invoice_id, revision.cut_off, original.terms)
    invoice = replace(
        with_adjustments(draft, adjustments),
        key=InvoiceKey(original.key.subscription_id, original.key.boundary_at, ADJUSTMENT, revision.number),
        issued_on=local_date(now, subscription.zone),
        legal_entity=original.legal_entity,
    ).moved_to(InvoiceStatus.APPROVED)
    is_new = unit.invoices.add(invoice, ())
    assert is_new, "every revision of an invoice has a number of its own"
    unit.rerating.bill(adjustments, invoice.id)
    return invoice
