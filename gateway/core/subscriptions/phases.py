"""Phases: a subscription's history, in which nothing is ever changed and from which everything is computed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from gateway.core.errors import IllegalTransition
from gateway.core.plans.plan import PlanVersion
from gateway.core.subscriptions.subscription import IDLE, TRIALS, Subscription, SubscriptionStatus
from gateway.core.time import instant_text

phases_max = 1_000
"""How many phases a subscription may have."""


@dataclass(frozen=True, slots=True)
class SubscriptionHistory:
    """The phases of a subscription in the order in which they were `recorded`, the first at its start.

    Each holds from its `starts_at` on and replaces everything from then on that was recorded before it.
    """

    recorded: tuple[Subscription, ...]

    @property
    def first(self) -> Subscription:
        """The subscription as it was created."""
        return self.recorded[0]

    @property
    def time_zone(self) -> str:
        """The zone of all its phases."""
        return self.first.time_zone

    @property
    def phases(self) -> tuple[Subscription, ...]:
        """What holds, in order of time: every phase up to where the next one begins."""
        return (*(_cut(phase, after) for phase, after in pairwise(self._holding)), self._holding[-1])

    @property
    def billed(self) -> tuple[Subscription, ...]:
        """The phases that events belong to and that are billed."""
        return tuple(phase for phase in self.phases if phase.status not in IDLE)

    @property
    def ends_at(self) -> datetime | None:
        """The first instant it no longer covers; None if nothing ends it."""
        last = self.phases[-1]
        return last.starts_at if last.status is SubscriptionStatus.ENDED else last.ends_at

    def phase_at(self, instant: datetime) -> Subscription:
        """The phase that holds at `instant`; the first before it starts, and the last after its end."""
        begun = [phase for phase in self.phases if phase.starts_at <= instant]
        return begun[-1] if begun else self.phases[0]

    def status_at(self, instant: datetime) -> SubscriptionStatus:
        """What it is at `instant`; a subscription has ended after its last phase's end."""
        phase = self.phase_at(instant)
        has_ended = phase.ends_at is not None and phase.ends_at <= instant
        return SubscriptionStatus.ENDED if has_ended else phase.status

    def after(self, instant: datetime) -> tuple[Subscription, ...]:
        """The phases that begin later than `instant`."""
        return tuple(phase for phase in self.phases if phase.starts_at > instant)

    def with_phases(self, added: Sequence[Subscription]) -> "SubscriptionHistory":
        """It with further phases. Raises `IllegalTransition` where one begins no later than the first, or for too many.

        A phase gives back, or keeps, what is left of the fees of the one before it.
        """
        for phase in added:
            if phase.starts_at <= self.first.starts_at:
                starts_at = instant_text(self.first.starts_at)
                raise IllegalTransition(
                    f"Subscription {self.first.key!r} starts at {starts_at}; change it at a later time"
                )
        if len(self.recorded) + len(added) > phases_max:
            raise IllegalTransition(f"Subscription {self.first.key!r} has {phases_max} phases; create another one")
        return SubscriptionHistory((*self.recorded, *added))

    @property
    def _holding(self) -> list[Subscription]:
        holding: list[Subscription] = []
        for phase in self.recorded:
            while holding and holding[-1].starts_at >= phase.starts_at:
                holding.pop()
            if not holding or not _is_continued(holding[-1], phase):
                holding.append(phase)
        return holding


def billed_plan(plan: PlanVersion, status: SubscriptionStatus) -> PlanVersion | None:
    """What of a plan a phase bills: all of it, its usage alone, or nothing (None)."""
    if status is SubscriptionStatus.ACTIVE:
        return plan
    metered = tuple(price for price in plan.prices if price.meter is not None)
    if status is not SubscriptionStatus.USAGE_TRIAL or not metered:
        return None
    return replace(plan, prices=metered, commitments=())


def changed_plan(history: SubscriptionHistory, plan: PlanVersion, at: datetime) -> list[Subscription]:
    """The phases for being on `plan` from `at` on, and later whatever else was agreed before.

    The cycle goes on where the interval stays, and restarts at the change where it does not. Raises
    `IllegalTransition` while the subscription is paused or has ended.
    """
    present = _present(history, at, "be put on another plan", IDLE)
    anchor = present.anchor if plan.interval == present.interval else at
    return [_on_plan(phase, plan, anchor) for phase in (_from(present, at), *_later(history, at))]


