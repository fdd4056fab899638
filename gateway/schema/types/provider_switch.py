"""Switches of customers to other connections, and the shadow run."""

from datetime import datetime
from typing import Self

import strawberry

from gateway.core.shadow import Parity
from gateway.core.switching import Switch, SwitchProgress


@strawberry.type
class ProviderSwitch:
    """That customers were to go to another connection, and how far that is."""

    id: strawberry.ID = strawberry.field(description="The id.")
    target: str = strawberry.field(description="The connection that they go to.")
    begun_at: datetime = strawberry.field(description="When it was begun.")
    customers: int = strawberry.field(description="How many customers it is about.")
    moved: int = strawberry.field(description="How many have arrived.")
    given_up: int = strawberry.field(description="How many a later switch took over.")
    pending: int = strawberry.field(description="How many are on their way.")
    parked: int = strawberry.field(description="How many wait for a person; `deliveries` say why and what to do.")
    is_done: bool = strawberry.field(description="Whether nothing is left to do.")

    @classmethod
    def from_core(cls, switch: Switch, progress: SwitchProgress) -> Self:
        """The same switch, as far as it is."""
        return cls(
            id=strawberry.ID(switch.id),
            target=switch.target,
            begun_at=switch.begun_at,
            customers=progress.total,
            moved=progress.moved,
            given_up=progress.given_up,
            pending=progress.pending,
            parked=progress.parked,
            is_done=progress.is_done,
        )


@strawberry.type
class ShadowParity:
    """How what the shadow connection quoted compares with the invoices that went out."""

    connection: str | None = strawberry.field(description="The shadow connection; null if there is none.")
    since: datetime = strawberry.field(description="Of invoices finalized since then.")
    same: int = strawberry.field(description="How many were quoted with the same total, tax and lines.")
    different: int = strawberry.field(description="How many were quoted otherwise.")
    failed: int = strawberry.field(description="How many could not be quoted.")
    pending: int = strawberry.field(description="How many wait for their quote.")
    is_proven: bool = strawberry.field(description="Whether there are any, and all are the same.")

    @classmethod
    def from_core(cls, connection: str | None, since: datetime, parity: Parity) -> Self:
        """The same parity."""
        return cls(
            connection=connection,
            since=since,
            same=parity.same,
            different=parity.different,
            failed=parity.failed,
            pending=parity.pending,
            is_proven=parity.is_proven,
        )
