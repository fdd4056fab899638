"""Running balances: what each month's transfers debit and credit each account with, kept as they are posted."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, tuple_

from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.books.trial_balance import Balance
from gateway.core.ledger import Transfer
from gateway.storage.rows import AccountBalanceRow, table_of
from gateway.storage.statements import insert_rows, text_before

_BALANCES = table_of(AccountBalanceRow)
_low_bits = 32
_LOW = 2**_low_bits - 1
_KEY = ("legal_entity", "month", "account", "currency")
_HALVES = ("debit_high", "debit_low", "credit_high", "credit_low")
_SUMS = ", ".join(f"{half} = account_balance.{half} + excluded.{half}" for half in _HALVES)
_ADDED = f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {_SUMS}"
_Key = tuple[str, str, str, str]


class RunningBalances:
    """The balances that a transaction adds to, written at its end, all at once and in one order.

    Written with each entry, two transactions of several entries would wait for each other on PostgreSQL, and the
    accounts that everybody posts to would stay locked for as long as the longest of them takes.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._added: defaultdict[_Key, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, legal_entity: str, month: str, transfers: tuple[Transfer, ...]) -> None:
        """Add to the balances of a month."""
        for transfer in transfers:
            amount = transfer.amount
            for side, account in enumerate((transfer.debit_account, transfer.credit_account)):
                self._added[legal_entity, month, account, amount.currency][side] += amount.amount_minor

    def flush(self) -> None:
        """Write what was added."""
        rows = [(*key, *_halves(debit), *_halves(credit)) for key, (debit, credit) in sorted(self._added.items())]
        self._added.clear()
        insert_rows(self._connection, "account_balance", (*_KEY, *_HALVES), rows, _ADDED)

    def totals(self, legal_entity: str | None) -> Iterator[tuple[str, str, int]]:
        """Debits less credits of each account and currency; of all legal entities if none is named."""
        self.flush()
        sums = [func.sum(_BALANCES.c[half]) for half in _HALVES]
        query = select(_BALANCES.c.account, _BALANCES.c.currency, *sums)
        if legal_entity is not None:
            query = query.where(_BALANCES.c.legal_entity == legal_entity)
        by_account = query.group_by(_BALANCES.c.account, _BALANCES.c.currency)
        for account, currency, *halves in self._connection.execute(by_account):
            debit_high, debit_low, credit_high, credit_low = map(int, halves)
            yield account, currency, _whole(debit_high, debit_low) - _whole(credit_high, credit_low)

    def by_month(self, legal_entity: str, first_month: str, last_month: str) -> list[MonthBalance]:
        """The balances of the months of a span, its ends included."""
        self.flush()
        of_span = (_BALANCES.c.month >= first_month, _BALANCES.c.month <= last_month)
        query = select(_BALANCES).where(_BALANCES.c.legal_entity == legal_entity, *of_span)
        rows = self._connection.execute(query.order_by(_BALANCES.c.month, _BALANCES.c.account, _BALANCES.c.currency))
        return [
            MonthBalance(month, account, currency, _whole(*halves[:2]), _whole(*halves[2:]))
            for _, month, account, currency, *halves in rows
        ]

    def months(self, legal_entity: str) -> set[str]:
        """The months with balances."""
        query = select(_BALANCES.c.month).where(_BALANCES.c.legal_entity == legal_entity).distinct()
        return set(self._connection.execute(query).scalars())

    def by_kind(self, legal_entity: str, month: str) -> list[Balance]:
        """See `Books.kind_balances`."""
        kind = text_before(self._connection, _BALANCES.c.account, ":").label("kind")
        return self._through(legal_entity, month, kind, select(*_through(month, kind)))

    def by_account(
        self, legal_entity: str, month: str, kind: str, after: tuple[str, str] | None, limit: int
    ) -> list[Balance]:
        """See `Books.account_balances`."""
        account = _BALANCES.c.account
        of_kind = or_(account == kind, and_(account > f"{kind}:", account < f"{kind};"))
        query = select(*_through(month, account)).where(of_kind).limit(limit)
        if after is not None:
            query = query.where(tuple_(account, _BALANCES.c.currency) > tuple_(*after))
        return self._through(legal_entity, month, account, query)

    def _through(self, legal_entity: str, month: str, name: ColumnElement[str], query: Select[Any]) -> list[Balance]:
        self.flush()
        of_entity = query.where(_BALANCES.c.legal_entity == legal_entity, _BALANCES.c.month <= month)
        place = (name, _BALANCES.c.currency)
        rows = self._connection.execute(of_entity.group_by(*place).order_by(*place))
        return [Balance(name, currency, *_sums(*map(int, halves))) for name, currency, *halves in rows]


def _through(month: str, name: ColumnElement[str]) -> Iterator[ColumnElement[Any]]:
    """The columns of a balance: name, currency, the four sums before a month, and the four in it."""
    yield name
    yield _BALANCES.c.currency
    for is_asked in (_BALANCES.c.month < month, _BALANCES.c.month == month):
        for half in _HALVES:
            yield func.sum(case((is_asked, _BALANCES.c[half]), else_=0))


def _sums(*halves: int) -> tuple[int, int, int]:
    debit_before, credit_before, debit, credit = (_whole(*halves[start : start + 2]) for start in range(0, 8, 2))
    return debit_before - credit_before, debit, credit


def _halves(amount: int) -> tuple[int, int]:
    return amount >> _low_bits, amount & _LOW


def _whole(high: int, low: int) -> int:
    return (high << _low_bits) + low
