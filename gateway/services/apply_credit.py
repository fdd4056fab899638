"""Apply a customer's credit to an invoice that is about to be finalized."""

from datetime import datetime

from gateway.core.credits.application import AppliedCredit, apply_credit
from gateway.core.invoicing.invoice import Invoice
from gateway.core.ports.storage import UnitOfWork
from gateway.services.legal_entities import is_in_books_of_issuer
from gateway.services.move_credit import brought_up_to_date, record


def apply_credit_to(unit: UnitOfWork, invoice: Invoice, now: datetime) -> AppliedCredit:
    """The invoice less promotional credit, and what paid credit pays of it; every movement is stored and posted.

    Called once for an invoice, in the transaction that finalizes it: it locks the wallets of the customer. What was
    due before, such as an expiry, happens first. Credit pays in the books that it is in: none applies to an invoice of
    the legal entity that the customer belonged to before.
    """
    accounts = [brought_up_to_date(unit, one, now) for one in unit.credits.lock_wallets(invoice.customer)]
    if accounts and not is_in_books_of_issuer(unit, invoice):
        accounts = []
    applied = apply_credit(invoice, accounts)
    for account in applied.accounts:
        if run := applied.runs.get(account.wallet.id):
            record(unit, account, run.movements, now)
    return applied
