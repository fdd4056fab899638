"""What invoices and running costs have in common: lines, and how their amounts came about."""

from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

import strawberry

from gateway.core.invoicing.invoice import InvoiceLine as CoreLine
from gateway.core.invoicing.line_units import unit_amount_of, unit_of
from gateway.core.money import with_places
from gateway.core.plans.plan import Timing
from gateway.core.rating import rate as rating
from gateway.schema.context import Info
from gateway.schema.types.money import DimensionValue, Money, Period, shortest


@strawberry.type
class RatingStep:
    """One term of an amount: units at a price each, plus a flat amount."""

    label: str = strawberry.field(description="Which part of the quantity, such as `above 1,000 up to 3,000`.")
    units: Decimal = strawberry.field(description="How many units.")
    unit_amount: Decimal = strawberry.field(description="For each of them.")
    flat_amount: Decimal = strawberry.field(description="Once.")
    amount: Decimal = strawberry.field(description="Together, exactly.")

    @classmethod
    def from_core(cls, step: rating.RatingStep, currency: str) -> Self:
        """The same step, its amounts in `currency`."""
        return cls(
            label=step.label,
            units=shortest(step.units),
            unit_amount=with_places(step.unit_amount, currency),
            flat_amount=with_places(step.flat_amount, currency),
            amount=with_places(step.amount, currency),
        )


@strawberry.interface
class Line:
    """One price over one service period."""

    price: str = strawberry.field(description="The key of the price, or of the commitment that a true-up fills.")
    description: str = strawberry.field(description="What is billed, for people.")
    period: Period = strawberry.field(description="The service period.")
    quantity: Decimal = strawberry.field(description="How many units; 1 for a fee.")
    amount: Money = strawberry.field(description="What it costs, rounded once to the currency's places.")
    exact_amount: str = strawberry.field(description="What was rated before rounding: a decimal, or a fraction.")
    timing: Timing = strawberry.field(description="Whether it is billed in advance or in arrears.")
    dimensions: list[DimensionValue] = strawberry.field(description="Which part of the usage it is, if it is a part.")
    meter_key: str | None = strawberry.field(description="The meter that counted; null for fees and true-ups.")
    meter_version: int | None = strawberry.field(description="Which version of the meter counted.")
    unit_amount: Decimal | None = strawberry.field(
        description="What each unit costs; null for fees, and where no one price holds for all of the quantity."
    )
    steps: list[RatingStep] = strawberry.field(description="How the exact amount came about, before prorating.")

    @strawberry.field
    async def unit(self, info: Info) -> str | None:
        """What one of its quantity is; null for fees and true-ups."""
        if self.meter_key is None:
            return None
        return unit_of((await info.context.loaders.catalogue()).meters, self.meter_key, self.meter_version)


def line_fields(line: CoreLine, zone: ZoneInfo) -> dict[str, Any]:
    """The fields that every line has, from the core's; days are those of `zone`."""
    unit_amount = unit_amount_of(line)
    return {
        "price": line.price,
        "description": line.description,
        "period": Period.from_core(line.period, zone),
        "quantity": shortest(line.quantity),
        "amount": Money.from_core(line.amount),
        "exact_amount": line.exact_amount,
        "timing": line.timing,
        "dimensions": DimensionValue.list_from(line.dimensions),
        "meter_key": line.meter,
        "meter_version": line.meter_version,
        "unit_amount": None if unit_amount is None else with_places(unit_amount, line.amount.currency),
        "steps": [RatingStep.from_core(step, line.amount.currency) for step in line.steps],
    }
