"""The ledger, as `Books` asks for it."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text

from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.money import Money
from gateway.storage.rows import JournalEntryRow, TransferRow, table_of
from gateway.storage.statements import insert_unless_taken

_ENTRIES = table_of(JournalEntryRow)
_TRANSFERS = table_of(TransferRow)
_AMOUNT = _TRANSFERS.c.amount_minor
_AFTER_ANY_TEXT = "\U0010ffff"


class SqlBooks:
    """See `Books`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def post(self, entry: JournalEntry) -> bool:
        """See `Books.post`."""
        values = {
            "key": entry.key,
            "accounting_day": entry.accounting_day.isoformat(),
            "posted_at": entry.posted_at,
            "legal_entity": entry.legal_entity,
        }
        if not insert_unless_taken(self._connection, _ENTRIES, values):
            return False
        transfers = [_transfer_values(entry.key, ordinal, item) for ordinal, item in enumerate(entry.transfers)]
        self._connection.execute(insert(_TRANSFERS), transfers)
        return True

    def transfers(self, source_prefix: str) -> list[Transfer]:
        """See `Books.transfers`."""
        # A span and not LIKE, which on SQLite takes no notice of upper and lower case.
        query = (
            select(_TRANSFERS)
            .join_from(_TRANSFERS, _ENTRIES, _ENTRIES.c.key == _TRANSFERS.c.entry_key)
            .where(_TRANSFERS.c.source >= source_prefix, _TRANSFERS.c.source < source_prefix + _AFTER_ANY_TEXT)
            .order_by(_ENTRIES.c.posted_at, _TRANSFERS.c.entry_key, _TRANSFERS.c.ordinal)
        )
        return [_transfer(row) for row in self._connection.execute(query)]

    def balances(self, legal_entity: str | None = None) -> dict[tuple[str, str], int]:
        """See `Books.balances`."""
        # Summed in two halves of 32 bits each, because SQLite's sum() of integers overflows.
        balances: defaultdict[tuple[str, str], int] = defaultdict(int)
        for column, sign in ((_TRANSFERS.c.debit_account, 1), (_TRANSFERS.c.credit_account, -1)):
            halves = (func.sum(_AMOUNT.op(">>")(text("32"))), func.sum(_AMOUNT.op("&")(text("4294967295"))))
            query = select(column, _TRANSFERS.c.currency, *halves).group_by(column, _TRANSFERS.c.currency)
            if legal_entity is not None:
                query = query.join(_ENTRIES, _ENTRIES.c.key == _TRANSFERS.c.entry_key)
                query = query.where(_ENTRIES.c.legal_entity == legal_entity)
            for account, currency, high, low in self._connection.execute(query):
                balances[account, currency] += sign * ((int(high) << 32) + int(low))
        return dict(sorted(balances.items()))


def _transfer_values(entry_key: str, ordinal: int, transfer: Transfer) -> dict[str, object]:
    return {
        "entry_key": entry_key,
        "ordinal": ordinal,
        "debit_account": transfer.debit_account,
        "credit_account": transfer.credit_account,
        "amount_minor": transfer.amount.amount_minor,
        "currency": transfer.amount.currency,
        "source": transfer.source,
    }


def _transfer(row: Row[Any]) -> Transfer:
    return Transfer(row.debit_account, row.credit_account, Money(row.amount_minor, row.currency), row.source)
