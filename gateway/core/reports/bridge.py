"""The bridge from billings to revenue to cash, by month."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from gateway.core.money import Money
from gateway.core.reports.flows import BILLED, CREDITED, BookedFlow
from gateway.core.reports.recognised import GIVEN_BACK
from gateway.core.revenue.accounts import Account

_CONTRACT = {Account.DEFERRED_REVENUE, Account.UNBILLED_RECEIVABLES, Account.REVENUE, *GIVEN_BACK}
"""The kinds between billings and revenue."""

_NAMED = {*_CONTRACT, Account.TAX_LIABILITY, Account.RECEIVABLES, Account.BAD_DEBT, Account.CASH}


@dataclass(frozen=True, slots=True)
class BridgeMonth:
    """How billings became revenue, and revenue cash:

    billings - credited + other - deferred change + unbilled change = net revenue;
    net revenue + deferred change - unbilled change + tax - receivables change - written off + settled otherwise = cash.
    """

    month: Annotated[str, "The month of the books."]
    currency: Annotated[str, "The currency; amounts of two currencies are never added."]
    billings: Annotated[Money, "What invoices billed, before tax."]
    credited: Annotated[Money, "What credit notes and voids gave back of that, before tax."]
    other: Annotated[Money, "What else changed of it: unearned parts of write-offs, refunds, chargebacks (below zero)."]
    deferred_change: Annotated[Money, "By how much deferred revenue grew."]
    unbilled_change: Annotated[Money, "By how much unbilled receivables grew."]
    net_revenue: Annotated[Money, "What was earned less what was given back."]
    tax: Annotated[Money, "By how much the tax that is owed grew."]
    receivables_change: Annotated[Money, "By how much receivables grew."]
    written_off: Annotated[Money, "What customers owed for what was earned, and will not pay."]
    settled_otherwise: Annotated[
        Money, "What was not settled in cash: by credit, or outside of this system (below zero)."
    ]
    cash: Annotated[Money, "By how much cash grew."]


def bridge_by_month(flows: Iterable[BookedFlow]) -> list[BridgeMonth]:
    """The bridge by currency and month, of the months in which anything moved."""
    changes: Counter[tuple[str, str, str]] = Counter()
    billed: Counter[tuple[str, str, str]] = Counter()
    for flow in flows:
        place = (flow.currency, flow.month)
        changes[*place, flow.credit] += flow.amount_minor
        changes[*place, flow.debit] -= flow.amount_minor
        into = (flow.credit in _CONTRACT) - (flow.debit in _CONTRACT)
        billed[*place, _column(flow.reason)] += into * flow.amount_minor
    return [_row(*place, changes, billed) for place in sorted({place[:2] for place in changes})]


def _column(reason: str) -> str:
    if reason == BILLED:
        return "billings"
    return "credited" if reason in CREDITED else "other"


def _row(
    currency: str, month: str, changes: Counter[tuple[str, str, str]], billed: Counter[tuple[str, str, str]]
) -> BridgeMonth:
    def grown(*kinds: str) -> int:
        return sum(changes[currency, month, kind] for kind in kinds)

    others = {kind for code, of, kind in changes if (code, of) == (currency, month)} - _NAMED
    amounts = (
        billed[currency, month, "billings"],
        -billed[currency, month, "credited"],
        billed[currency, month, "other"],
        grown(Account.DEFERRED_REVENUE),
        -grown(Account.UNBILLED_RECEIVABLES),
        grown(Account.REVENUE, *GIVEN_BACK),
        grown(Account.TAX_LIABILITY),
        -grown(Account.RECEIVABLES),
        -grown(Account.BAD_DEBT),
        grown(*others),
        -grown(Account.CASH),
    )
    return BridgeMonth(month, currency, *(Money(amount, currency) for amount in amounts))
