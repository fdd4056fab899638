"""Move the subscribers of a plan to another version of it; publishing one moves nobody."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gateway.core.errors import GatewayError
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import IDLE
from gateway.services.change_plan import change_plan
from gateway.services.installation import Installation
from gateway.services.record_phases import Change, When


@dataclass(frozen=True, slots=True)
class RefusedMove:
    """A subscription that stays where it is, and why."""

    subscription_id: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class MovedSubscribers:
    """The ids of the subscriptions that moved, and those that could not."""

    version: int
    moved: tuple[str, ...]
    refused: tuple[RefusedMove, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """Which subscribers to move: all of `plan`, to `version` (default: the newest), and when."""

    plan: str
    when: When
    actor: str
    idempotency_key: str
    version: int | None = None
    keeps_fees: bool = False


def move_subscribers(installation: Installation, move: Move) -> MovedSubscribers:
    """Put every running subscription of another version of the plan on this one, each in a transaction of its own.

    Moving again does the rest. Raises `NotFound` for an unknown plan or version.
    """
    now = installation.business_clock.now()

    def find(unit: UnitOfWork) -> tuple[int, list[SubscriptionHistory]]:
        version = unit.definitions.plan_version(move.plan, move.version).version
        phases = ((each, each.phase_at(now)) for each in unit.definitions.histories_of())
        others = [
            each
            for each, phase in phases
            if phase.plan == move.plan and phase.plan_version != version and each.status_at(now) not in IDLE
        ]
        return version, others

    version, others = installation.storage.read(find)
    outcomes = list(_moved(installation, replace(move, version=version), others))
    moved = tuple(each for each in outcomes if isinstance(each, str))
    return MovedSubscribers(version, moved, tuple(each for each in outcomes if isinstance(each, RefusedMove)))


def _moved(installation: Installation, move: Move, others: list[SubscriptionHistory]) -> Iterator[str | RefusedMove]:
    for each in others:
        first = each.first
        change = Change(first.id, move.when, move.actor, f"{move.idempotency_key} {first.id}", move.keeps_fees)
        try:
            yield change_plan(installation, change, move.plan, move.version)
        except GatewayError as error:
            yield RefusedMove(first.id, first.key, str(error))
