"""What a simulation says: invoices that would be, and what subscribers would have paid."""

from datetime import date
from typing import Self
from zoneinfo import ZoneInfo

import strawberry

from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.schema.types.money import Money
from gateway.schema.types.payload import UserError
from gateway.schema.types.preview import Unissued
from gateway.schema.types.subscription import Subscription
from gateway.services import simulate as services


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

    @classmethod
    def from_core(cls, simulated: services.SimulatedInvoice, zone: ZoneInfo) -> Self:
        """The same invoice with its days in `zone`."""
        return cls(
            issued_on=simulated.invoice.issued_on,
            **cls.fields_from(simulated.invoice, simulated.paid, zone),
            left_out=[UnbilledUsage(meter_key=fault.meter, reason=fault.detail) for fault in simulated.left_out],
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
    def from_core(cls, compared: services.Comparison) -> Self:
        """The same comparison."""
        return cls(
            subscription=Subscription.from_core(SubscriptionHistory((compared.subscription,))),
            before=Money.from_core(compared.before),
            after=Money.from_core(compared.after),
            difference=Money.from_core(compared.difference),
        )


@strawberry.type
class BacktestResult:
    """What the subscribers of a plan would have paid, or why that cannot be told."""

    subscribers: list[SubscriberComparison] = strawberry.field(
        description="Those with the largest differences, either way, first."
    )
    total_count: int = strawberry.field(description="How many subscribers there were in all.")
    difference: Money | None = strawberry.field(description="What all of them would have paid more; null without any.")
    user_errors: list[UserError] = strawberry.field(description="Why it was refused; empty if it was done.")
