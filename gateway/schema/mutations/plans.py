"""The mutation that publishes plans."""

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry.utils.str_converters import to_camel_case

from gateway.core.access import Scope
from gateway.core.periods.period import IntervalUnit
from gateway.core.periods.proration import Proration
from gateway.core.plans.price_terms import PriceTerms
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.price_inputs import PriceInput
from gateway.schema.paths import place_of
from gateway.schema.types.payload import Payload, attempt
from gateway.schema.types.plan import PlanVersion
from gateway.services.define import apply_definitions

_OF_PRICE = frozenset({"key", "name", "meter", "timing", "model"})
_OF_TERMS = frozenset(to_camel_case(each.name) for each in fields(PriceTerms))


@strawberry.input
class CommitmentInput:
    """A promised minimum per period; a true-up line fills the gap."""

    key: str = strawberry.field(description="The name that the true-up line uses.")
    name: str = strawberry.field(description="The name that people read.")
    amount: Decimal = strawberry.field(description="The minimum per period, in the plan's currency.")
    counts: list[str] | None = strawberry.field(
        default=None, description="The keys of the prices that count towards it; without it the metered ones."
    )

    def to_core(self) -> dict[str, object]:
        """The commitment as a definition document has it."""
        counts = {} if self.counts is None else {"counts": self.counts}
        return {"key": self.key, "name": self.name, "amount": f"{self.amount:f}", **counts}


@strawberry.input
class InvoiceThresholdsInput:
    """Amounts of usage, before discounts and taxes, that bill it before its period ends, each once."""

    period: list[Decimal] = strawberry.field(default_factory=list, description="Reached within a period.")
    lifetime: list[Decimal] = strawberry.field(default_factory=list, description="Reached over all periods.")
    lifetime_step: Decimal | None = strawberry.field(
        default=None, description="Beyond the last lifetime amount, another one every so much."
    )

    def to_core(self) -> dict[str, object]:
        """The thresholds as a definition document has them."""
        step = {} if self.lifetime_step is None else {"lifetime_step": f"{self.lifetime_step:f}"}
        return {
            "period": [f"{amount:f}" for amount in self.period],
            "lifetime": [f"{amount:f}" for amount in self.lifetime],
            **step,
        }


@strawberry.input
class PublishPlanInput:
    """A plan to publish."""

    key: str = strawberry.field(description="The plan's name: a-z, 0-9, dash, dot, underscore.")
    name: str = strawberry.field(description="The name that people read.")
    currency: str = strawberry.field(description="The ISO 4217 code of its amounts.")
    prices: list[PriceInput] = strawberry.field(description="In the order of an invoice's lines.")
    interval: IntervalUnit = strawberry.field(default=IntervalUnit.MONTH, description="What a billing period counts.")
    interval_count: int = strawberry.field(default=1, description="How many of them.")
    grace_period_seconds: int = strawberry.field(default=0, description="How long billing waits for late events.")
    proration: Proration = strawberry.field(
        default=Proration.SECOND, description="By what parts of a period are measured."
    )
    commitments: list[CommitmentInput] = strawberry.field(default_factory=list, description="Promised minimums.")
    invoice_thresholds: InvoiceThresholdsInput | None = strawberry.field(
        default=None, description="What bills usage before its period ends; nothing without it."
    )

    def to_core(self) -> dict[str, object]:
        """The plan as a definition document has it."""
        thresholds = (
            {} if self.invoice_thresholds is None else {"invoice_thresholds": self.invoice_thresholds.to_core()}
        )
        return {
            "key": self.key,
            "name": self.name,
            "currency": self.currency,
            "interval": self.interval.value,
            "interval_count": self.interval_count,
            "grace_period_seconds": self.grace_period_seconds,
            "proration": self.proration.value,
            "prices": [price.to_core() for price in self.prices],
            "commitments": [commitment.to_core() for commitment in self.commitments],
            **thresholds,
        }

    def place(self, path: str) -> list[str]:
        """Where in the arguments a fault of the document is."""
        return _place(path, self.prices)


@strawberry.input
class OverridePricesInput:
    """A plan that is another one but for some prices, such as those that one customer has agreed."""

    key: str = strawberry.field(description="The name of the new plan: a-z, 0-9, dash, dot, underscore.")
    name: str = strawberry.field(description="The name that people read.")
    based_on: str = strawberry.field(description="The plan, by key, whose newest version has everything else.")
    prices: list[PriceInput] = strawberry.field(
        description="In place of its prices of the same keys; others are added."
    )

    def to_core(self) -> dict[str, object]:
        """The plan as a definition document has it."""
        prices = [price.to_core() for price in self.prices]
        return {"key": self.key, "name": self.name, "based_on": self.based_on, "prices": prices}

    def place(self, path: str) -> list[str]:
        """Where in the arguments a fault of the document is."""
        return _place(path, self.prices)


def _place(path: str, prices: Sequence[PriceInput]) -> list[str]:
    """Where a fault of a document is in what was sent: what the model and the terms hold is deeper here."""
    parts = place_of(path, "plans[0]", "input")
    match parts:
        case ["input", "prices", index, part, *rest] if part in _OF_TERMS:
            return ["input", "prices", index, "terms", part, *rest]
        case ["input", "prices", index, part, *rest] if part not in _OF_PRICE and int(index) < len(prices):
            name = to_camel_case(prices[int(index)].model.name.value)
            return ["input", "prices", index, "model", name, part, *rest]
    return parts


NewPrices = Annotated[OverridePricesInput, strawberry.argument(name="input", description="The plan.")]
NewPlan = Annotated[PublishPlanInput, strawberry.argument(name="input", description="The plan.")]


@strawberry.type
class PublishPlanPayload(Payload):
    """The published plan."""

    plan: PlanVersion | None = strawberry.field(description="In its newest version; null if it was refused.")


@strawberry.type
class PlanMutations:
    """What is offered."""

    @strawberry.mutation
    async def publish_plan(self, info: Info, plan: NewPlan) -> PublishPlanPayload:
        """Publish a plan, or its next version where it differs; the same again changes nothing. Scope: billing."""
        return await _publish(info, plan)

    @strawberry.mutation
    async def override_prices(self, info: Info, plan: NewPrices) -> PublishPlanPayload:
        """Publish a plan that has other prices than the one it is based on, for who agreed them. Scope: billing."""
        return await _publish(info, plan)


async def _publish(info: Info, plan: PublishPlanInput | OverridePricesInput) -> PublishPlanPayload:
    installation = asked_to_change(info, Scope.BILLING).installation

    def publish() -> PlanVersion:
        apply_definitions(installation, {"plans": [plan.to_core()]})
        newest = installation.storage.read(lambda unit: unit.definitions.plan_version(plan.key))
        return PlanVersion.from_core(newest)

    done = await attempt(publish, plan.place)
    return PublishPlanPayload(plan=done.value, user_errors=done.errors)
