"""Running balances: what each month's transfers debit and credit each account with, kept as they are posted."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, func, or_, select, tuple_

from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.books.trial_balance import Balance
from gateway.core.ledger import Transfer
from gateway.storage.halves import in_halves, whole
from gateway.storage.rows import AccountBalanceRow, KindBalanceRow, table_of
from gateway.storage.statements import insert_rows

_ACCOUNTS = table_of(AccountBalanceRow)
_KINDS = table_of(KindBalanceRow)
_HALVES = ("debit_high", "debit_low", "credit_high", "credit_low")
_Key = tuple[str, str, str, str]
_Added = defaultdict[_Key, list[int]]


class RunningBalances:
    """The balances that a transaction adds to, of accounts and of their kinds, written at its end, all at once and in
    one order.

    Written with each entry, two transactions of several entries would wait for each other on PostgreSQL, and the
    accounts that everybody posts to would stay locked for as long as the longest of them takes.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._accounts: _Added = defaultdict(lambda: [0, 0])
        self._kinds: _Added = defaultdict(lambda: [0, 0])

    def add(self, legal_entity: str, month: str, transfers: tuple[Transfer, ...]) -> None:
        """Add to the balances of a month."""
        for transfer in transfers:
            amount = transfer.amount
            for side, account in enumerate((transfer.debit_account, transfer.credit_account)):
                kind = account.partition(":")[0]
                self._accounts[legal_entity, month, account, amount.currency][side] += amount.amount_minor
                self._kinds[legal_entity, month, kind, amount.currency][side] += amount.amount_minor

    def flush(self) -> None:
        """Write what was added."""
        for table, added in ((_ACCOUNTS, self._accounts), (_KINDS, self._kinds)):
            rows = [(*key, *in_halves(debit), *in_halves(credit)) for key, (debit, credit) in sorted(added.items())]
            added.clear()
            insert_rows(self._connection, table.name, table.columns.keys(), rows, _sum_up(table))

    def totals(self, legal_entity: str | None) -> Iterator[tuple[str, str, int]]:
        """Debits less credits of each account and currency; of all legal entities if none is named."""
        self.flush()
        sums = [func.sum(_ACCOUNTS.c[half]) for half in _HALVES]
        query = select(_ACCOUNTS.c.account, _ACCOUNTS.c.currency, *sums)
        if legal_entity is not None:
            query = query.where(_ACCOUNTS.c.legal_entity == legal_entity)
        by_account = query.group_by(_ACCOUNTS.c.account, _ACCOUNTS.c.currency)
        for account, currency, *halves in self._connection.execute(by_account):
            debit_high, debit_low, credit_high, credit_low = map(int, halves)
            yield account, currency, whole(debit_high, debit_low) - whole(credit_high, credit_low)

    def by_month(self, legal_entity: str, first_month: str, last_month: str) -> list[MonthBalance]:
        """The balances of the months of a span, its ends included."""
        return self._by_month(_ACCOUNTS, legal_entity, first_month, last_month)

    def kinds_of_month(self, legal_entity: str, month: str) -> list[MonthBalance]:
        """See `Books.month_kinds`."""
        return self._by_month(_KINDS, legal_entity, month, month)

    def months(self, legal_entity: str) -> set[str]:
        """The months with balances."""
        query = select(_ACCOUNTS.c.month).where(_ACCOUNTS.c.legal_entity == legal_entity).distinct()
        return set(self._connection.execute(query).scalars())

    def by_kind(self, legal_entity: str, month: str) -> list[Balance]:
        """See `Books.kind_balances`."""
        return self._through(legal_entity, month, _KINDS, select(*_through(month, _KINDS)))

    def by_account(
        self, legal_entity: str, month: str, kind: str, after: tuple[str, str] | None, limit: int
    ) -> list[Balance]:
        """See `Books.account_balances`."""
        account = _ACCOUNTS.c.account
        of_kind = or_(account == kind, and_(account > f"{kind}:", account < f"{kind};"))
        query = select(*_through(month, _ACCOUNTS)).where(of_kind).limit(limit)
        if after is not None:
            query = query.where(tuple_(account, _ACCOUNTS.c.currency) > tuple_(*after))
        return self._through(legal_entity, month, _ACCOUNTS, query)

    def _by_month(self, table: Table, legal_entity: str, first_month: str, last_month: str) -> list[MonthBalance]:
        self.flush()
        of_span = (table.c.month >= first_month, table.c.month <= last_month)
        query = select(table).where(table.c.legal_entity == legal_entity, *of_span)
        rows = self._connection.execute(query.order_by(table.c.month, *_place(table)))
        return [
            MonthBalance(month, name, currency, whole(*halves[:2]), whole(*halves[2:]))
            for _, month, name, currency, *halves in rows
        ]

    def _through(self, legal_entity: str, month: str, table: Table, query: Select[Any]) -> list[Balance]:
        self.flush()
        of_entity = query.where(table.c.legal_entity == legal_entity, table.c.month <= month)
        place = _place(table)
        rows = self._connection.execute(of_entity.group_by(*place).order_by(*place))
        return [Balance(name, currency, *_sums(*map(int, halves))) for name, currency, *halves in rows]


def _place(table: Table) -> tuple[ColumnElement[str], ColumnElement[str]]:
    """What its rows of one month are told by: the account or the kind, and the currency."""
    return table.columns.values()[2], table.c.currency


def _through(month: str, table: Table) -> Iterator[ColumnElement[Any]]:
    """The columns of a balance: name, currency, the four sums before a month, and the four in it."""
    yield from _place(table)
    for is_asked in (table.c.month < month, table.c.month == month):
        for half in _HALVES:
            yield func.sum(case((is_asked, table.c[half]), else_=0))


def _sum_up(table: Table) -> str:
    sums = ", ".join(f"{half} = {table.name}.{half} + excluded.{half}" for half in _HALVES)
    return f" ON CONFLICT ({', '.join(each.name for each in table.primary_key)}) DO UPDATE SET {sums}"


def _sums(*halves: int) -> tuple[int, int, int]:
    debit_before, credit_before, debit, credit = (whole(*halves[start : start + 2]) for start in range(0, 8, 2))
    return debit_before - credit_before, debit, credit
