"""Plans of switches: what a switch would come to, customer by customer."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from gateway.core import switch_plans as plans
from gateway.core import switching as core
from gateway.core.ports.switch_plans import PlannedFilter
from gateway.schema.context import Info, related
from gateway.schema.types import invoice as invoices
from gateway.schema.types.money import Money
from gateway.schema.types.page import (
    After,
    Connection,
    CountedConnection,
    First,
    Paging,
    check_size,
    page_size_default,
)

if TYPE_CHECKING:
    from gateway.schema.types.invoice import Invoice

PLANNED: Paging[tuple[int, core.PlannedCustomer]] = Paging("planned customers", (int,), lambda each: (each[0],))
OPEN: Paging[tuple[int, core.OpenInvoice]] = Paging("open invoices", (int,), lambda each: (each[0],))
STAYING: Paging[tuple[int, core.CreditThatStays]] = Paging("credits that stay", (int,), lambda each: (each[0],))

OfSeverity = Annotated[
    core.Severity | None, strawberry.argument(description="Only those whose worst problem is so severe.")
]


@strawberry.type
class SwitchProblem:
    """Something to know before a customer is switched, and what to do about it."""

    kind: core.ProblemKind = strawberry.field(description="What it is.")
    severity: core.Severity = strawberry.field(description="Whether it blocks.")
    message: str = strawberry.field(description="What is so.")
    remedy: str = strawberry.field(description="What a person can do about it.")

    @classmethod
    def from_core(cls, problem: core.Problem) -> Self:
        """The same problem."""
        return cls(kind=problem.kind, severity=problem.severity, message=problem.message, remedy=problem.remedy)


@strawberry.type
class PlannedCustomer:
    """What would happen to a customer."""

    customer_key: str = strawberry.field(description="The customer's key.")
    from_connection: str = strawberry.field(description="Where it is now.")
    presence: core.Presence = strawberry.field(description="Whether it is at the target.")
    ref: str | None = strawberry.field(description="What the target calls it; null if it is not known to be there.")
    currencies: list[str] = strawberry.field(description="What it is billed in.")
    problems: list[SwitchProblem] = strawberry.field(description="What is in the way; empty if nothing is.")

    @classmethod
    def from_core(cls, found: tuple[int, core.PlannedCustomer]) -> Self:
        """The same customer."""
        _, planned = found
        return cls(
            customer_key=planned.customer,
            from_connection=planned.from_connection,
            presence=planned.presence,
            ref=planned.ref,
            currencies=list(planned.currencies),
            problems=[SwitchProblem.from_core(each) for each in planned.problems],
        )


@strawberry.type
class InvoiceThatStays:
    """An invoice that is not done with; it stays at its connection and is followed there."""

    number: str = strawberry.field(description="Its number.")
    customer_key: str = strawberry.field(description="Whose it is.")
    stays_at: str = strawberry.field(description="Its connection.")
    total: Money = strawberry.field(description="Its total.")
    state: core.OpenState = strawberry.field(description="What is still to happen to it, as the plan was made.")
    invoice_id: strawberry.Private[str]

    @strawberry.field
    async def invoice(self, info: Info) -> Annotated["Invoice", strawberry.lazy("gateway.schema.types.invoice")] | None:
        """The invoice as it is now."""
        found = await related(info).invoices.load(self.invoice_id)
        return invoices.Invoice.from_core(found) if found else None

    @classmethod
    def from_core(cls, found: tuple[int, core.OpenInvoice]) -> Self:
        """The same invoice."""
        _, invoice = found
        return cls(
            number=invoice.number,
            customer_key=invoice.customer,
            stays_at=invoice.connection,
            total=Money.from_core(invoice.total),
            state=invoice.state,
            invoice_id=invoice.invoice_id,
        )


@strawberry.type
class CreditThatStays:
    """What a customer has where it is."""

    customer_key: str = strawberry.field(description="Whose it is.")
    balance: Money = strawberry.field(description="How much.")
    stays_at: str | None = strawberry.field(
        description="The connection whose provider keeps it; null for a wallet of the gateway, which goes on as before."
    )

    @classmethod
    def from_core(cls, found: tuple[int, core.CreditThatStays]) -> Self:
        """The same balance."""
        _, credit = found
        return cls(customer_key=credit.customer, balance=Money.from_core(credit.balance), stays_at=credit.connection)


@strawberry.type
class ProviderSwitchPlan:
    """What a switch would come to, as the target's worker found it; nothing of it is done."""

    id: strawberry.ID = strawberry.field(description="The id.")
    target: str = strawberry.field(description="Where customers would go.")
    state: plans.PlanState = strawberry.field(description="How far it is.")
    requested_at: datetime = strawberry.field(description="When it was asked for.")
    ended_at: datetime | None = strawberry.field(description="When it was made, or failed.")
    failure: str | None = strawberry.field(description="Why it failed.")
    done: int = strawberry.field(description="How many customers were looked at, noted now and then.")
    total: int | None = strawberry.field(description="Of how many; null before it is begun.")
    balances_unknown_at: list[str] = strawberry.field(
        description="Connections that were not asked what they keep for these customers, which stays there; "
        "`gateway providers switch --dry-run` asks them too."
    )

    @strawberry.field
    async def customers(
        self, info: Info, severity: OfSeverity = None, first: First = page_size_default, after: After = None
    ) -> CountedConnection[PlannedCustomer]:
        """The customers that would go, by key; those that are there are not."""
        size, (begin,) = check_size(first), PLANNED.after(after) or (None,)
        matching = PlannedFilter(self.id, severity)
        found = await info.context.read(lambda unit: unit.switch_plans.customers(matching, begin, size))

        async def count() -> int:
            return await info.context.read(lambda unit: unit.switch_plans.customer_count(matching))

        return CountedConnection.of(PLANNED.page(found, first, after), PlannedCustomer.from_core, count=count)

    @strawberry.field
    async def open_invoices(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> Connection[InvoiceThatStays]:
        """The invoices that are not done with, by customer and number."""
        size, (begin,) = check_size(first), OPEN.after(after) or (None,)
        found = await info.context.read(lambda unit: unit.switch_plans.invoices(self.id, begin, size))
        return Connection.of(OPEN.page(found, first, after), InvoiceThatStays.from_core)

    @strawberry.field
    async def credits(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> Connection[CreditThatStays]:
        """What customers have where they are."""
        size, (begin,) = check_size(first), STAYING.after(after) or (None,)
        found = await info.context.read(lambda unit: unit.switch_plans.credits(self.id, begin, size))
        return Connection.of(STAYING.page(found, first, after), CreditThatStays.from_core)

    @classmethod
    def from_core(cls, plan: plans.StoredPlan) -> Self:
        """The same plan."""
        return cls(
            id=strawberry.ID(plan.id),
            target=plan.target,
            state=plan.state,
            requested_at=plan.requested_at,
            ended_at=plan.ended_at,
            failure=plan.failure,
            done=plan.done,
            total=plan.total,
            balances_unknown_at=list(plan.unasked),
        )
