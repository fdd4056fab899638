"""What a reset, a new cycle or another plan leaves of grants."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from gateway.core.credits.burn_down import BurnDown, CreditEvent, CreditReset, CreditUse, burn_down
from gateway.core.credits.grant import CreditGrant, RollOver, priority_default
from gateway.core.credits.movements import CreditBalances, MovementKind
from gateway.core.credits.questions import refused_reset
from tests.corpus.adapters.grants.reading import (
    AFTER_RESET,
    QUERY,
    RESET,
    START,
    grants,
    instant,
    roll_over,
)
from tests.corpus.given import Given, UnknownKind


def reset(given: Given) -> Mapping[str, object]:
    """Balances after a reset, or that it is refused."""
    if given.has("reset_at"):
        times = instant(given.take("reset_at")) or RESET, instant(given.take("last_reset_at")) or START
        return {"error": refused_reset(*times) is not None}
    if given.has("first_reset_balances"):
        return _second_reset(given)
    granted = grants(given, rolls_over=True)
    events = [
        CreditUse("usage before the reset", QUERY, given.number("usage_before_reset")),
        CreditReset(RESET, given.take("preserve_overage", False)),
    ]
    before = burn_down(granted, events, RESET)
    after = burn_down(granted, events, AFTER_RESET, before.closing)
    return {
        "balances_after_reset": _balances(before, granted),
        "balance": before.closing.balance,
        "balance_right_after_reset_and_grant": before.closing.balance,
        "overage": before.closing.overage,
        "usage_in_new_period": after.used,
    }


def _second_reset(given: Given) -> Mapping[str, object]:
    """What a second reset leaves, from the balances after the first and what happened then."""
    first = {name: Decimal(amount) for name, amount in given.part("first_reset_balances").items()}
    kept = {name: RollOver(Decimal(amount)) for name, amount in given.part("rollover_max").items()}
    granted = [_started(name, left, kept.get(name, RollOver())) for name, left in first.items()]
    events: list[CreditEvent] = []
    for ordinal, one in enumerate(given.parts("then")):
        if one.has("grant"):
            granted.append(_granted_then(one, kept))
        else:
            at = instant(one.take("at")) or RESET
            events.append(CreditUse(f"use {ordinal}", at, one.number("usage")))
    second = instant(f"{given.take('second_reset')}") if given.has("second_reset") else None
    run = burn_down(
        granted, [*events, CreditReset(second or AFTER_RESET)], second or AFTER_RESET, CreditBalances(RESET, first)
    )
    return {"balances_after_second_reset": _balances(run, granted), "balance": run.closing.balance}


def _started(name: str, left: Decimal, kept: RollOver) -> CreditGrant:
    # The amount that it once had is not given, and plays no part any more.
    return CreditGrant(name, left or Decimal(1), START, roll_over=kept)


def _granted_then(given: Given, kept: Mapping[str, RollOver]) -> CreditGrant:
    name, own = given.take("grant"), roll_over(given)
    return CreditGrant(
        name,
        given.number("amount"),
        instant(given.take("effective")) or RESET,
        priority=given.take("priority") or priority_default,
        roll_over=kept.get(name, own),
    )


def _balances(run: BurnDown, granted: Sequence[CreditGrant]) -> Mapping[str, Decimal]:
    return {grant.id: run.closing.of(grant.id) for grant in granted}


def rolled_over(given: Given) -> Mapping[str, object]:
    """The balance after a new cycle, or after another benefit took the place of one."""
    event = given.take("event")
    if given.has("old_units"):
        # Its event is a sentence; what takes the place of what is in the fields.
        return _replaced(given)
    if event != "new cycle":
        raise UnknownKind(f"rollover by {event!r}")
    return _new_cycle(given)


def _new_cycle(given: Given) -> Mapping[str, object]:
    """Grants of each cycle end with it unless they roll over, those of units bought once too."""
    granted: list[CreditGrant] = []
    for one in given.parts("benefits"):
        name, ends = one.take("id"), None if one.take("rollover", False) else RESET
        if one.has("units_per_cycle"):
            units = one.number("units_per_cycle")
            granted.append(CreditGrant(f"{name}, first cycle", units, START, expires_at=ends))
            granted.append(CreditGrant(f"{name}, second cycle", units, RESET))
        else:
            granted.append(CreditGrant(name, one.number("units"), START, expires_at=ends))
    run = burn_down(granted, [CreditUse("used", QUERY, given.number("used"))], RESET)
    return {"balance": run.closing.balance}


def _replaced(given: Given) -> Mapping[str, object]:
    """The old benefit is taken back whole, so that what was used of it counts against the new one."""
    old = CreditGrant("old", given.number("old_units"), START)
    new = CreditGrant("new", given.number("new_units"), RESET)
    used = CreditUse("used", QUERY, given.number("used"))
    before = burn_down([old], [used], RESET)
    revoked = burn_down([replace(old, revoked_at=RESET)], [used], RESET)
    after = burn_down([new], [], RESET, revoked.closing)
    return {
        "before": before.closing.balance,
        "after_revoke": revoked.closing.net,
        "after_grant": after.closing.net,
        "credited": after.moved(MovementKind.GRANTED),
        "consumed": after.moved(MovementKind.RECOVERED),
        "balance": after.closing.net,
    }
