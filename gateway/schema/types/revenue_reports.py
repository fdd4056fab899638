"""Reports on revenue: deferred, recognised, and when the rest will be."""

from typing import Self

import strawberry

from gateway.core.reports import deferred as core_deferred
from gateway.core.reports import recognised as core_recognised
from gateway.core.reports import recurring as core_recurring
from gateway.core.reports import schedule as core_schedule
from gateway.core.reports import split as core_split
from gateway.schema.types.money import Money
from gateway.schema.types.page import Paging
from gateway.schema.types.report_columns import column, row_values

_Deferred, _Recognised = core_deferred.DeferredMonth, core_recognised.RecognisedMonth
_Scheduled, _Recurring = core_schedule.ScheduledMonth, core_recurring.RecurringMonth
_Split = core_split.SplitRevenue

SPLIT_REVENUE: Paging[core_split.SplitRevenue] = Paging(
    "split revenue", (str, str, str), lambda each: (each.currency, each.month, each.of)
)


@strawberry.type
class DeferredMonth:
    """Deferred revenue in a month and a currency: opening + billed - recognised - released = closing."""

    month: str = column(_Deferred, "month")
    currency: str = column(_Deferred, "currency")
    opening: Money = column(_Deferred, "opening")
    billed: Money = column(_Deferred, "billed")
    recognised: Money = column(_Deferred, "recognised")
    released: Money = column(_Deferred, "released")
    closing: Money = column(_Deferred, "closing")

    @classmethod
    def from_core(cls, row: core_deferred.DeferredMonth) -> Self:
        """The same month."""
        return cls(**row_values(row))


@strawberry.type
class RecognisedMonth:
    """Revenue of a month in a currency, by where it came from."""

    month: str = column(_Recognised, "month")
    currency: str = column(_Recognised, "currency")
    from_deferred: Money = column(_Recognised, "from_deferred")
    unbilled: Money = column(_Recognised, "unbilled")
    on_invoice: Money = column(_Recognised, "on_invoice")
    revenue: Money = column(_Recognised, "revenue")
    given_back: Money = column(_Recognised, "given_back")
    net_revenue: Money = column(_Recognised, "net_revenue")

    @classmethod
    def from_core(cls, row: core_recognised.RecognisedMonth) -> Self:
        """The same month."""
        return cls(**row_values(row))


@strawberry.type
class ScheduledMonth:
    """What of deferred revenue is earned in a month to come."""

    month: str = column(_Scheduled, "month")
    currency: str = column(_Scheduled, "currency")
    earned: Money = column(_Scheduled, "earned")
    left: Money = column(_Scheduled, "left")

    @classmethod
    def from_core(cls, row: core_schedule.ScheduledMonth) -> Self:
        """The same month."""
        return cls(**row_values(row))


@strawberry.type
class RecurringMonth:
    """Monthly recurring revenue, how it changed in a month, and the revenue of usage beside it."""

    month: str = column(_Recurring, "month")
    currency: str = column(_Recurring, "currency")
    opening: Money = column(_Recurring, "opening")
    new: Money = column(_Recurring, "new")
    expansion: Money = column(_Recurring, "expansion")
    contraction: Money = column(_Recurring, "contraction")
    churn: Money = column(_Recurring, "churn")
    closing: Money = column(_Recurring, "closing")
    usage_revenue: Money = column(_Recurring, "usage_revenue")

    @classmethod
    def from_core(cls, row: core_recurring.RecurringMonth) -> Self:
        """The same month."""
        return cls(**row_values(row))


@strawberry.type
class SplitRevenue:
    """Revenue of a month by customer, plan, price, meter or dimension."""

    month: str = column(_Split, "month")
    currency: str = column(_Split, "currency")
    of: str = column(_Split, "of")
    revenue: Money = column(_Split, "revenue")
    customers: int = column(_Split, "customers")
    per_customer: Money | None = column(_Split, "per_customer")

    @classmethod
    def from_core(cls, row: core_split.SplitRevenue) -> Self:
        """The same row."""
        return cls(**row_values(row))
