"""Running balances: what each month's transfers debit and credit each account with, kept as they are posted."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from gateway.core.books.accounting_periods import MonthBalance
from gateway.core.ledger import Transfer
from gateway.storage.rows import AccountBalanceRow, table_of
from gateway.storage.statements import insert_rows

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

    def by_month(self, legal_entity: str, through_month: str) -> list[MonthBalance]:
        """See `Books.balances_by_month`."""
        self.flush()
        query = select(_BALANCES).where(_BALANCES.c.legal_entity == legal_entity, _BALANCES.c.month <= through_month)
        rows = self._connection.execute(query.order_by(_BALANCES.c.month, _BALANCES.c.account, _BALANCES.c.currency))
        return [
            MonthBalance(month, account, currency, _whole(*halves[:2]), _whole(*halves[2:]))
            for _, month, account, currency, *halves in rows
        ]


def _halves(amount: int) -> tuple[int, int]:
    return amount >> _low_bits, amount & _LOW


def _whole(high: int, low: int) -> int:
    return (high << _low_bits) + low
