"""Accounting periods, and running balances of what was posted before.

Revision 0029, after 0028.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import ints, key, texts, times
from gateway.storage.rows.base import CLUSTERED, STRICT
from gateway.storage.types import Int, Words

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let every entry belong to the day that it is booked on, and leave every month open."""
    op.add_column("journal_entry", sa.Column("effective_day", Words, nullable=False, server_default=""))
    op.execute("UPDATE journal_entry SET effective_day = accounting_day")
    booked_by = ["legal_entity", "accounting_day"]
    op.create_index(op.f("ix_journal_entry_legal_entity_accounting_day"), "journal_entry", booked_by)
    op.create_table(
        "account_balance",
        *(key(name) for name in ("legal_entity", "month", "account", "currency")),
        *ints("debit_high", "debit_low", "credit_high", "credit_low"),
        **CLUSTERED,
    )
    op.execute(_BALANCES)
    op.create_table(
        "closed_books", key("legal_entity"), *texts("closed_through", "locked_through", nullable=True), **CLUSTERED
    )
    op.execute("INSERT INTO closed_books (legal_entity) SELECT DISTINCT legal_entity FROM legal_entity_version")
    op.create_table(
        "accounting_period_change",
        key("legal_entity"),
        key("ordinal", Int),
        *texts("month", "before", "after", "actor"),
        *texts("reason", nullable=True),
        *times("at"),
        *texts("passed_over"),
        **STRICT,
    )


_HIGH, _LOW = "amount_minor >> 32", "amount_minor & 4294967295"
_BALANCES = f"""
    INSERT INTO account_balance
    SELECT legal_entity, substr(accounting_day, 1, 7), account, currency,
        sum(debit_high), sum(debit_low), sum(credit_high), sum(credit_low)
    FROM journal_entry JOIN (
        SELECT entry_key, debit_account AS account, currency,
            {_HIGH} AS debit_high, {_LOW} AS debit_low, 0 AS credit_high, 0 AS credit_low
        FROM transfer
        UNION ALL SELECT entry_key, credit_account, currency, 0, 0, {_HIGH}, {_LOW} FROM transfer
    ) AS side ON side.entry_key = journal_entry.key
    GROUP BY 1, 2, 3, 4
    """  # noqa: S608 - names of our own
