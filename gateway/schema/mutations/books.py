"""Mutations that close, lock and open months of the books."""

from collections.abc import Callable
from typing import Annotated

import strawberry

from gateway.core.access import Scope
from gateway.core.books import accounting_periods as core
from gateway.core.books.closing import NotReadyToClose
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.schema.context import GatewayContext, Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.types.books import AccountingPeriod
from gateway.schema.types.enums import UserErrorCode
from gateway.schema.types.payload import Payload, UserError, attempt
from gateway.services.close_books import PeriodRequest, close_period, lock_period, reopen_period

OfEntity = Annotated[
    str, strawberry.argument(name="legalEntity", description="Whose books: the key of a legal entity.")
]
OfMonth = Annotated[str, strawberry.argument(name="month", description="The month, such as 2013-06.")]
Override = Annotated[
    str | None,
    strawberry.argument(
        name="overrideReason", description="Close it with what is still to be done, and why; kept for ever."
    ),
]
Reason = Annotated[str, strawberry.argument(name="reason", description="Why; kept for ever.")]


@strawberry.type
class AccountingPeriodPayload(Payload):
    """The month as it is now. One that is not ready to be closed has an error for each thing that is to be done."""

    period: AccountingPeriod | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class BooksMutations:
    """Accounting periods."""

    @strawberry.mutation
    async def close_period(
        self,
        info: Info,
        month: OfMonth,
        idempotency_key: IdempotencyKey,
        legal_entity: OfEntity = DEFAULT_ENTITY,
        override_reason: Override = None,
    ) -> AccountingPeriodPayload:
        """Close a month: what belongs to it and comes later is booked in the first open one. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        request = PeriodRequest(legal_entity, month, context.caller.id, idempotency_key)
        return await _changed(context, lambda: close_period(context.installation, request, override_reason))

    @strawberry.mutation
    async def lock_period(
        self,
        info: Info,
        month: OfMonth,
        idempotency_key: IdempotencyKey,
        legal_entity: OfEntity = DEFAULT_ENTITY,
    ) -> AccountingPeriodPayload:
        """Lock a closed month, which is never opened again. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        request = PeriodRequest(legal_entity, month, context.caller.id, idempotency_key)
        return await _changed(context, lambda: lock_period(context.installation, request))

    @strawberry.mutation
    async def reopen_period(
        self,
        info: Info,
        month: OfMonth,
        reason: Reason,
        idempotency_key: IdempotencyKey,
        legal_entity: OfEntity = DEFAULT_ENTITY,
    ) -> AccountingPeriodPayload:
        """Open the latest closed month again. Scope: finance."""
        context = asked_to_change(info, Scope.FINANCE)
        request = PeriodRequest(legal_entity, month, context.caller.id, idempotency_key)
        return await _changed(context, lambda: reopen_period(context.installation, request, reason))


async def _changed(context: GatewayContext, change: Callable[[], core.AccountingPeriod]) -> AccountingPeriodPayload:
    def tried() -> core.AccountingPeriod | NotReadyToClose:
        try:
            return change()
        except NotReadyToClose as refused:
            return refused

    done = await attempt(tried)
    if isinstance(done.value, core.AccountingPeriod):
        period = done.value
        changes = await context.read(lambda unit: unit.accounting_periods.changes(period.legal_entity))
        return AccountingPeriodPayload(period=AccountingPeriod.from_core(period, changes), user_errors=[])
    if done.value is not None:
        code = UserErrorCode.ILLEGAL_TRANSITION
        errors = [UserError(code=code, message=str(item), path=["month"]) for item in done.value.items]
        return AccountingPeriodPayload(period=None, user_errors=errors)
    return AccountingPeriodPayload(period=None, user_errors=done.errors)
