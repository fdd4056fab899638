"""Carry over what an invoice below zero leaves its customer, and take it back when the invoice becomes void."""

from datetime import datetime

from gateway.core.credits.carried_over import carried_over_grant, carried_over_grant_id
from gateway.core.errors import IllegalTransition
from gateway.core.invoicing.invoice import Invoice
from gateway.core.ports.storage import UnitOfWork
from gateway.services.grant_credit import add_to_wallet
from gateway.services.installation import Installation
from gateway.services.legal_entities import is_in_books_of_issuer
from gateway.services.move_credit import brought_up_to_date
from gateway.services.void_credit import void_grant


def carry_over(unit: UnitOfWork, installation: Installation, invoice: Invoice) -> None:
    """Grant it as paid credit in the customer's own wallet, in the transaction that finalizes the invoice.

    Raises `IllegalTransition` where the customer has moved to another legal entity, whose books its credit is in.
    """
    grant = carried_over_grant(invoice, installation.business_clock.now())
    if grant is None:
        return
    if not is_in_books_of_issuer(unit, invoice):
        raise IllegalTransition(
            f"Invoice {invoice.id} of {invoice.legal_entity!r} leaves credit, and customer {invoice.customer!r} belongs"
            " to another legal entity by now; void it, and bill again"
        )
    add_to_wallet(unit, installation, invoice.customer, invoice.currency, grant, f"invoice {invoice.number}")


def take_back_carried_over(unit: UnitOfWork, invoice: Invoice, now: datetime) -> None:
    """Void the grant of an invoice that becomes void. Raises `IllegalTransition` if some of it has been used."""
    if not invoice.carried_over.amount_minor:
        return
    grant_id = carried_over_grant_id(invoice.id)
    account = brought_up_to_date(unit, unit.credits.lock_wallet(unit.credits.wallet_of_grant(grant_id)), now)
    if account.balances.of(grant_id) < invoice.carried_over.amount_minor:
        raise IllegalTransition(
            f"Invoice {invoice.id} left {invoice.carried_over} {invoice.currency} of credit, and some of it is used;"
            " void the invoices that it paid first"
        )
    void_grant(unit, account, grant_id)
