"""Plans: published versions with their prices."""

from datetime import datetime
from decimal import Decimal
from typing import Self

import strawberry

from gateway.core.money import with_places
from gateway.core.periods.period import IntervalUnit
from gateway.core.periods.proration import Proration
from gateway.core.plans import plan as core
from gateway.core.plans.invoice_thresholds import InvoiceThresholds as CoreThresholds
from gateway.schema.context import Info, related
from gateway.schema.types.meter import Meter
from gateway.schema.types.money import Money
from gateway.schema.types.page import Node
from gateway.schema.types.price_model import PriceModel, price_model_from
from gateway.schema.types.price_terms import PriceTerms


@strawberry.type
class Interval:
    """How long a billing period is."""

    unit: IntervalUnit = strawberry.field(description="What is counted.")
    count: int = strawberry.field(description="How many of them.")


@strawberry.type
class Price:
    """One rule that turns a meter's quantity, or the passing of a period, into money."""

    key: str = strawberry.field(description="The name that invoice lines use.")
    name: str = strawberry.field(description="The name that people read.")
    timing: core.Timing = strawberry.field(description="When it is billed.")
    meter_key: str | None = strawberry.field(description="The meter whose quantity it rates; null for a flat fee.")
    model: PriceModel = strawberry.field(description="How it becomes money.")
    terms: PriceTerms = strawberry.field(description="What holds beside the model.")

    @strawberry.field
    async def meter(self, info: Info) -> Meter | None:
        """The meter whose quantity it rates; null for a flat fee."""
        found = (await related(info).catalogue()).meters.get(self.meter_key or "")
        return Meter.from_core(found) if found else None

    @classmethod
    def from_core(cls, price: core.Price) -> Self:
        """The same price."""
        return cls(
            key=price.key,
            name=price.name,
            timing=price.timing,
            meter_key=price.meter,
            model=price_model_from(price.model),
            terms=PriceTerms.from_core(price.terms),
        )


@strawberry.type
class Commitment:
    """A promised minimum per period; a true-up line fills the gap."""

    key: str = strawberry.field(description="The name that the true-up line uses.")
    name: str = strawberry.field(description="The name that people read.")
    amount: Money = strawberry.field(description="The minimum per period.")
    counts: list[str] = strawberry.field(description="The keys of the prices that count towards it.")

    @classmethod
    def from_core(cls, commitment: core.Commitment, currency: str) -> Self:
        """The same commitment of a plan in `currency`."""
        return cls(
            key=commitment.key,
            name=commitment.name,
            amount=Money(amount=commitment.amount, currency=currency),
            counts=list(commitment.counts),
        )


@strawberry.type
class InvoiceThresholds:
    """Amounts of usage, before discounts and taxes, that bill it before its period ends, each once."""

    period: list[Money] = strawberry.field(description="Reached within a period.")
    lifetime: list[Money] = strawberry.field(description="Reached over all periods.")
    lifetime_step: Money | None = strawberry.field(
        description="Beyond the last lifetime amount, another one every so much."
    )

    @classmethod
    def from_core(cls, thresholds: CoreThresholds, currency: str) -> Self:
        """The same thresholds of a plan in `currency`."""

        def money(amount: Decimal) -> Money:
            return Money(amount=with_places(amount, currency), currency=currency)

        return cls(
            period=[money(amount) for amount in thresholds.period],
            lifetime=[money(amount) for amount in thresholds.lifetime],
            lifetime_step=None if thresholds.lifetime_step is None else money(thresholds.lifetime_step),
        )


@strawberry.type
class PlanVersion(Node):
    """A published state of a plan, which never changes."""

    key: str = strawberry.field(description="The plan's name, which all its versions have.")
    version: int = strawberry.field(description="Counts from 1.")
    name: str = strawberry.field(description="The name that people read.")
    currency: str = strawberry.field(description="The ISO 4217 code of its amounts.")
    interval: Interval = strawberry.field(description="How long a billing period is.")
    grace_period_seconds: int = strawberry.field(description="How long billing waits for late events.")
    proration: Proration = strawberry.field(description="By what parts of a period are measured.")
    published_at: datetime | None = strawberry.field(description="Since when it can be subscribed to.")
    prices: list[Price] = strawberry.field(description="In the order of an invoice's lines.")
    commitments: list[Commitment] = strawberry.field(description="The promised minimums.")
    invoice_thresholds: InvoiceThresholds | None = strawberry.field(
        description="What bills usage before its period ends; null if nothing does."
    )

    @classmethod
    def from_core(cls, plan: core.PlanVersion) -> Self:
        """The same version."""
        thresholds = plan.invoice_thresholds
        return cls(
            id=strawberry.ID(f"plan:{plan.plan}:{plan.version}"),
            key=plan.plan,
            version=plan.version,
            name=plan.name,
            currency=plan.currency,
            interval=Interval(unit=plan.interval.unit, count=plan.interval.count),
            grace_period_seconds=int(plan.grace.total_seconds()),
            proration=plan.proration,
            published_at=plan.published_at,
            prices=[Price.from_core(price) for price in plan.prices],
            commitments=[Commitment.from_core(commitment, plan.currency) for commitment in plan.commitments],
            invoice_thresholds=None if thresholds is None else InvoiceThresholds.from_core(thresholds, plan.currency),
        )
