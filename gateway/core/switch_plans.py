"""A plan of a switch that somebody asked for and a worker makes, stored so that it can be read in pages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PlanState(StrEnum):
    """How far a plan is."""

    REQUESTED = "requested"
    UNDER_WAY = "under_way"
    MADE = "made"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """What a switch of customers, all if None, to `target` would come to, as `actor` has asked at `requested_at`.

    `done` of `total` customers were looked at; `unasked` are the connections whose balances nobody has asked for.
    """

    id: str
    target: str
    customers: tuple[str, ...] | None
    actor: str
    requested_at: datetime
    done: int = 0
    total: int | None = None
    ended_at: datetime | None = None
    failure: str | None = None
    unasked: tuple[str, ...] = ()

    @property
    def state(self) -> PlanState:
        """How far it is."""
        if self.ended_at is None:
            return PlanState.REQUESTED if self.total is None else PlanState.UNDER_WAY
        return PlanState.MADE if self.failure is None else PlanState.FAILED
