"""Mutations that open wallets, and that grant and void credit; each takes an idempotency key."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.credits.wallet import Wallet as CoreWallet
from gateway.schema.context import GatewayContext, Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.mutations.credit_inputs import GrantCreditInput, OpenWalletInput
from gateway.schema.types.credit import Wallet
from gateway.schema.types.payload import Payload, attempt
from gateway.services.grant_credit import grant_credit, open_wallet, top_up
from gateway.services.revoke_grant import revoke_grant
from gateway.services.void_credit import void_credit

NewWallet = Annotated[OpenWalletInput, strawberry.argument(name="input", description="The wallet.")]
NewGrant = Annotated[GrantCreditInput, strawberry.argument(name="input", description="The grant.")]
WalletId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The wallet's id.")]
Credits = Annotated[Decimal, strawberry.argument(description="How many credits; with a rate of 1, the money.")]
SomeCredits = Annotated[
    Decimal | None, strawberry.argument(description="How many credits; all that the grant has left without it.")
]
OfGrant = Annotated[
    strawberry.ID | None, strawberry.argument(description="From this grant; in the order of use without it.")
]
GrantId = Annotated[strawberry.ID, strawberry.argument(description="The grant's id.")]
Reason = Annotated[str, strawberry.argument(description="What for; kept for ever.")]
ExpiresAt = Annotated[datetime | None, strawberry.argument(description="When it ends; never without it.")]
PaidFor = Annotated[
    Decimal | None,
    strawberry.argument(description="The money that is paid for all of it, if that is less than it gives."),
]


@strawberry.type
class WalletPayload(Payload):
    """The wallet as it is afterwards."""

    wallet: Wallet | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class GrantCreditPayload(WalletPayload):
    """The wallet as it is afterwards, and the grant in it."""

    grant_id: strawberry.ID | None = strawberry.field(description="The grant's id; null if it was refused.")


@strawberry.type
class CreditMutations:
    """Credit of customers."""

    @strawberry.mutation
    async def open_wallet(self, info: Info, wallet: NewWallet) -> WalletPayload:
        """Open a wallet for a customer; the same again is the same wallet. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)

        def work() -> str:
            opened: CoreWallet = open_wallet(context.installation, wallet.to_core())
            return opened.id

        return await _shown(context, work)

    @strawberry.mutation
    async def grant_credit(self, info: Info, grant: NewGrant, idempotency_key: IdempotencyKey) -> GrantCreditPayload:
        """Grant credit to a customer, once for each key. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        return await _granted(
            context, lambda: grant_credit(context.installation, context.caller.id, grant.to_core(), idempotency_key)
        )

    @strawberry.mutation
    async def top_up_wallet(
        self,
        info: Info,
        wallet_id: WalletId,
        amount: Credits,
        reason: Reason,
        idempotency_key: IdempotencyKey,
        expires_at: ExpiresAt = None,
        paid: PaidFor = None,
    ) -> GrantCreditPayload:
        """Add credit that the customer pays for to a wallet, once for each key. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        return await _granted(
            context,
            lambda: top_up(
                context.installation, context.caller.id, wallet_id, amount, reason, idempotency_key, expires_at, paid
            ),
        )

    @strawberry.mutation
    async def void_credit(
        self,
        info: Info,
        wallet_id: WalletId,
        reason: Reason,
        idempotency_key: IdempotencyKey,
        amount: SomeCredits = None,
        grant_id: OfGrant = None,
    ) -> WalletPayload:
        """Take credit back, at most what there is, once for each key. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        return await _shown(
            context,
            lambda: void_credit(
                context.installation, context.caller.id, wallet_id, reason, idempotency_key, amount, grant_id
            ),
        )

    @strawberry.mutation
    async def revoke_credit_grant(
        self, info: Info, grant_id: GrantId, reason: Reason, idempotency_key: IdempotencyKey
    ) -> WalletPayload:
        """Take a paid grant back whole: what was used of it is owed, and the next grant pays it. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        return await _shown(
            context,
            lambda: revoke_grant(context.installation, context.caller.id, grant_id, reason, idempotency_key),
        )


async def _shown(context: GatewayContext, work: Callable[[], str]) -> WalletPayload:
    """The wallet whose id `work` answers with."""
    done = await attempt(work)
    found = await context.loaders.wallets.load(done.value) if done.value else None
    return WalletPayload(wallet=Wallet.from_core(found) if found else None, user_errors=done.errors)


async def _granted(context: GatewayContext, work: Callable[[], str]) -> GrantCreditPayload:
    """The grant whose id `work` answers with, and its wallet."""
    done = await attempt(work)
    if done.value is None:
        return GrantCreditPayload(wallet=None, grant_id=None, user_errors=done.errors)
    grant_id = done.value
    wallet_id = await context.read(lambda unit: unit.credits.wallet_of_grant(grant_id))
    found = await context.loaders.wallets.load(wallet_id)
    return GrantCreditPayload(
        wallet=Wallet.from_core(found) if found else None, grant_id=strawberry.ID(grant_id), user_errors=[]
    )
