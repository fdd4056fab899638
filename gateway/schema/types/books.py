"""The books: accounting periods, trial balance, accounts and transfers."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Self

import strawberry

from gateway.core.books import accounting_periods as core_periods
from gateway.core.books import closing as core_closing
from gateway.core.books import trial_balance as core
from gateway.core.books.chart import AccountClass, Side
from gateway.core.ports import books as core_books
from gateway.schema.types.money import Money
from gateway.schema.types.page import Paging

PERIODS: Paging[core_periods.AccountingPeriod] = Paging("accounting periods", (str,), lambda each: (each.month,))
ACCOUNTS: Paging[core.Balance] = Paging("accounts", (str, str), lambda each: (each.account, each.currency))
TRANSFERS: Paging[core_books.BookedTransfer] = Paging("transfers", (str, str, int), lambda each: each.place)


@strawberry.type
class PeriodChange:
    """A month that was closed, locked or opened again."""

    before: core_periods.PeriodStatus = strawberry.field(description="What it was.")
    after: core_periods.PeriodStatus = strawberry.field(description="What it became.")
    actor: str = strawberry.field(description="The id of the key that did it.")
    reason: str | None = strawberry.field(description="Why; closing and locking need none.")
    at: datetime = strawberry.field(description="When, in business time.")
    passed_over: list[str] = strawberry.field(description="What was still to be done when it was closed.")

    @classmethod
    def from_core(cls, change: core_periods.PeriodChange) -> Self:
        """The same change."""
        return cls(
            before=change.before,
            after=change.after,
            actor=change.actor,
            reason=change.reason,
            at=change.at,
            passed_over=list(change.passed_over),
        )


@strawberry.type
class AccountingPeriod:
    """A month of a legal entity's books, by the days of its zone."""

    legal_entity: str = strawberry.field(description="The key of the legal entity.")
    month: str = strawberry.field(description="Such as 2013-06.")
    status: core_periods.PeriodStatus = strawberry.field(description="What may still happen to it.")
    changes: list[PeriodChange] = strawberry.field(description="Who closed, locked or opened it again, in order.")

    @classmethod
    def from_core(cls, period: core_periods.AccountingPeriod, changes: Iterable[core_periods.PeriodChange]) -> Self:
        """The same month, with those of the changes that are its own."""
        own = [PeriodChange.from_core(change) for change in changes if change.month == period.month]
        return cls(legal_entity=period.legal_entity, month=period.month, status=period.status, changes=own)


@strawberry.type
class ClosingItem:
    """Something that is to be done before a month is closed."""

    what: str = strawberry.field(description="What is open.")
    remedy: str = strawberry.field(description="How it is done.")

    @classmethod
    def from_core(cls, item: core_closing.OpenItem) -> Self:
        """The same item."""
        return cls(what=item.what, remedy=item.remedy)


@strawberry.type
class AccountBalance:
    """What an account, or all accounts of a kind, held before a month, what moved in it, and what it holds after it.

    What it holds is debits less credits: above zero on the debit side, below zero on the credit side.
    """

    account: str = strawberry.field(description="Such as `receivables:acme`; of a trial balance a kind: `receivables`.")
    kind: str = strawberry.field(description="The kind of account, by the chart of accounts.")
    account_class: AccountClass = strawberry.field(description="Where it stands in the reports.")
    grows_by: Side = strawberry.field(description="The side on which it grows.")
    meaning: str = strawberry.field(description="What it says, in a sentence.")
    source: str = strawberry.field(description="The rule of accounting that this follows.")
    opening: Money = strawberry.field(description="What it held before the month.")
    debits: Money = strawberry.field(description="What was debited in the month.")
    credits: Money = strawberry.field(description="What was credited in the month.")
    closing: Money = strawberry.field(description="What it holds at the end of the month.")

    @classmethod
    def from_core(cls, balance: core.Balance) -> Self:
        """The same balance."""
        return cls(
            account=balance.account,
            kind=balance.kind.kind,
            account_class=balance.kind.account_class,
            grows_by=balance.kind.grows_by,
            meaning=balance.kind.sentence,
            source=balance.kind.source,
            opening=Money.from_core(balance.opening),
            debits=Money.from_core(balance.debits),
            credits=Money.from_core(balance.credits),
            closing=Money.from_core(balance.closing),
        )


@strawberry.type
class TrialBalanceTotal:
    """The sum of all rows in a currency: debits equal credits."""

    debits: Money = strawberry.field(description="What was debited in the month.")
    credits: Money = strawberry.field(description="What was credited in the month.")


@strawberry.type
class TrialBalance:
    """The books of a legal entity at the end of a month."""

    legal_entity: str = strawberry.field(description="The key of the legal entity.")
    month: str = strawberry.field(description="Such as 2013-06.")
    is_balanced: bool = strawberry.field(description="Whether debits equal credits, in each currency.")
    rows: list[AccountBalance] = strawberry.field(
        description="One for each kind and currency, by currency, in the order of the chart of accounts."
    )
    totals: list[TrialBalanceTotal] = strawberry.field(description="One for each currency.")

    @classmethod
    def from_core(cls, balance: core.TrialBalance) -> Self:
        """The same trial balance."""
        totals = [
            TrialBalanceTotal(debits=Money.from_core(each.debits), credits=Money.from_core(each.credits))
            for each in balance.totals()
        ]
        return cls(
            legal_entity=balance.legal_entity,
            month=balance.month,
            is_balanced=balance.is_balanced,
            rows=[AccountBalance.from_core(row) for row in balance.rows],
            totals=totals,
        )


@strawberry.type
class BookedTransfer:
    """An amount that moved from one account to another, where it is booked; never changes."""

    accounting_day: date = strawberry.field(description="The day on which it is booked.")
    effective_day: date = strawberry.field(
        description="The day that it belongs to: earlier, if the month of that day was closed."
    )
    debit_account: str = strawberry.field(description="The account that is debited.")
    credit_account: str = strawberry.field(description="The account that is credited.")
    amount: Money = strawberry.field(description="How much, above zero.")
    source: str = strawberry.field(description="The document, and the part of it, that it stems from.")
    entry: str = strawberry.field(description="The key of its journal entry: transfers that belong together.")
    posted_at: datetime = strawberry.field(description="When it was posted, in business time.")

    @classmethod
    def from_core(cls, booked: core_books.BookedTransfer) -> Self:
        """The same transfer."""
        return cls(
            accounting_day=booked.accounting_day,
            effective_day=booked.effective_day,
            debit_account=booked.transfer.debit_account,
            credit_account=booked.transfer.credit_account,
            amount=Money.from_core(booked.transfer.amount),
            source=booked.transfer.source,
            entry=booked.entry,
            posted_at=booked.posted_at,
        )
