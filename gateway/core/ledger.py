"""The books: transfers of one debit and one credit account, so that entries balance by construction."""

from dataclasses import dataclass
from datetime import date, datetime

from gateway.core.errors import InvalidValue
from gateway.core.invoices import Invoice, InvoiceLine
from gateway.core.money import Money
from gateway.core.plans import Timing


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
    """Transfers that belong together; `key` is unique for ever, so that a repeat posts nothing."""

    key: str
    accounting_day: date
    posted_at: datetime
    transfers: tuple[Transfer, ...]

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


def entry_for_finalized(invoice: Invoice, posted_at: datetime) -> JournalEntry | None:
    """What finalizing books: each line against the customer's receivables; None for an invoice over nothing."""
    transfers = tuple(
        _transfer(invoice, ordinal, line) for ordinal, line in enumerate(invoice.lines) if line.amount.amount_minor
    )
    if not transfers:
        return None
    return JournalEntry(f"invoice-finalized:{invoice.id}", invoice.issued_on, posted_at, transfers)


def _transfer(invoice: Invoice, ordinal: int, line: InvoiceLine) -> Transfer:
    account = deferred_revenue(line.price) if line.timing is Timing.IN_ADVANCE else revenue(line.price)
    owed, source = receivables(invoice.customer), f"{invoice.id}/{ordinal}"
    if line.amount.amount_minor < 0:
        return Transfer(account, owed, Money(-line.amount.amount_minor, line.amount.currency), source)
    return Transfer(owed, account, line.amount, source)
