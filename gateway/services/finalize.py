"""Finalize an invoice: credit, number, books and outbox in one transaction."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from gateway.core.credits.application import AppliedCredit
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaidBy, PaymentStatus
from gateway.core.invoicing.quoted_taxes import QuotedTaxes
from gateway.core.legal_entity import LegalEntity, issued_number
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.core.webhooks import WebhookEvent
from gateway.services.announce import announce
from gateway.services.apply_credit import apply_credit_to
from gateway.services.carry_over import carry_over
from gateway.services.enqueue import enqueue
from gateway.services.installation import Installation
from gateway.services.post_revenue import begin_revenue
from gateway.services.shadow_run import shadow
from gateway.services.tax_quotes import quoting_connection, request_quote, with_quote


def finalize(installation: Installation, invoice_id: str) -> Invoice:
    """Apply credit to an approved invoice, number it, book it and put it into the outbox: all of it, or nothing.

    Whom it is for, as the customer is described by now, when it is due and who numbers the legal invoice are kept with
    it.
    What a total below zero leaves becomes credit of the customer, and the invoice is settled. Finalizing it again
    changes nothing. An invoice without lines, of a period without usage, has nothing to deliver. Where the provider
    computes taxes, one that has no quote for the lines that it has now stays approved, and a quote is asked for.
    Raises `IllegalTransition` if it is not approved, `NotFound` if it is not there.
    """
    delivery_id = installation.ids.new("dlv")
    try:
        return installation.storage.transact(lambda unit: _finalize(unit, installation, invoice_id, delivery_id))
    except _NotQuoted:
        return installation.storage.transact(lambda unit: _ask(unit, installation, invoice_id, delivery_id))


class _NotQuoted(Exception):
    """The taxes of an invoice are not quoted for the lines that it has now; nothing that was done is kept."""


def _ask(unit: UnitOfWork, installation: Installation, invoice_id: str, delivery_id: str) -> Invoice:
    invoice = unit.invoices.lock(invoice_id)
    if invoice.status is InvoiceStatus.APPROVED:
        request_quote(unit, installation, invoice, delivery_id)
    return invoice


def _finalize(unit: UnitOfWork, installation: Installation, invoice_id: str, delivery_id: str) -> Invoice:
    invoice = unit.invoices.lock(invoice_id)
    if invoice.status is InvoiceStatus.FINALIZED:
        return invoice
    now = installation.business_clock.now()
    invoice.moved_to(InvoiceStatus.FINALIZED)
    if invoice.carried_over.amount_minor:
        # Before its wallets, as everywhere.
        unit.definitions.lock_customer(invoice.customer)
    applied = _with_credit(unit, installation, invoice, now)
    issuer = unit.legal_entities.get(invoice.legal_entity)
    series = issuer.series(installation.number_series).invoices
    number = issued_number(series, unit.invoices.take_number(series, issuer.key))
    customer = unit.definitions.customers_by_key([invoice.customer])[invoice.customer]
    due_on = _due_on(installation, customer, issuer, applied, now)
    numbered_by = _numbered_by(installation, customer)
    finalized = applied.invoice.finalized(number, now, issuer.version, customer.addressee, due_on, numbered_by)
    unit.invoices.update_status(finalized)
    begin_revenue(unit, finalized, now)
    carry_over(unit, installation, finalized)
    if finalized.total.amount_minor and not applied.due.amount_minor:
        paid_by = PaidBy.CREDIT if applied.paid.amount_minor else None
        finalized = replace(finalized, payment_status=PaymentStatus.PAID, paid_by=paid_by)
        unit.invoices.update_payment(finalized.id, finalized.payment_status, now, finalized.paid_by)
    if finalized.lines:
        connection = enqueue(unit, installation, delivery_id, finalized.id, finalized)
        shadow(unit, installation, finalized, connection)
    announce(unit, installation, WebhookEvent.INVOICE_FINALIZED, finalized)
    return finalized


def _numbered_by(installation: Installation, customer: Customer) -> DocumentIssuer:
    """Who numbers the legal invoice: as the connection says to which it goes."""
    name = customer.connection or installation.connection
    issuers = (each.issuer for each in installation.connections if each.connection == name)
    return next(issuers, DocumentIssuer.GATEWAY)


def _due_on(
    installation: Installation, customer: Customer, issuer: LegalEntity, applied: AppliedCredit, now: datetime
) -> date | None:
    """Until when what is due is to be paid: so many days after it became final in the books; None if nothing is."""
    days = installation.payment_days if customer.payment_days is None else customer.payment_days
    return issuer.accounting_day(now) + timedelta(days=days) if applied.due.amount_minor else None


def _with_credit(unit: UnitOfWork, installation: Installation, invoice: Invoice, now: datetime) -> AppliedCredit:
    """The invoice with what promotional credit takes off and with quoted taxes, if it has any; paid credit pays of it
    without changing it. Raises `_NotQuoted`.
    """
    connection = quoting_connection(unit, installation, invoice)
    quoted = unit.invoices.quote(invoice.id) if connection is not None else None
    applied = apply_credit_to(unit, invoice if quoted is None else with_quote(invoice, quoted), now)
    if connection is not None and not _is_quoted(applied.invoice, quoted, connection):
        raise _NotQuoted
    if applied.invoice != invoice:
        unit.invoices.apply_terms(applied.invoice)
    return applied


def _is_quoted(invoice: Invoice, quoted: QuotedTaxes | None, connection: str) -> bool:
    return quoted is not None and quoted.connection == connection and quoted.fits(invoice.lines)
