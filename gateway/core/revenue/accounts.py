"""The kinds of account that revenue moves between."""

from enum import StrEnum


class Account(StrEnum):
    """A kind of account; the chart of accounts says which one it is for a customer, a price or a provider."""

    CASH = "cash"
    SETTLED_OUTSIDE = "settled_outside"
    RECEIVABLES = "receivables"
    AUTHORIZED_PAYMENTS = "authorized_payments"
    """Promised by a bank or a card network, and not collected yet."""
    UNBILLED_RECEIVABLES = "unbilled_receivables"
    """Earned and not yet invoiced: a contract asset where more than time has to pass. ASC 606-10-45-3, IFRS 15.107."""
    DEFERRED_REVENUE = "deferred_revenue"
    """Invoiced and not yet earned: a contract liability. ASC 606-10-45-2, IFRS 15.106."""
    CUSTOMER_CREDIT = "customer_credit"
    TAX_LIABILITY = "tax_liability"
    COLLECTED_FOR_OTHERS = "collected_for_others"
    """Owed to a third party, whose agent the seller is. ASC 606-10-55-38, IFRS 15.B36."""
    REVENUE = "revenue"
    REFUNDS = "refunds"
    CREDIT_NOTES = "credit_notes"
    VOIDS = "voids"
    CHARGEBACKS = "chargebacks"
    BAD_DEBT = "bad_debt"
    RECOVERIES = "recoveries"
    """Income from what had been given up."""
    PROCESSING_FEES = "processing_fees"
    OTHER_LOSS = "other_loss"


CREDIT_BALANCE = frozenset(
    {
        Account.DEFERRED_REVENUE,
        Account.CUSTOMER_CREDIT,
        Account.TAX_LIABILITY,
        Account.COLLECTED_FOR_OTHERS,
        Account.REVENUE,
        Account.RECOVERIES,
    }
)
"""The kinds whose balance grows when they are credited: liabilities and income. The others grow when debited."""
