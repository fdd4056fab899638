"""Mutations that change subscriptions; each takes an idempotency key that is remembered for ever."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import strawberry

from gateway.core.access import Scope
from gateway.schema.context import Info, asked_to_change
from gateway.schema.mutations.billing import IdempotencyKey
from gateway.schema.mutations.remembered import once_in_steps
from gateway.schema.paths import parts_of
from gateway.schema.types.payload import Payload, attempt
from gateway.schema.types.subscription import Subscription
from gateway.services.cancel_subscription import cancel_subscription
from gateway.services.change_plan import change_plan
from gateway.services.end_trial import end_trial
from gateway.services.installation import Installation
from gateway.services.move_subscribers import Move, MovedSubscribers, move_subscribers
from gateway.services.pause_subscription import pause_subscription
from gateway.services.reactivate_subscription import reactivate_subscription
from gateway.services.record_phases import Change, Moment, When
from gateway.services.resume_subscription import resume_subscription

refused_max = 100

SubscriptionId = Annotated[strawberry.ID, strawberry.argument(name="id", description="The subscription's id.")]
PlanKey = Annotated[str, strawberry.argument(description="The plan's key.")]
Version = Annotated[int | None, strawberry.argument(description="Which version; the newest without it.")]
HoldsFrom = Annotated[Moment, strawberry.argument(description="From when on it holds.")]
At = Annotated[datetime | None, strawberry.argument(description="From this instant on, whatever `when` says.")]
KeepFees = Annotated[
    bool, strawberry.argument(description="Do not give back what is left of fees that were billed in advance.")
]


@strawberry.type
class ChangeSubscriptionPayload(Payload):
    """The subscription, with what was changed among its phases."""

    subscription: Subscription | None = strawberry.field(description="Null if it was refused.")


@strawberry.type
class RefusedMove:
    """A subscription that stays where it is."""

    subscription_id: strawberry.ID = strawberry.field(description="Its id.")
    key: str = strawberry.field(description="Its key.")
    reason: str = strawberry.field(description="Why it was not moved.")


@strawberry.type
class MoveSubscribersPayload(Payload):
    """What became of the subscribers of other versions."""

    version: int | None = strawberry.field(description="The version that they are on now; null if it was refused.")
    moved: int = strawberry.field(description="How many subscriptions moved.")
    refused: list[RefusedMove] = strawberry.field(description=f"Those that could not; the first {refused_max}.")


Service = Callable[[Installation, Change], str]
"""Makes a change of a subscription; its id."""


def _with_fees(service: Service, default: Moment, description: str) -> Any:
    """The mutation of a change after which fees may be left that were billed in advance."""

    async def change(
        info: Info,
        subscription_id: SubscriptionId,
        idempotency_key: IdempotencyKey,
        when: HoldsFrom = default,
        at: At = None,
        keep_fees: KeepFees = False,
    ) -> ChangeSubscriptionPayload:
        return await _changed(info, service, subscription_id, idempotency_key, at or when, keep_fees)

    return strawberry.mutation(change, description=description)


@strawberry.type
class SubscriptionMutations:
    """What becomes of a subscription after it was created."""

    @strawberry.mutation
    async def change_plan(
        self,
        info: Info,
        subscription_id: SubscriptionId,
        plan: PlanKey,
        idempotency_key: IdempotencyKey,
        version: Version = None,
        when: HoldsFrom = Moment.NOW,
        at: At = None,
        keep_fees: KeepFees = False,
    ) -> ChangeSubscriptionPayload:
        """Go on with another plan, or another version of it. Scope: billing."""

        def service(installation: Installation, change: Change) -> str:
            return change_plan(installation, change, plan, version)

        return await _changed(info, service, subscription_id, idempotency_key, at or when, keep_fees, place=parts_of)

    pause_subscription = _with_fees(
        pause_subscription, Moment.NOW, "Pause it: no events belong to it, and nothing is billed. Scope: billing."
    )

    @strawberry.mutation
    async def resume_subscription(
        self,
        info: Info,
        subscription_id: SubscriptionId,
        idempotency_key: IdempotencyKey,
        when: HoldsFrom = Moment.NOW,
        at: At = None,
    ) -> ChangeSubscriptionPayload:
        """Let a paused subscription go on in its cycle. Scope: billing."""
        return await _changed(info, resume_subscription, subscription_id, idempotency_key, at or when)

    @strawberry.mutation
    async def end_trial(
        self, info: Info, subscription_id: SubscriptionId, idempotency_key: IdempotencyKey
    ) -> ChangeSubscriptionPayload:
        """Let a subscription in its trial pay from now on. Scope: billing."""
        return await _changed(info, end_trial, subscription_id, idempotency_key, Moment.NOW)

    cancel_subscription = _with_fees(
        cancel_subscription, Moment.RENEWAL, "End it, by default with its billing period. Scope: billing."
    )

    @strawberry.mutation
    async def reactivate_subscription(
        self, info: Info, subscription_id: SubscriptionId, idempotency_key: IdempotencyKey, at: At = None
    ) -> ChangeSubscriptionPayload:
        """Take back an end to come, or begin again after one. Scope: billing."""
        return await _changed(info, reactivate_subscription, subscription_id, idempotency_key, at or Moment.NOW)

    @strawberry.mutation
    async def move_subscribers(
        self,
        info: Info,
        plan: PlanKey,
        idempotency_key: IdempotencyKey,
        version: Version = None,
        when: HoldsFrom = Moment.RENEWAL,
        keep_fees: KeepFees = False,
    ) -> MoveSubscribersPayload:
        """Put the subscribers of a plan's other versions on this one. Scope: billing."""
        context = asked_to_change(info, Scope.BILLING)
        installation, actor = context.installation, context.caller.id
        move = Move(plan, when, actor, idempotency_key, version, keep_fees)
        request = {"mutation": "moveSubscribers", "plan": plan, "version": version, "when": when, "keep": keep_fees}

        def work() -> str:
            return _answer(move_subscribers(installation, move))

        done = await attempt(lambda: once_in_steps(installation, actor, idempotency_key, request, work))
        if done.value is None:
            return MoveSubscribersPayload(version=None, moved=0, refused=[], user_errors=done.errors)
        return _moved(done.value)


def _nowhere(_path: str) -> list[str]:
    """Where a fault of a plan is in the arguments of a change that names none."""
    return []


async def _changed(
    info: Info,
    service: Service,
    subscription_id: str,
    idempotency_key: str,
    when: When,
    keep_fees: bool = False,
    place: Callable[[str], list[str]] = _nowhere,
) -> ChangeSubscriptionPayload:
    """Make a change; the subscription as it is afterwards, or why it is not changed."""
    context = asked_to_change(info, Scope.BILLING)
    change = Change(subscription_id, when, context.caller.id, idempotency_key, keep_fees)
    done = await attempt(lambda: service(context.installation, change), place)
    found = await context.loaders.subscriptions.load(done.value) if done.value else None
    return ChangeSubscriptionPayload(
        subscription=Subscription.from_core(found) if found else None, user_errors=done.errors
    )


def _answer(moved: MovedSubscribers) -> str:
    """What is remembered of a move."""
    refused = [[each.subscription_id, each.key, each.reason] for each in moved.refused[:refused_max]]
    return json.dumps({"version": moved.version, "moved": len(moved.moved), "refused": refused})


def _moved(answer: str) -> MoveSubscribersPayload:
    found = json.loads(answer)
    refused = [RefusedMove(subscription_id=each, key=key, reason=why) for each, key, why in found["refused"]]
    return MoveSubscribersPayload(version=found["version"], moved=found["moved"], refused=refused, user_errors=[])
