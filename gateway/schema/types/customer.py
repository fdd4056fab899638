"""Customers: who uses and pays."""

from typing import Self

import strawberry

from gateway.core.subscriptions import subscription as core
from gateway.schema.context import Info, related
from gateway.schema.types.credit import WALLETS, Wallet
from gateway.schema.types.forecast import ProjectedRevenue
from gateway.schema.types.legal_entity import LegalEntity
from gateway.schema.types.page import After, CountedConnection, First, Node, Paging, constant, page_size_default
from gateway.schema.types.subscription import SUBSCRIPTIONS, Subscription

CUSTOMERS: Paging[core.Customer] = Paging("customers", (str,), lambda each: (each.key,))


@strawberry.type
class Customer(Node):
    """Who uses and pays."""

    key: str = strawberry.field(description="The company's own name for them, which events carry.")
    name: str = strawberry.field(description="The name that people read.")
    email: str | None = strawberry.field(description="Where to write to.")
    connection: str | None = strawberry.field(
        description="The connection that its invoices go to that are finalized from now on; null for the deployment's."
    )
    address: list[str] = strawberry.field(description="The lines of the address that its documents show.")
    country: str | None = strawberry.field(description="The ISO 3166-1 code of its country, such as DE.")
    tax_ids: list[str] = strawberry.field(description="Its registrations for taxes, as documents show them.")
    payment_days: int | None = strawberry.field(
        description="How many days after it is final an invoice is due; null: as many as `billing.payment_days` says."
    )
    legal_entity_key: strawberry.Private[str]

    @strawberry.field
    async def legal_entity(self, info: Info) -> LegalEntity | None:
        """Who issues the invoices that are drafted for it from now on."""
        found = await related(info).legal_entities.load((self.legal_entity_key, None))
        return LegalEntity.from_core(found) if found else None

    @strawberry.field
    async def subscriptions(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> CountedConnection[Subscription]:
        """Its subscriptions, in the order of their ids."""
        every = await related(info).subscriptions_of.load(self.key)
        page = SUBSCRIPTIONS.slice(every, first, after)
        return CountedConnection.of(page, Subscription.from_core, count=constant(len(every)))

    @strawberry.field
    async def wallets(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> CountedConnection[Wallet]:
        """Its credit, in the order of the wallets' ids."""
        every = await related(info).wallets_of.load(self.key)
        page = WALLETS.slice(every, first, after)
        return CountedConnection.of(page, Wallet.from_core, count=constant(len(every)))

    @strawberry.field
    async def projected_revenue(self, info: Info) -> list[ProjectedRevenue]:
        """What its running periods will come to, by currency."""
        found = await related(info).projected_revenue_of.load(self.key)
        return [ProjectedRevenue.from_core(each, info.context.caller) for each in found]

    @classmethod
    def from_core(cls, customer: core.Customer) -> Self:
        """The same customer."""
        return cls(
            id=strawberry.ID(customer.id),
            key=customer.key,
            name=customer.name,
            email=customer.email,
            connection=customer.connection,
            address=list(customer.address),
            country=customer.country,
            tax_ids=list(customer.tax_ids),
            payment_days=customer.payment_days,
            legal_entity_key=customer.legal_entity,
        )
