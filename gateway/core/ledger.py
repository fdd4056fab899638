"""The books: transfers of one debit and one credit account, so that entries balance by construction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from gateway.core.errors import InvalidValue
from gateway.core.invoicing.credit_notes import CreditNote, Disposition
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


def entry_for_settled(note: CreditNote, issuer: LegalEntity = UNNAMED_ENTITY) -> JournalEntry | None:
    """How the customer gets what a credit note gives back, where that is not by owing less: it is owed to them there.

    None where that is nothing. What it gives back of the lines is posted with the invoice.
    """
    accounts = {
        # The grant that follows moves it on to the customer's credit.
        Disposition.WALLET: prepayments(note.customer),
        Disposition.REFUND: refunds_payable(note.customer),
        Disposition.OUT_OF_BAND: settled_outside(note.customer),
    }
    transfers = tuple(
        each
        for disposition, amount in note.dispositions
        if disposition in accounts
        for each in _moved(receivables(note.customer), accounts[disposition], amount, f"{note.id}/{disposition}")
    )
    if not transfers:
        return None
    day = issuer.accounting_day(note.created_at)
    return JournalEntry(f"credit-note-settled:{note.id}", day, note.created_at, transfers, issuer.key)


def credit_balances(transfers: Iterable[Transfer]) -> dict[str, int]:
    """What each account is credited with, less what it is debited with, in minor units: all of them sum to zero."""
    balances: dict[str, int] = {}
    for transfer in transfers:
        amount = transfer.amount.amount_minor
        for account, change in ((transfer.credit_account, amount), (transfer.debit_account, -amount)):
            balances[account] = balances.get(account, 0) + change
    return balances


def _moved(debit: str, credit: str, amount: Money, source: str) -> Iterator[Transfer]:
    """The transfer of an amount, the other way round if it is below zero; none of nothing."""
    if amount.amount_minor < 0:
        yield Transfer(credit, debit, -amount, source)
    elif amount.amount_minor:
        yield Transfer(debit, credit, amount, source)
