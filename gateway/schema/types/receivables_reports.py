"""Reports on what was billed, is owed and will be billed."""

from typing import Self

import strawberry

from gateway.core.reports import ageing as core_ageing
from gateway.core.reports import bridge as core_bridge
from gateway.core.reports import credits as core_credits
from gateway.schema.types.money import Money
from gateway.schema.types.page import Paging
from gateway.schema.types.report_columns import column, row_values

_Bridge, _Owed, _Unbilled = core_bridge.BridgeMonth, core_ageing.AgedReceivables, core_ageing.AgedUnbilled

AGED_RECEIVABLES: Paging[core_ageing.AgedReceivables] = Paging(
    "aged receivables", (str, str), lambda each: (each.currency, each.customer)
)
AGED_UNBILLED: Paging[core_ageing.AgedUnbilled] = Paging(
    "aged unbilled receivables", (str, str), lambda each: (each.currency, each.customer)
)
OUTSTANDING_GRANTS: Paging[core_credits.OutstandingGrant] = Paging(
    "outstanding grants",
    (str, str, str, str, str),
    lambda each: (each.currency, each.customer, each.wallet, each.category, each.grant),
)
_Grant = core_credits.OutstandingGrant


@strawberry.type
class BridgeMonth:
    """How billings became revenue, and revenue cash, in a month and a currency.

    billings - credited + other - deferredChange + unbilledChange = netRevenue; netRevenue + deferredChange -
    unbilledChange + tax - receivablesChange - writtenOff + settledOtherwise = cash.
    """

    month: str = column(_Bridge, "month")
    currency: str = column(_Bridge, "currency")
    billings: Money = column(_Bridge, "billings")
    credited: Money = column(_Bridge, "credited")
    other: Money = column(_Bridge, "other")
    deferred_change: Money = column(_Bridge, "deferred_change")
    unbilled_change: Money = column(_Bridge, "unbilled_change")
    net_revenue: Money = column(_Bridge, "net_revenue")
    tax: Money = column(_Bridge, "tax")
    receivables_change: Money = column(_Bridge, "receivables_change")
    written_off: Money = column(_Bridge, "written_off")
    settled_otherwise: Money = column(_Bridge, "settled_otherwise")
    cash: Money = column(_Bridge, "cash")

    @classmethod
    def from_core(cls, row: core_bridge.BridgeMonth) -> Self:
        """The same month."""
        return cls(**row_values(row))


@strawberry.type
class AgedReceivables:
    """What a customer owes at the end of a day, by how long it is overdue."""

    customer: str = column(_Owed, "customer")
    currency: str = column(_Owed, "currency")
    not_due: Money = column(_Owed, "not_due")
    days_1_to_30: Money = column(_Owed, "days_1_to_30")
    days_31_to_60: Money = column(_Owed, "days_31_to_60")
    days_61_to_90: Money = column(_Owed, "days_61_to_90")
    over_90_days: Money = column(_Owed, "over_90_days")
    unapplied: Money = column(_Owed, "unapplied")
    total: Money = column(_Owed, "total")

    @classmethod
    def from_core(cls, row: core_ageing.AgedReceivables) -> Self:
        """The same customer."""
        return cls(**row_values(row))


@strawberry.type
class AgedUnbilled:
    """What was earned from a customer and is not invoiced at the end of a day, by how long ago."""

    customer: str = column(_Unbilled, "customer")
    currency: str = column(_Unbilled, "currency")
    up_to_30_days: Money = column(_Unbilled, "up_to_30_days")
    days_31_to_60: Money = column(_Unbilled, "days_31_to_60")
    days_61_to_90: Money = column(_Unbilled, "days_61_to_90")
    over_90_days: Money = column(_Unbilled, "over_90_days")
    total: Money = column(_Unbilled, "total")

    @classmethod
    def from_core(cls, row: core_ageing.AgedUnbilled) -> Self:
        """The same customer."""
        return cls(**row_values(row))


@strawberry.type
class OutstandingGrant:
    """What a grant has left now, and what of that is owed to the customer."""

    customer: str = column(_Grant, "customer")
    currency: str = column(_Grant, "currency")
    wallet: str = column(_Grant, "wallet")
    grant: strawberry.ID = column(_Grant, "grant")
    category: str = column(_Grant, "category")
    granted_on: str = column(_Grant, "granted_on")
    expires_at: str = column(_Grant, "expires_at")
    given: Money = column(_Grant, "given")
    left: Money = column(_Grant, "left")
    unearned: Money = column(_Grant, "unearned")

    @classmethod
    def from_core(cls, row: core_credits.OutstandingGrant) -> Self:
        """The same grant."""
        return cls(**row_values(row))
