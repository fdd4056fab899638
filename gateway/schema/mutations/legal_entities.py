"""Mutations that create and change legal entities, and let customers belong to them."""

from collections.abc import Callable, Mapping
from typing import Annotated

import strawberry

from gateway.core import legal_entity as core
from gateway.core.access import Scope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.paths import place_of
from gateway.schema.types.customer import Customer
from gateway.schema.types.legal_entity import LegalEntity
from gateway.schema.types.payload import Payload, attempt
from gateway.services.installation import Installation
from gateway.services.legal_entities import assign_customer, create_legal_entity, update_legal_entity


@strawberry.input
class LegalEntityInput:
    """A legal entity, whole: what is left out it has not."""

    key: str = strawberry.field(description="Its unique name: a-z, 0-9, dash, dot, underscore; `default` is there.")
    name: str | None = strawberry.field(
        default=None, description="The name on its documents; needed but for `default`."
    )
    address: list[str] = strawberry.field(default_factory=list, description="The lines of its address.")
    country: str | None = strawberry.field(default=None, description="The ISO 3166-1 code of its country.")
    tax_ids: list[str] = strawberry.field(
        default_factory=list, description="Its registrations, as documents show them."
    )
    time_zone: str = strawberry.field(default="UTC", description="The IANA zone whose days are its accounting days.")
    currency: str | None = strawberry.field(
        default=None, description="The ISO 4217 code of the currency of its books; needed but for `default`."
    )
    invoice_series: str | None = strawberry.field(
        default=None,
        description="What its invoice numbers begin with, its own for ever; the installation's for `default`.",
    )
    credit_note_series: str | None = strawberry.field(
        default=None, description="The same for credit notes; the series of its invoices and -CN without it."
    )
    footer: str | None = strawberry.field(default=None, description="What is at the foot of its documents.")

    def to_core(self) -> dict[str, object]:
        """The entity as a definition document has it."""
        return {
            "key": self.key,
            "name": self.name,
            "address": self.address,
            "country": self.country,
            "tax_ids": self.tax_ids,
            "time_zone": self.time_zone,
            "currency": self.currency,
            "invoice_series": self.invoice_series,
            "credit_note_series": self.credit_note_series,
            "footer": self.footer,
        }


Entity = Annotated[LegalEntityInput, strawberry.argument(name="input", description="The legal entity.")]
OfCustomer = Annotated[str, strawberry.argument(name="customer", description="The customer's key.")]
ToEntity = Annotated[str, strawberry.argument(name="legalEntity", description="The legal entity's key.")]


@strawberry.type
class LegalEntityPayload(Payload):
    """The legal entity as it is now."""

    legal_entity: LegalEntity | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class AssignCustomerPayload(Payload):
    """The customer as it is now."""

    customer: Customer | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class LegalEntityMutations:
    """Who issues invoices, and to whom."""

    @strawberry.mutation
    async def create_legal_entity(self, info: Info, entity: Entity) -> LegalEntityPayload:
        """Create a legal entity; the same again is the same one. Scope: billing."""
        return await _put(info, entity, create_legal_entity)

    @strawberry.mutation
    async def update_legal_entity(self, info: Info, entity: Entity) -> LegalEntityPayload:
        """Describe a legal entity anew; what it issued keeps what it says. Scope: billing."""
        return await _put(info, entity, update_legal_entity)

    @strawberry.mutation
    async def assign_customer(self, info: Info, customer: OfCustomer, legal_entity: ToEntity) -> AssignCustomerPayload:
        """Let a legal entity issue a customer's invoices that are drafted from now on. Scope: billing."""
        installation = asked_to_change(info, Scope.BILLING).installation
        done = await attempt(lambda: assign_customer(installation, customer, legal_entity))
        return AssignCustomerPayload(customer=done.shown(Customer.from_core), user_errors=done.errors)


async def _put(
    info: Info,
    entity: LegalEntityInput,
    put: Callable[[Installation, Mapping[str, object]], core.LegalEntity],
) -> LegalEntityPayload:
    installation = asked_to_change(info, Scope.BILLING).installation
    done = await attempt(
        lambda: put(installation, entity.to_core()), lambda path: place_of(path, "legal_entities[0]", "input")
    )
    return LegalEntityPayload(legal_entity=done.shown(LegalEntity.from_core), user_errors=done.errors)
