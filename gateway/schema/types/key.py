"""Who asks: API keys and the caller."""

from datetime import datetime
from typing import Self

import strawberry

from gateway.core import access as core
from gateway.schema.context import Info
from gateway.schema.types.customer import Customer
from gateway.schema.types.page import Node, Paging

KEYS: Paging[core.ApiKey] = Paging("keys", (str,), lambda key: (key.id,))


@strawberry.type
class ApiKey(Node):
    """A key as stored: its secret is shown once, when it is created."""

    name: str = strawberry.field(description="What it is for.")
    prefix: str = strawberry.field(description="The public part of the key, to recognise it by.")
    scopes: list[core.Scope] = strawberry.field(description="What it allows.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="When it ends by itself.")
    revoked_at: datetime | None = strawberry.field(description="When it was ended.")
    last_used_at: datetime | None = strawberry.field(description="When it was last shown, to the minute.")

    @classmethod
    def from_core(cls, key: core.ApiKey) -> Self:
        """The same key, without the hash of its secret."""
        return cls(
            id=strawberry.ID(key.id),
            name=key.name,
            prefix=key.prefix,
            scopes=sorted(key.scopes),
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
        )


@strawberry.type
class Viewer:
    """Who asks."""

    id: strawberry.ID = strawberry.field(description="The key's id; `customer:KEY` for a customer token.")
    scopes: list[core.Scope] = strawberry.field(description="What the caller may do; ADMIN may do everything.")
    customer_key: str | None = strawberry.field(description="The one customer that a customer token shows.")

    @strawberry.field
    async def customer(self, info: Info) -> Customer | None:
        """The one customer that a customer token shows; null for API keys."""
        if self.customer_key is None:
            return None
        found = await info.context.loaders.customers.load(self.customer_key)
        return Customer.from_core(found) if found else None

    @classmethod
    def from_core(cls, caller: core.Caller) -> Self:
        """The caller."""
        return cls(id=strawberry.ID(caller.id), scopes=sorted(caller.scopes), customer_key=caller.customer)
