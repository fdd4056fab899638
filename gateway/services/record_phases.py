"""Record a change of a subscription as further phases; refused where it would change what was billed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.core.errors import IllegalTransition, NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import instant_text, utc
from gateway.services.installation import Installation
from gateway.services.remember import once
from gateway.services.second_prices import refuse_second_price


class Moment(StrEnum):
    """When a change holds that names no instant of its own."""

    NOW = "now"
    RENEWAL = "renewal"


When = Moment | datetime
"""Now, when the present billing period ends, or an instant."""

Phases = Callable[[UnitOfWork, SubscriptionHistory, datetime], Sequence[Subscription]]
"""The phases that a change makes of a history, from an instant on."""


@dataclass(frozen=True, slots=True)
class Change:
    """Which subscription to change and when. What is left of fees in advance comes back unless it `keeps_fees`.

    `actor` asks for it under an `idempotency_key` of its own: the same change again is done once.
    """

    subscription_id: str
    when: When
    actor: str
    idempotency_key: str
    keeps_fees: bool = False

    @property
    def request(self) -> dict[str, object]:
        """What it asks for, as it is remembered."""
        when = self.when if isinstance(self.when, Moment) else instant_text(utc(self.when))
        return {"subscription": self.subscription_id, "when": when, "keeps_fees": self.keeps_fees}


def record(installation: Installation, change: Change, verb: str, phases: Phases, **details: object) -> str:
    """Record the phases of a change, once for its key; the subscription's id.

    Raises `NotFound`, `IllegalTransition` where the change cannot follow what is, or where something was billed at or
    after it, `InvalidDefinition` where other subscriptions price the same meters then, and `KeyReused`.
    """
    request = {"request": verb, **change.request, **details}
    return once(
        installation,
        change.actor,
        change.idempotency_key,
        request,
        lambda unit: _record(installation, unit, change, phases),
    )


def _record(installation: Installation, unit: UnitOfWork, change: Change, phases: Phases) -> str:
    now = installation.business_clock.now()
    history = _locked(unit, change.subscription_id)
    at = _instant(history, change.when, now)
    _refuse_billed(unit, history, at)
    added = [
        replace(
            phase,
            id=installation.ids.new("sub"),
            phase_of=history.first.id,
            keeps_fees=change.keeps_fees,
        )
        for phase in phases(unit, history, at)
    ]
    changed = history.with_phases(added)
    customer = history.first.customer
    others = [each for each in unit.definitions.histories_of([customer]) if each.first.id != history.first.id]
    refuse_second_price(unit, changed.billed, others)
    unit.definitions.add_phases(history, added, now)
    unit.definitions.bump_version()
    return history.first.id


def _locked(unit: UnitOfWork, subscription_id: str) -> SubscriptionHistory:
    """The subscription's history, which nobody adds to until the transaction ends."""
    found = unit.definitions.subscription_histories([subscription_id]).get(subscription_id)
    if found is None:
        raise NotFound(f"Subscription {subscription_id!r} does not exist")
    unit.definitions.lock_customer(found.first.customer)
    return unit.definitions.subscription_histories([subscription_id])[subscription_id]


def _instant(history: SubscriptionHistory, when: When, now: datetime) -> datetime:
    if when is Moment.NOW:
        return now
    if when is Moment.RENEWAL:
        return history.phase_at(now).schedule.first_boundary_after(now)
    assert isinstance(when, datetime)
    return utc(when)


def _refuse_billed(unit: UnitOfWork, history: SubscriptionHistory, at: datetime) -> None:
    billed = unit.invoices.billed_boundaries([phase.id for phase in history.recorded])
    last = max((key.boundary_at for key in billed), default=None)
    if last is not None and last >= at:
        raise IllegalTransition(
            f"Subscription {history.first.key!r} was billed at {instant_text(last)} already;"
            f" change it at a later time than that"
        )
