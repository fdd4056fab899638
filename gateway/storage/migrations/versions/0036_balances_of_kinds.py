"""Running balances of kinds of account, beside those of accounts.

Revision 0036, after 0035.
"""

from alembic import op

from gateway.storage.columns import ints, key
from gateway.storage.rows.base import CLUSTERED

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_KINDS = {
    "sqlite": "substr(account, 1, instr(account || ':', ':') - 1)",
    "postgresql": "split_part(account, ':', 1)",
}


def upgrade() -> None:
    """Add up what the accounts of each kind have."""
    halves = ("debit_high", "debit_low", "credit_high", "credit_low")
    op.create_table(
        "kind_balance",
        *(key(name) for name in ("legal_entity", "month", "kind", "currency")),
        *ints(*halves),
        **CLUSTERED,
    )
    sums = ", ".join(f"sum({half})" for half in halves)
    kind = _KINDS[op.get_bind().dialect.name]
    op.execute(
        f"INSERT INTO kind_balance SELECT legal_entity, month, {kind}, currency, {sums} FROM account_balance"  # noqa: S608
        " GROUP BY 1, 2, 3, 4"
    )
