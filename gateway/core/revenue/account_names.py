"""What the books call the account of a kind: the kind, and of whom or of what."""

from dataclasses import dataclass

from gateway.core.books.chart import CHART
from gateway.core.revenue.accounts import Account

UNKNOWN = "other"
"""What an account is kept for where nothing says so."""


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """Of whom or of what accounts are, by the words of the chart."""

    customer: str
    price: str | None = None
    rate: str | None = None
    connection: str | None = None

    def name(self, kind: Account) -> str:
        """Such as `revenue:calls` or `receivables:acme`."""
        detail = CHART[kind].detail
        return kind if detail is None else f"{kind}:{getattr(self, detail) or UNKNOWN}"
