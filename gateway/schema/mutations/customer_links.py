"""The mutation that says what a provider has of a customer under an id of its own."""

from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.types.delivery import Delivery
from gateway.schema.types.payload import Payload, attempt
from gateway.services.installation import Installation
from gateway.services.link_customer import new_link, request_link
from gateway.services.remember import once

OurCustomer = Annotated[str, strawberry.argument(description="The customer's key.")]
At = Annotated[str, strawberry.argument(description="The connection where they are.")]
Ref = Annotated[str, strawberry.argument(description="What they are called there.")]


@strawberry.type
class LinkCustomerPayload(Payload):
    """The look-up on its way."""

    delivery: Delivery | None = strawberry.field(
        description="Delivered once the link is kept; parked, with the reason, if it leads nowhere or to another."
    )


@strawberry.type
class CustomerLinkMutations:
    """Who our customers are elsewhere."""

    @strawberry.mutation
    async def link_customer(
        self, info: Info, customer: OurCustomer, connection: At, ref: Ref, idempotency_key: IdempotencyKey
    ) -> LinkCustomerPayload:
        """Say what a provider has of a customer under an id of its own.

        The connection's worker looks it up there before it is kept; a switch then finds it. Refused if it is another
        customer of ours, or if the customer has documents there under another id. Scope: admin.
        """
        context = asked_to_change(info, Scope.ADMIN)
        installation, actor = context.installation, context.caller.id
        done = await attempt(lambda: _requested(installation, actor, idempotency_key, customer, connection, ref))
        found = await context.loaders.deliveries.load(done.value) if done.value else None
        return LinkCustomerPayload(delivery=Delivery.from_core(found) if found else None, user_errors=done.errors)


def _requested(installation: Installation, actor: str, key: str, customer: str, connection: str, ref: str) -> str:
    link = new_link(installation, customer, connection, ref, actor)
    request = {"mutation": "linkCustomer", "customer": customer, "connection": connection, "ref": link.ref}
    return once(installation, actor, key, request, lambda unit: request_link(unit, installation, link))
