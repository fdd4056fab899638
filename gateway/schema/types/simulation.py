"""What a simulation says: invoices that would be, and what subscribers would have paid."""

from collections.abc import Sequence
from datetime import date
from typing import Self
from zoneinfo import ZoneInfo

import strawberry

from gateway.core.money import Money as CoreMoney
from gateway.schema.scalars import long_max
from gateway.schema.types.money import Money
from gateway.schema.types.page import After, CountedConnection, First, Paging, constant, page_size_default
from gateway.schema.types.payload import UserError
from gateway.schema.types.preview import Unissued
from gateway.schema.types.subscription import Subscription
from gateway.services.backtest import Comparison
from gateway.services.simulated_invoices import SimulatedInvoice as CoreInvoice

SUBSCRIBERS: Paging[Comparison] = Paging(
    "compared",
    (int, str),
    lambda each: (long_max - abs(each.difference.amount_minor), each.subscription.first.id),
)


@strawberry.type
class UnbilledUsage:
    """Usage that would hold the invoice: it has no price, or is beyond a safety bound."""

    meter_key: str = strawberry.field(description="The meter that counted it.")
    reason: str = strawberry.field(description="What is wrong, for people.")


@strawberry.type
class SimulatedInvoice(Unissued):
    """An invoice as it would be; nothing of it is stored."""

    issued_on: date = strawberry.field(description="The local day of its boundary.")
    left_out: list[UnbilledUsage] = strawberry.field(description="Usage that is in no line.")
    includes_progressive: bool = strawberry.field(
        description="Whether its plan bills usage of this period earlier, on progressive invoices that it includes."
    )

    @classmethod
    def from_core(cls, simulated: CoreInvoice, zone: ZoneInfo) -> Self:
        """The same invoice with its days in `zone`."""
        return cls(
            issued_on=simulated.invoice.issued_on,
            **cls.fields_from(simulated.invoice, simulated.paid, zone),
            left_out=[UnbilledUsage(meter_key=fault.meter, reason=fault.detail) for fault in simulated.left_out],
            includes_progressive=simulated.includes_progressive,
        )


@strawberry.type
class SimulationResult:
    """The invoices that would be, or why they cannot be told."""

    invoices: list[SimulatedInvoice] = strawberry.field(description="In order of their boundary.")
    total: Money | None = strawberry.field(description="What they come to in all; null if there are none.")
    user_errors: list[UserError] = strawberry.field(description="Why it was refused; empty if it was done.")


@strawberry.type
class SubscriberComparison:
    """What one subscriber would have paid."""

    subscription: Subscription = strawberry.field(description="The subscription.")
    before: Money = strawberry.field(description="By the version it is on.")
    after: Money = strawberry.field(description="By the version that is tried.")
    difference: Money = strawberry.field(description="What that is more; negative if it is less.")

    @classmethod
    def from_core(cls, compared: Comparison) -> Self:
        """The same comparison."""
        return cls(
            subscription=Subscription.from_core(compared.subscription),
            before=Money.from_core(compared.before),
            after=Money.from_core(compared.after),
            difference=Money.from_core(compared.difference),
        )


@strawberry.type
class BacktestResult:
    """What the subscribers of a plan would have paid, or why that cannot be told."""

    before: Money | None = strawberry.field(description="What all would have paid by their versions; null without any.")
    after: Money | None = strawberry.field(description="What all would have paid by the version that is tried.")
    difference: Money | None = strawberry.field(description="What that is more; negative if it is less.")
    user_errors: list[UserError] = strawberry.field(description="Why it was refused; empty if it was done.")
    compared: strawberry.Private[Sequence[Comparison]]

    @strawberry.field
    def subscribers(
        self, first: First = page_size_default, after: After = None
    ) -> CountedConnection[SubscriberComparison]:
        """The subscribers, those with the largest differences, either way, first."""
        page = SUBSCRIBERS.slice(self.compared, first, after)
        return CountedConnection.of(page, SubscriberComparison.from_core, count=constant(len(self.compared)))

    @classmethod
    def from_core(cls, compared: Sequence[Comparison], user_errors: list[UserError]) -> Self:
        """The comparisons, or why there are none."""
        return cls(
            before=money_total([each.before for each in compared]),
            after=money_total([each.after for each in compared]),
            difference=money_total([each.difference for each in compared]),
            user_errors=user_errors,
            compared=compared,
        )


def money_total(amounts: Sequence[CoreMoney]) -> Money | None:
    """What amounts of one currency come to; None if there are none."""
    return Money.from_core(sum(amounts[1:], amounts[0])) if amounts else None
