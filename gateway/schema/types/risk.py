"""Customers at risk, and why."""

from datetime import date
from decimal import Decimal
from typing import Self

import strawberry

from gateway.core.customers_at_risk import Risk, RiskReason
from gateway.schema.context import Info, related
from gateway.schema.types.customer import Customer
from gateway.schema.types.money import Money
from gateway.schema.types.page import Paging

RISKS: Paging[Risk] = Paging("risks", (str, str, str), lambda each: (each.customer, each.reason.value, each.subject))


@strawberry.type
class CustomerAtRisk:
    """A reason to look after a customer, with the figures that say so."""

    customer_key: str = strawberry.field(description="Who it is.")
    reason: RiskReason = strawberry.field(description="Why.")
    subject_id: strawberry.ID = strawberry.field(description="The subscription, or the invoice of a failed payment.")
    meter_key: str | None = strawberry.field(description="The meter that falls; null for other reasons.")
    quantity_before: Decimal | None = strawberry.field(description="What it usually counted in a fortnight.")
    quantity_now: Decimal | None = strawberry.field(description="What it counted in the last fortnight.")
    amount_before: Money | None = strawberry.field(description="The usual bill for usage, of a spike.")
    amount_now: Money | None = strawberry.field(description="The expected bill of a spike, or what was not paid.")
    due_on: date | None = strawberry.field(description="Until when it was to be paid.")

    @strawberry.field
    async def customer(self, info: Info) -> Customer | None:
        """Who it is."""
        found = await related(info).customers.load(self.customer_key)
        return Customer.from_core(found) if found else None

    @classmethod
    def from_core(cls, risk: Risk) -> Self:
        """The same reason."""
        return cls(
            customer_key=risk.customer,
            reason=risk.reason,
            subject_id=strawberry.ID(risk.subject),
            meter_key=risk.meter,
            quantity_before=risk.quantity_before,
            quantity_now=risk.quantity_now,
            amount_before=Money.from_core(risk.amount_before) if risk.amount_before else None,
            amount_now=Money.from_core(risk.amount_now) if risk.amount_now else None,
            due_on=risk.due_on,
        )