def paused(history: SubscriptionHistory, at: datetime) -> list[Subscription]:
    """The phases for being paused from `at` on; an end that was agreed stays. Raises `IllegalTransition`."""
    present = _present(history, at, "be paused", IDLE)
    return [_from(present, at, SubscriptionStatus.PAUSED), *_ends(history, at)]


def resumed(history: SubscriptionHistory, at: datetime) -> list[Subscription]:
    """The phases for going on from `at`, in the cycle of before. Raises `IllegalTransition` if it is not paused."""
    others = frozenset(SubscriptionStatus) - {SubscriptionStatus.PAUSED}
    present = _present(history, at, "be resumed", others)
    return [_from(present, at, SubscriptionStatus.ACTIVE), *_ends(history, at)]


def trial_ended(history: SubscriptionHistory, at: datetime) -> list[Subscription]:
    """The phases for paying from `at` on instead of from the end of the trial, and later whatever was agreed.

    Raises `IllegalTransition` if it is in no trial.
    """
    present = _present(history, at, "end a trial", frozenset(SubscriptionStatus) - TRIALS)
    return [_from(present, at, SubscriptionStatus.ACTIVE), *_later(history, at)]


def cancelled(history: SubscriptionHistory, at: datetime) -> list[Subscription]:
    """The phase for having ended at `at`, whatever was planned later. Raises `IllegalTransition` if it has ended."""
    present = _present(history, at, "be cancelled", frozenset({SubscriptionStatus.ENDED}))
    return [replace(_from(present, at, SubscriptionStatus.ENDED), ends_at=None)]


def reactivated(history: SubscriptionHistory, at: datetime) -> list[Subscription]:
    """The phase for going on: where an end is planned as if it were not, and after an end from `at` on.

    Raises `IllegalTransition` for a subscription that goes on anyway.
    """
    if history.status_at(at) is SubscriptionStatus.ENDED:
        last = next(phase for phase in reversed(history.phases) if phase.status is not SubscriptionStatus.ENDED)
        return [replace(_uncut(last), starts_at=at, ends_at=None, status=SubscriptionStatus.ACTIVE)]
    for before, ends in pairwise(history.phases):
        if ends.status is SubscriptionStatus.ENDED:
            return [replace(_uncut(before), starts_at=ends.starts_at)]
    raise IllegalTransition(f"Subscription {history.first.key!r} goes on anyway; nothing was cancelled")


def _present(
    history: SubscriptionHistory, at: datetime, verb: str, refused: frozenset[SubscriptionStatus]
) -> Subscription:
    """The phase at `at`, without its end. Raises `IllegalTransition` if its status is one that is `refused`."""
    status = history.status_at(at)
    if status in refused:
        raise IllegalTransition(
            f"Subscription {history.first.key!r} is {status} at {instant_text(at)} and cannot {verb}"
        )
    return _uncut(history.phase_at(at))


def _later(history: SubscriptionHistory, at: datetime) -> Iterator[Subscription]:
    return (_uncut(phase) for phase in history.after(at))


def _ends(history: SubscriptionHistory, at: datetime) -> Iterator[Subscription]:
    return (phase for phase in _later(history, at) if phase.status is SubscriptionStatus.ENDED)


def _from(phase: Subscription, at: datetime, status: SubscriptionStatus | None = None) -> Subscription:
    return replace(phase, starts_at=at, status=status or phase.status)


def _on_plan(phase: Subscription, plan: PlanVersion, anchor: datetime) -> Subscription:
    return replace(phase, plan=plan.plan, plan_version=plan.version, interval=plan.interval, anchor=anchor)


def _cut(phase: Subscription, after: Subscription) -> Subscription:
    """`phase` up to where the one `after` it begins; nothing of it changes that has ended by then."""
    if phase.ends_at is not None and phase.ends_at <= after.starts_at:
        return phase
    return replace(
        phase,
        ends_at=after.starts_at,
        is_cut=True,
        agreed_ends_at=phase.ends_at,
        keeps_fees=after.keeps_fees,
    )


def _uncut(phase: Subscription) -> Subscription:
    """`phase` as it was agreed."""
    if not phase.is_cut:
        return phase
    return replace(phase, ends_at=phase.agreed_ends_at, is_cut=False, agreed_ends_at=None)


def _is_continued(before: Subscription, after: Subscription) -> bool:
    """Whether the phase `after` another changes nothing."""
    has_ended = before.ends_at is not None and before.ends_at <= after.starts_at
    same = replace(
        after,
        id=before.id,
        starts_at=before.starts_at,
        phase_of=before.phase_of,
        begun_at=before.begun_at,
        keeps_fees=before.keeps_fees,
    )
    return same == before and not has_ended
