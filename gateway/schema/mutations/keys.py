"""Mutations that make and end API keys and customer tokens."""

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.types.key import ApiKey
from gateway.schema.types.payload import Payload, attempt
from gateway.services.keys import create_key, mint_customer_token, revoke_key, token_lifetime_max

_lifetime_seconds_max = int(token_lifetime_max.total_seconds())

KeyId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The key's id.")]
CustomerKey = Annotated[str, strawberry.argument(description="The customer's key.")]
Lifetime = Annotated[
    int, strawberry.argument(description=f"How long it shows anything: 1 to {_lifetime_seconds_max} seconds.")
]


@strawberry.input
class CreateApiKeyInput:
    """A key to make."""

    name: str = strawberry.field(description="What it is for.")
    scopes: list[Scope] = strawberry.field(description="What it allows.")
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends by itself.")


NewKey = Annotated[CreateApiKeyInput, strawberry.argument(name="input", description="The key.")]


@strawberry.type
class CreateApiKeyPayload(Payload):
    """The new key."""

    api_key: ApiKey | None = strawberry.field(description="Null if it was refused.")
    key: str | None = strawberry.field(description="The key to send as bearer. It cannot be shown again: keep it.")


@strawberry.type
class RevokeApiKeyPayload(Payload):
    """The ended key."""

    api_key: ApiKey | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class MintCustomerTokenPayload(Payload):
    """The token."""

    token: str | None = strawberry.field(description="To send as bearer; it shows one customer's data and no other's.")
    expires_at: datetime | None = strawberry.field(description="When it ends.")


@strawberry.type
class KeyMutations:
    """Who may ask."""

    @strawberry.mutation
    async def create_api_key(self, info: Info, key: NewKey) -> CreateApiKeyPayload:
        """Make an API key. Scope: admin."""
        installation = asked_to_change(info, Scope.ADMIN).installation
        done = await attempt(lambda: create_key(installation, key.name, key.scopes, key.expires_at))
        made, text = done.value or (None, None)
        return CreateApiKeyPayload(api_key=ApiKey.from_core(made) if made else None, key=text, user_errors=done.errors)

    @strawberry.mutation
    async def revoke_api_key(self, info: Info, key_id: KeyId) -> RevokeApiKeyPayload:
        """End an API key; ending it again changes nothing. Scope: admin."""
        installation = asked_to_change(info, Scope.ADMIN).installation
        done = await attempt(lambda: revoke_key(installation, key_id))
        return RevokeApiKeyPayload(api_key=done.shown(ApiKey.from_core), user_errors=done.errors)

    @strawberry.mutation
    async def mint_customer_token(
        self, info: Info, customer: CustomerKey, lifetime_seconds: Lifetime = 3600
    ) -> MintCustomerTokenPayload:
        """Make a token for a page that shows a customer its own data. Scope: read, which it cannot exceed."""
        installation = asked_to_change(info, Scope.READ).installation
        lifetime = timedelta(seconds=lifetime_seconds)
        done = await attempt(lambda: mint_customer_token(installation, customer, lifetime))
        return MintCustomerTokenPayload(
            token=done.shown(lambda token: token.text),
            expires_at=done.shown(lambda token: token.expires_at),
            user_errors=done.errors,
        )
