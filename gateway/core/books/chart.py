"""The chart of accounts: every kind of account that anything is posted to.

An account is a text: its kind, and where the kind has them, a colon and what it is kept for, such as
`receivables:acme`.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.core.errors import InvalidValue


class AccountClass(StrEnum):
    """Where a kind of account stands in the reports."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    CONTRA_INCOME = "contra_income"
    EXPENSE = "expense"
    MEMORANDUM = "memorandum"
    """For the record: it is neither owned nor owed, and stands outside of the balance sheet."""


class Side(StrEnum):
    """The two columns of the books."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class AccountKind:
    """One kind: its class, the side on which it grows, what it says in a sentence, and the rule that this follows.

    `detail` is what each of its accounts is kept for; None where there is one account only.
    """

    kind: str
    detail: str | None
    account_class: AccountClass
    grows_by: Side
    sentence: str
    source: str


_ASSET, _LIABILITY, _INCOME = AccountClass.ASSET, AccountClass.LIABILITY, AccountClass.INCOME
_CONTRA, _EXPENSE, _RECORD = AccountClass.CONTRA_INCOME, AccountClass.EXPENSE, AccountClass.MEMORANDUM
_DEBIT, _CREDIT = Side.DEBIT, Side.CREDIT

_KINDS = (
    AccountKind(
        "cash", "connection", _ASSET, _DEBIT,
        "Money that a billing provider collected, on its way to the bank.",
        "ASC 305-10-20, IAS 7.6",
    ),
    AccountKind(
        "settled_outside", "customer", _ASSET, _CREDIT,
        "Money that was given back to a customer, or came from one, outside of this system.",
        "ASC 305-10-20, IAS 7.6",
    ),
    AccountKind(
        "receivables", "customer", _ASSET, _DEBIT,
        "What a customer owes for invoices that are final.",
        "ASC 606-10-45-4, IFRS 15.108",
    ),
    AccountKind(
        "authorized_payments", "customer", _ASSET, _DEBIT,
        "What a bank or a card network promised to pay for a customer and has not paid yet.",
        "ASC 606-10-45-4, IFRS 15.108",
    ),
    AccountKind(
        "unbilled_receivables", "customer", _ASSET, _DEBIT,
        "What was earned from a customer and is not invoiced yet: a contract asset.",
        "ASC 606-10-45-3, IFRS 15.107",
    ),
    AccountKind(
        "prepayments", "customer", _ASSET, _DEBIT,
        "What a customer paid, is to pay or was given back for credit: it clears between invoices and credit.",
        "ASC 606-10-45-2, IFRS 15.106",
    ),
    AccountKind(
        "credit_overage", "customer", _ASSET, _DEBIT,
        "What a customer used beyond its credit, and the next grant pays.",
        "ASC 606-10-45-4, IFRS 15.108",
    ),
    AccountKind(
        "deferred_revenue", "price", _LIABILITY, _CREDIT,
        "What was invoiced and is not earned yet: a contract liability.",
        "ASC 606-10-45-2, IFRS 15.106",
    ),
    AccountKind(
        "customer_credit", "customer", _LIABILITY, _CREDIT,
        "What a customer paid for and has not used: a contract liability.",
        "ASC 606-10-45-2, IFRS 15.106",
    ),
    AccountKind(
        "tax_liability", "rate", _LIABILITY, _CREDIT,
        "Tax that was charged and is owed to the authority: not part of the price.",
        "ASC 606-10-32-2A, IFRS 15.47",
    ),
    AccountKind(
        "refunds_payable", "customer", _LIABILITY, _CREDIT,
        "What is to be paid back to a customer.",
        "ASC 606-10-32-10, IFRS 15.55",
    ),
    AccountKind(
        "collected_for_others", "price", _LIABILITY, _CREDIT,
        "What was charged for a third party, whose agent the seller is, and is owed to it.",
        "ASC 606-10-55-38, IFRS 15.B36",
    ),
    AccountKind(
        "revenue", "price", _INCOME, _CREDIT,
        "What was earned by delivering.",
        "ASC 606-10-25-23, IFRS 15.31",
    ),
    AccountKind(
        "breakage", None, _INCOME, _CREDIT,
        "What was earned because paid credit expired unused.",
        "ASC 606-10-55-48, IFRS 15.B46",
    ),
    AccountKind(
        "recoveries", "customer", _INCOME, _CREDIT,
        "Income from what had been given up.",
        "ASC 326-20-30-1, IFRS 9.5.5.8",
    ),
    AccountKind(
        "credit_notes", "price", _CONTRA, _DEBIT,
        "Earned revenue that credit notes gave back.",
        "ASC 606-10-32-6, IFRS 15.51",
    ),
    AccountKind(
        "voids", "price", _CONTRA, _DEBIT,
        "Earned revenue of invoices that were voided.",
        "ASC 606-10-32-6, IFRS 15.51",
    ),
    AccountKind(
        "refunds", "price", _CONTRA, _DEBIT,
        "Earned revenue that was paid back.",
        "ASC 606-10-32-6, IFRS 15.51",
    ),
    AccountKind(
        "chargebacks", "price", _CONTRA, _DEBIT,
        "Earned revenue that the card network took back.",
        "ASC 606-10-32-6, IFRS 15.51",
    ),
    AccountKind(
        "credit_given_away", None, _CONTRA, _DEBIT,
        "What credit paid of what was owed, and nobody paid for: promotional credit for what was owed already, what a"
        " reset forgave, and paid credit beyond its cost.",
        "ASC 606-10-32-2, IFRS 15.47",
    ),
    AccountKind(
        "bad_debt", "customer", _EXPENSE, _DEBIT,
        "What a customer owed for what was earned, and will not pay.",
        "ASC 326-20-35-8, IFRS 9.5.4.4",
    ),
    AccountKind(
        "processing_fees", "connection", _EXPENSE, _DEBIT,
        "What a billing provider kept for its service.",
        "IAS 1.99",
    ),
    AccountKind(
        "other_loss", "customer", _EXPENSE, _DEBIT,
        "What was paid back beyond what was charged.",
        "ASC 450-20-25-2, IAS 37.14",
    ),
    AccountKind(
        "rounding", None, _EXPENSE, _DEBIT,
        "Differences of a minor unit between our totals and those of others.",
        "ASC 105-10-05-6, IAS 8.8",
    ),
    AccountKind(
        "promotional_credit", "customer", _RECORD, _CREDIT,
        "Credit that was given for nothing and can be used.",
        "ASC 606-10-55-42, IFRS 15.B40",
    ),
    AccountKind(
        "promotional_grants", "customer", _RECORD, _DEBIT,
        "Credit that was given for nothing, less what was used, voided or expired.",
        "ASC 606-10-55-42, IFRS 15.B40",
    ),
)  # fmt: skip

CHART = {each.kind: each for each in _KINDS}
"""All kinds, in the order of the reports."""


def kind_of(account: str) -> AccountKind:
    """The kind of an account such as `receivables:acme`. Raises `InvalidValue` for one that the chart does not have."""
    kind, _, detail = account.partition(":")
    known = CHART.get(kind)
    if known is None or (known.detail is None) != (not detail):
        raise InvalidValue(f"Account {account[:80]!r} is not in the chart; docs/reference/accounts.md lists every kind")
    return known
