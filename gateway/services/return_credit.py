"""Give credit back that paid an invoice which is void."""

from datetime import datetime

from gateway.core.errors import IllegalTransition
from gateway.core.invoicing.invoice import Invoice
from gateway.core.ports.storage import UnitOfWork
from gateway.services.legal_entities import is_in_books_of_issuer
from gateway.services.move_credit import brought_up_to_date, record


def return_credit_of(unit: UnitOfWork, invoice: Invoice, now: datetime) -> None:
    """Return to each grant what it paid of an invoice, in the transaction that voids it.

    What was overdrawn for it is owed no more. A grant that has ended by now gets it back and loses it at once. Raises
    `IllegalTransition` if the customer was given to another legal entity since.
    """
    taken = unit.credits.movements_for(invoice.id)
    if taken and not is_in_books_of_issuer(unit, invoice):
        whose = f"Customer {invoice.customer!r} belongs to another legal entity than {invoice.legal_entity!r}"
        raise IllegalTransition(
            f"{whose}, so credit that paid invoice {invoice.id} cannot come back; credit the invoice"
        )
    for wallet_id in sorted(taken):
        paid_from = {one.grant for one in taken[wallet_id] if one.grant is not None}
        account = brought_up_to_date(unit, unit.credits.lock_wallet(wallet_id, paid_from), now)
        # Read again: bringing it up to date may have paid more of an overage.
        after, run = account.given_back(invoice.id, unit.credits.movements_for(invoice.id)[wallet_id])
        record(unit, after, run.movements, now)
