"""The books: transfers of one debit and one credit account, so that entries balance by construction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from gateway.core.errors import InvalidValue
from gateway.core.invoicing.credit_notes import CreditNote, CreditNoteLine, Disposition
from gateway.core.invoicing.invoice import PROGRESSIVE, Invoice, InvoiceLine
from gateway.core.legal_entity import DEFAULT_ENTITY, UNNAMED_ENTITY, LegalEntity
from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount` moves from the credit account to the debit account; `source` is the document line it stems from."""

    debit_account: str
    credit_account: str
    amount: Money
    source: str

    def __post_init__(self) -> None:
        if self.amount.amount_minor <= 0:
            raise InvalidValue(f"A transfer of {self.amount} moves nothing; post the reverse instead")
        if self.debit_account == self.credit_account:
            raise InvalidValue(f"A transfer from {self.debit_account} to itself moves nothing")


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """Transfers that belong together, in the books of one legal entity and on a day of its zone.

    `key` is unique for ever, so that a repeat posts nothing.
    """

    key: str
    accounting_day: date
    posted_at: datetime
    transfers: tuple[Transfer, ...]
    legal_entity: str = DEFAULT_ENTITY

    def __post_init__(self) -> None:
        if not self.transfers:
            raise InvalidValue(f"Journal entry {self.key!r} has no transfers; post nothing instead")


def receivables(customer: str) -> str:
    """What a customer owes for finalized invoices (an asset: debits increase it)."""
    return f"receivables:{customer}"


def revenue(price: str) -> str:
    """Earned by delivered usage (credits increase it)."""
    return f"revenue:{price}"


def deferred_revenue(price: str) -> str:
    """Billed before it is delivered (a liability: credits increase it). ASC 606-10-45-2, IFRS 15.106."""
    return f"deferred_revenue:{price}"


def tax_liability(rate: str) -> str:
    """Tax that was charged and is owed to the authority (a liability: credits increase it)."""
    return f"tax_liability:{rate}"


def customer_credit(customer: str) -> str:
    """What a customer has paid for and not used (a liability: credits increase it). ASC 606-10-45-2."""
    return f"customer_credit:{customer}"


def prepayments(customer: str) -> str:
    """What a customer paid, is to pay, or was given back for credit (an asset: debits increase it)."""
    return f"prepayments:{customer}"


def refunds_payable(customer: str) -> str:
    """What is to be paid back to a customer (a liability: credits increase it)."""
    return f"refunds_payable:{customer}"


def settled_outside(customer: str) -> str:
    """What was given back to a customer outside of this system (credits increase it)."""
    return f"settled_outside:{customer}"


def entry_for_finalized(
    invoice: Invoice, posted_at: datetime, issuer: LegalEntity = UNNAMED_ENTITY
) -> JournalEntry | None:
    """What finalizing books on the day of the boundary: each line against the customer's receivables.

    A progressive invoice is booked on its own day, because the boundary of its period is long past.

    A line is booked after discounts, and its taxes on their own. A total below zero is settled: what is owed to the
    customer moves on to credit, which the grant that follows takes up. None for an invoice over nothing.
    """
    transfers = tuple(
        transfer for ordinal, line in enumerate(invoice.lines) for transfer in _transfers(invoice, ordinal, line)
    )
    owed, credit = receivables(invoice.customer), prepayments(invoice.customer)
    transfers += tuple(_moved(owed, credit, invoice.carried_over, f"{invoice.id}/carried-over"))
    if not transfers:
        return None
    is_progressive = invoice.key.kind == PROGRESSIVE
    day = invoice.issued_on if is_progressive else issuer.accounting_day(invoice.key.boundary_at)
    return JournalEntry(f"invoice-finalized:{invoice.id}", day, posted_at, transfers, issuer.key)


def entry_for_voided(
    invoice: Invoice, posted_at: datetime, issuer: LegalEntity = UNNAMED_ENTITY
) -> JournalEntry | None:
    """The reverse of what finalizing booked, on the day of voiding; None where that was nothing."""
    entry = entry_for_finalized(invoice, posted_at, issuer)
    if entry is None:
        return None
    reversed_transfers = tuple(_reversed(transfer) for transfer in entry.transfers)
    day = issuer.accounting_day(posted_at)
    return JournalEntry(f"invoice-voided:{invoice.id}", day, posted_at, reversed_transfers, issuer.key)


def entry_for_credited(invoice: Invoice, note: CreditNote, issuer: LegalEntity = UNNAMED_ENTITY) -> JournalEntry | None:
    """What a credit note books: the reverse of the lines and taxes that it gives back; None where that is nothing.

    That lowers what the customer owes. What they get in another way is owed to them there instead.
    """
    source = f"{note.id}/"
    lines = [each for line in note.lines for each in _given_back(invoice, line, f"{source}{line.line}")]
    accounts = {
        # The grant that follows moves it on to the customer's credit.
        Disposition.WALLET: prepayments(note.customer),
        Disposition.REFUND: refunds_payable(note.customer),
        Disposition.OUT_OF_BAND: settled_outside(note.customer),
    }
    moved = [
        each
        for disposition, amount in note.dispositions
        if disposition in accounts
        for each in _moved(receivables(note.customer), accounts[disposition], amount, f"{source}{disposition}")
    ]
    transfers = (*lines, *moved)
    if not transfers:
        return None
    day = issuer.accounting_day(note.created_at)
    return JournalEntry(f"invoice-credited:{note.id}", day, note.created_at, transfers, issuer.key)


def _given_back(invoice: Invoice, line: CreditNoteLine, source: str) -> Iterator[Transfer]:
    owed = receivables(invoice.customer)
    yield from _moved(earned_account(invoice.lines[line.line]), owed, line.net, source)
    for share in line.taxes:
        yield from _moved(tax_liability(share.rate.key), owed, share.amount, source)


def earned_account(line: InvoiceLine) -> str:
    """Where a line is booked: as revenue, or as deferred until the period has passed."""
    return deferred_revenue(line.price) if line.is_fee_in_advance else revenue(line.price)


def _transfers(invoice: Invoice, ordinal: int, line: InvoiceLine) -> Iterator[Transfer]:
    owed, source = receivables(invoice.customer), f"{invoice.id}/{ordinal}"
    yield from _moved(owed, earned_account(line), line.net, source)
    for share in line.taxes:
        yield from _moved(owed, tax_liability(share.rate.key), share.amount, source)


def _moved(debit: str, credit: str, amount: Money, source: str) -> Iterator[Transfer]:
    """The transfer of an amount, the other way round if it is below zero; none of nothing."""
    if amount.amount_minor < 0:
        yield Transfer(credit, debit, -amount, source)
    elif amount.amount_minor:
        yield Transfer(debit, credit, amount, source)


def _reversed(transfer: Transfer) -> Transfer:
    return Transfer(transfer.credit_account, transfer.debit_account, transfer.amount, transfer.source)
