"""Queries for the books of legal entities."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.books.months import read_month
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.ports.storage import UnitOfWork
from gateway.schema.context import Info, asked_by_company
from gateway.schema.threads import hop
from gateway.schema.types.books import (
    ACCOUNTS,
    PERIODS,
    TRANSFERS,
    AccountBalance,
    AccountingPeriod,
    BookedTransfer,
    ClosingItem,
    TrialBalance,
)
from gateway.schema.types.page import After, Connection, First, check_size, page_size_default
from gateway.services.closing_checklist import closing_checklist
from gateway.services.show_books import accounts_of_kind, show_trial_balance

OfEntity = Annotated[str, strawberry.argument(description="Whose books: the key of a legal entity.")]
OfMonth = Annotated[str, strawberry.argument(description="The month, such as 2013-06.")]
OfKind = Annotated[str, strawberry.argument(description="A kind of the chart of accounts, such as `receivables`.")]
OfAccount = Annotated[str, strawberry.argument(description="The account, such as `receivables:acme`.")]


@strawberry.type
class BooksQueries:
    """Accounting periods, balances and transfers; not for customer tokens."""

    @strawberry.field
    async def accounting_periods(
        self, info: Info, legal_entity: OfEntity = DEFAULT_ENTITY, first: First = page_size_default, after: After = None
    ) -> Connection[AccountingPeriod]:
        """The months of the books with postings or changes, in order; not for customer tokens."""
        found, changes = await asked_by_company(info, Scope.READ).read(
            lambda unit: (
                unit.accounting_periods.periods(legal_entity),
                unit.accounting_periods.changes(legal_entity),
            )
        )
        page = PERIODS.slice(found, first, after)
        return Connection.of(page, lambda period: AccountingPeriod.from_core(period, changes))

    @strawberry.field
    async def closing_checklist(
        self, info: Info, month: OfMonth, legal_entity: OfEntity = DEFAULT_ENTITY
    ) -> list[ClosingItem]:
        """What is to be done before a month is closed; nothing if it is empty. Not for customer tokens."""
        asked = read_month(month)

        def check(unit: UnitOfWork) -> list[ClosingItem]:
            entity = unit.legal_entities.get(legal_entity)
            return [ClosingItem.from_core(item) for item in closing_checklist(unit, entity, asked)]

        return await asked_by_company(info, Scope.READ).read(check)

    @strawberry.field
    async def trial_balance(self, info: Info, month: OfMonth, legal_entity: OfEntity = DEFAULT_ENTITY) -> TrialBalance:
        """What all accounts of each kind hold at the end of a month; not for customer tokens."""
        installation = asked_by_company(info, Scope.READ).installation
        return TrialBalance.from_core(await hop(lambda: show_trial_balance(installation, legal_entity, month)))

    @strawberry.field
    async def account_balances(
        self,
        info: Info,
        month: OfMonth,
        kind: OfKind,
        legal_entity: OfEntity = DEFAULT_ENTITY,
        first: First = page_size_default,
        after: After = None,
    ) -> Connection[AccountBalance]:
        """The accounts behind a row of the trial balance; not for customer tokens."""
        installation = asked_by_company(info, Scope.READ).installation
        size, begin = check_size(first), ACCOUNTS.after(after)
        found = await hop(lambda: accounts_of_kind(installation, legal_entity, month, kind, begin, size))
        return Connection.of(ACCOUNTS.page(found, first, after), AccountBalance.from_core)

    @strawberry.field
    async def booked_transfers(
        self,
        info: Info,
        month: OfMonth,
        account: OfAccount,
        legal_entity: OfEntity = DEFAULT_ENTITY,
        first: First = page_size_default,
        after: After = None,
    ) -> Connection[BookedTransfer]:
        """The transfers of a month that debit or credit an account, in the order of the books; not for customer
        tokens.
        """
        context, asked = asked_by_company(info, Scope.READ), read_month(month)
        size, begin = check_size(first), TRANSFERS.after(after)
        found = await context.read(lambda unit: unit.books.booked(legal_entity, asked, account, begin, size))
        return Connection.of(TRANSFERS.page(found, first, after), BookedTransfer.from_core)
