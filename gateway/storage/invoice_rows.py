"""Invoices, lines and holds to the values of their rows, and back."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from gateway.core.addressee import Addressee
from gateway.core.gate.discrepancy import Cause, Discrepancy, DiscrepancyKind, EventName
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceLine, InvoiceStatus, PaidBy, PaymentStatus
from gateway.core.invoicing.terms_documents import (
    discount_shares_document,
    discount_shares_from,
    tax_shares_document,
    tax_shares_from,
    terms_document,
    terms_from,
)
from gateway.core.metering.meter import Dimensions
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import Timing
from gateway.core.rating.rate import RatingStep


def invoice_values(invoice: Invoice) -> dict[str, object]:
    """The invoice's own row; its lines have theirs."""
    return {
        "id": invoice.id,
        "subscription_id": invoice.key.subscription_id,
        "boundary_at": invoice.key.boundary_at,
        "kind": invoice.key.kind,
        "sequence": invoice.key.sequence,
        "customer": invoice.customer,
        "plan": invoice.plan,
        "plan_version": invoice.plan_version,
        "currency": invoice.currency,
        "issued_on": invoice.issued_on.isoformat(),
        "cut_off": invoice.cut_off,
        "meter_versions": json.dumps(invoice.meter_versions),
        "inputs_hash": invoice.inputs_hash,
        "engine_version": invoice.engine_version,
        "terms": json.dumps(terms_document(invoice.terms)),
        "total_minor": invoice.total.amount_minor,
        "status": invoice.status,
        "payment_status": invoice.payment_status,
        "paid_by": invoice.paid_by,
        "number": invoice.number,
        "finalized_at": invoice.finalized_at,
        "legal_entity": invoice.legal_entity,
        "legal_entity_version": invoice.legal_entity_version,
        "billed_before": json.dumps(invoice.billed_before),
        **issued_values(invoice),
    }


def invoice_from(row: Row[Any], lines: tuple[InvoiceLine, ...]) -> Invoice:
    """The invoice with its lines."""
    return Invoice(
        id=row.id,
        key=InvoiceKey(row.subscription_id, row.boundary_at, row.kind, row.sequence),
        customer=row.customer,
        plan=row.plan,
        plan_version=row.plan_version,
        currency=row.currency,
        issued_on=date.fromisoformat(row.issued_on),
        cut_off=row.cut_off,
        inputs_hash=row.inputs_hash,
        engine_version=row.engine_version,
        lines=lines,
        status=InvoiceStatus(row.status),
        payment_status=PaymentStatus(row.payment_status),
        paid_by=None if row.paid_by is None else PaidBy(row.paid_by),
        number=row.number,
        finalized_at=row.finalized_at,
        meter_versions=tuple((meter, count) for meter, count in json.loads(row.meter_versions)),
        terms=terms_from(json.loads(row.terms)),
        legal_entity=row.legal_entity,
        legal_entity_version=row.legal_entity_version,
        billed_before=tuple(json.loads(row.billed_before)),
        addressee=None if row.addressee is None else Addressee.from_document(json.loads(row.addressee)),
        due_on=None if row.due_on is None else date.fromisoformat(row.due_on),
        numbered_by=DocumentIssuer(row.numbered_by),
    )


def issued_values(invoice: Invoice) -> dict[str, object]:
    """Whom the invoice is for, until when it is to be paid, and who numbers it."""
    return {
        "addressee": None if invoice.addressee is None else json.dumps(invoice.addressee.document),
        "due_on": None if invoice.due_on is None else invoice.due_on.isoformat(),
        "numbered_by": invoice.numbered_by,
    }


def line_values(invoice_id: str, ordinal: int, line: InvoiceLine) -> dict[str, object]:
    """One line's row; its currency is the invoice's."""
    return {
        "invoice_id": invoice_id,
        "ordinal": ordinal,
        "price": line.price,
        "description": line.description,
        "period_start": line.period.start,
        "period_end": line.period.end,
        "quantity": line.quantity,
        "amount_minor": line.amount.amount_minor,
        "exact_amount": line.exact_amount,
        "steps": _steps_text(line.steps),
        "timing": line.timing,
        "dimensions": json.dumps(line.dimensions),
        "meter": line.meter,
        "meter_version": line.meter_version,
        "discounts": json.dumps(discount_shares_document(line.discounts)),
        "taxes": json.dumps(tax_shares_document(line.taxes)),
    }


def line_from(row: Row[Any], currency: str) -> InvoiceLine:
    """One line of an invoice in `currency`."""
    return InvoiceLine(
        price=row.price,
        description=row.description,
        period=BillingPeriod(row.period_start, row.period_end),
        quantity=row.quantity,
        amount=Money(row.amount_minor, currency),
        exact_amount=row.exact_amount,
        steps=_steps_from(row.steps),
        timing=Timing(row.timing),
        dimensions=_dimensions_from(row.dimensions),
        meter=row.meter,
        meter_version=row.meter_version,
        discounts=discount_shares_from(json.loads(row.discounts), currency),
        taxes=tax_shares_from(json.loads(row.taxes), currency),
    )


def discrepancy_values(invoice_id: str, ordinal: int, item: Discrepancy) -> dict[str, object]:
    """The row of one hold."""
    return {
        "invoice_id": invoice_id,
        "ordinal": ordinal,
        "kind": item.kind,
        "meter": item.meter,
        "dimensions": json.dumps(item.dimensions),
        "expected": item.expected,
        "found": item.found,
        "detail": item.detail,
        "events": json.dumps([[event.position, event.source, event.id] for event in item.events]),
        "cause": item.cause,
    }


def discrepancy_from(row: Row[Any]) -> Discrepancy:
    """One hold."""
    dimensions = _dimensions_from(row.dimensions)
    events = tuple(EventName(*each) for each in json.loads(row.events))
    cause = None if row.cause is None else Cause(row.cause)
    kind = DiscrepancyKind(row.kind)
    return Discrepancy(kind, row.meter, dimensions, row.expected, row.found, row.detail, events, cause)


def _steps_text(steps: Sequence[RatingStep]) -> str:
    """Numbers as they are, trailing zeros included, so that a line reads the same for ever."""
    return json.dumps([
        [step.label, *map(str, (step.units, step.unit_amount, step.flat_amount, step.amount))] for step in steps
    ])  # fmt: skip


def _steps_from(text: str) -> tuple[RatingStep, ...]:
    return tuple(RatingStep(label, *map(Decimal, numbers)) for label, *numbers in json.loads(text))


def _dimensions_from(text: str) -> Dimensions:
    return tuple((name, value) for name, value in json.loads(text))
