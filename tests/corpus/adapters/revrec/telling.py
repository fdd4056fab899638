"""How cases write accounts, months and amounts of the books."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from gateway.core.invoicing.taxes import Taxable, TaxRate, tax_shares
from gateway.core.money import Money
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.flows import Movement, net_changes
from gateway.core.revenue.lines import RevenueLine
from gateway.core.revenue.months import month_ends, movements_by_end
from tests.corpus.given import Given

_NAMES = {
    Account.SETTLED_OUTSIDE: "external_asset",
    Account.RECEIVABLES: "accounts_receivable",
    Account.UNBILLED_RECEIVABLES: "unbilled_receivable",
    Account.CUSTOMER_CREDIT: "customer_balance",
    Account.COLLECTED_FOR_OTHERS: "passthrough",
    Account.CHARGEBACKS: "disputes",
    Account.RECOVERIES: "recoverables",
    Account.PROCESSING_FEES: "fees",
}

_MONTHS = date(2018, 1, 1), date(2028, 12, 31)
"""Cases are about years between these."""


class Telling:
    """The currency of a case, and what it says about documents."""

    def __init__(self, given: Given) -> None:
        self._currency = given.take("currency", "USD")

    def minor(self, amount: str | Decimal) -> int:
        """An amount as whole minor units."""
        return Money.rounded(Decimal(amount), self._currency).amount_minor

    def taxes(self, percent: Decimal, lines: Sequence[RevenueLine]) -> Iterator[int]:
        """The tax on each line, in minor units."""
        rates = (TaxRate("tax", percent),)
        taxable = [Taxable(Money(line.amount, self._currency), Fraction(line.amount), rates) for line in lines]
        for shares in tax_shares(taxable):
            yield from (share.amount.amount_minor for share in shares)

    def by_month(self, documents: Sequence[RevenueDocument]) -> Mapping[str, object]:
        """The changes of each month, and what was booked in it."""
        months = [(f"{end:%Y-%m}", moved) for end, moved in movements_by_end(documents, month_ends(*_MONTHS))]
        return {
            "net_change_by_month": {month: self.changes(moved) for month, moved in months},
            "journal": [{"month": month, **self.entry(movement)} for month, moved in months for movement in moved],
        }

    def journal_by_day(self, document: RevenueDocument, days: Iterable[date]) -> list[Mapping[str, object]]:
        """Every movement with the day on which it is due, of those given."""
        moved = movements_by_end([document], sorted(days))
        return [{"date": day, **self.entry(movement)} for day, movements in moved for movement in movements]

    def changes(self, moved: Iterable[Movement]) -> Mapping[str, Decimal]:
        """What movements do to each account."""
        return {_name(account): self._major(change) for account, change in net_changes(moved).items()}

    def entry(self, movement: Movement) -> Mapping[str, object]:
        """A movement as an entry of a journal."""
        debit, credit, amount = movement
        return {"debit": _name(debit), "credit": _name(credit), "amount": self._major(amount)}

    def _major(self, amount_minor: int) -> Decimal:
        return Money(amount_minor, self._currency).amount


def read_day(text: str) -> date:
    """The day of a date or an instant."""
    return datetime.fromisoformat(text).date()


def _name(account: Account) -> str:
    return _NAMES.get(account, account.value)
