"""The burn-down: from which grant every use is taken, and what happens to a grant between its start and its end."""

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Protocol

from gateway.core.credits.grant import CreditGrant, Ending, burn_order, revocation_of
from gateway.core.credits.movements import CreditBalances, CreditMovement, MovementKind, MovingBalances
from gateway.core.errors import InvalidValue
from gateway.core.numbers import exact, plain
from gateway.core.time import EARLIEST


@dataclass(frozen=True, slots=True)
class CreditUse:
    """`amount` of credit that something consumes; what no grant covers is overage."""

    id: str
    at: datetime
    amount: Decimal

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise InvalidValue(f"Use {self.id!r} of {plain(self.amount)} gives credit back; grant it instead")


@dataclass(frozen=True, slots=True)
class CreditVoid:
    """`amount` of credit that is taken back, in the order of uses; all of it or, beyond the balance, nothing."""

    id: str
    at: datetime
    amount: Decimal

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise InvalidValue(f"Void {self.id!r} of {plain(self.amount)} takes nothing back; void more than 0")


@dataclass(frozen=True, slots=True)
class CreditReset:
    """A period of usage ends: grants roll over, and the overage is carried on or forgotten."""

    at: datetime
    preserves_overage: bool = False


CreditEvent = CreditUse | CreditVoid | CreditReset


@dataclass(frozen=True, slots=True)
class BeyondBalance:
    """A void, or a use that may not be overdrawn, of more than there is: nothing was taken."""

    cause: str
    asked: Decimal
    available: Decimal

    def __str__(self) -> str:
        return f"{plain(self.asked)} is more than the balance of {plain(self.available)}; ask for at most that"


@dataclass(frozen=True, slots=True)
class BurnDown:
    """What happened since `opening`, in order, and where it led."""

    opening: CreditBalances
    movements: tuple[CreditMovement, ...]
    closing: CreditBalances
    refused: tuple[BeyondBalance, ...] = ()

    @property
    def takings(self) -> tuple[CreditMovement, ...]:
        """The movements that say which grant paid for which use, void or revocation."""
        return tuple(one for one in self.movements if one.grant is not None and one.cause is not None)

    @property
    def used(self) -> Decimal:
        """All that was used, overage included."""
        return self.moved(MovementKind.USED, MovementKind.OVERDRAWN)

    @property
    @exact
    def available(self) -> Decimal:
        """What there was to use: the opening balance and all that was granted since."""
        return self.opening.balance + self.moved(MovementKind.GRANTED)

    def followed_by(self, later: "BurnDown") -> "BurnDown":
        """This run and the one that went on from its closing, as one."""
        return BurnDown(self.opening, self.movements + later.movements, later.closing, self.refused + later.refused)

    @exact
    def moved(self, *kinds: MovementKind) -> Decimal:
        """The sum of the movements of some kinds."""
        return sum((one.amount for one in self.movements if one.kind in kinds), Decimal(0))


# At one instant: what ends is gone before a reset, what begins is not rolled over, and a use finds it.
_END, _RESET, _START, _USE = range(4)


@exact
def burn_down(
    grants: Iterable[CreditGrant],
    events: Iterable[CreditEvent],
    until: datetime,
    opening: CreditBalances | None = None,
) -> BurnDown:
    """Run through grants and events up to `until`: boundaries at it have happened, uses at it have not.

    `opening` is the closing of an earlier run: what it covers is not done again. A grant that it does not name is taken
    up, at its own start even if that was before; so a late grant pays the overage. Uses before it count no more.
    Raises `InvalidValue` for two grants of one id.
    """
    ordered = sorted(grants, key=burn_order)
    if len({grant.id for grant in ordered}) < len(ordered):
        raise InvalidValue("Two grants have one id; a grant is taken up once")
    opening = opening or CreditBalances(EARLIEST)
    book = _Book(opening, ordered)
    steps = [step for grant in ordered for step in _boundaries(book, grant, opening, until)]
    steps += [_step(book, event) for event in events if _is_due(event, opening, until)]
    for step in sorted(steps, key=lambda step: step.order):
        step.run()
    return BurnDown(opening, tuple(book.movements), book.balances.at(until), tuple(book.refused))


@exact
def take(grants: Iterable[CreditGrant], balances: CreditBalances, event: CreditUse | CreditVoid) -> BurnDown:
    """Use or void credit at the instant of `balances`, from these grants alone."""
    book = _Book(balances, sorted(grants, key=burn_order))
    _step(book, event).run()
    return BurnDown(balances, tuple(book.movements), book.balances.at(balances.at), tuple(book.refused))


@exact
def revoke(grants: Iterable[CreditGrant], balances: CreditBalances, grant: str, used: Decimal) -> BurnDown:
    """Take a grant back at the instant of `balances`: what it has left is void, and what was `used` of it is owed.

    The other grants pay of that at once, and the next one pays the rest.
    """
    book = _Book(balances, sorted((one for one in grants if one.id != grant), key=burn_order))
    book.revoke(grant, balances.at, used)
    return BurnDown(balances, tuple(book.movements), book.balances.at(balances.at))


class _Act(Protocol):
    def __call__(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Step:
    order: tuple[datetime, int, str]
    run: _Act


def _boundaries(book: "_Book", grant: CreditGrant, opening: CreditBalances, until: datetime) -> Iterator[_Step]:
    if grant.ends_at == grant.effective_at:
        return
    done = opening.at if grant.id in opening.by_grant else None
    instants = [(grant.effective_at, _START, book.start)]
    instants += [(instant, _START, book.refill) for instant in grant.refilled_at(until)]
    instants += [(grant.ends_at, _END, book.end)] if grant.ends_at else []
    for instant, rank, act in instants:
        if instant <= until and (done is None or instant > done):
            yield _Step((instant, rank, ""), partial(act, grant, instant))


def _is_due(event: CreditEvent, opening: CreditBalances, until: datetime) -> bool:
    if isinstance(event, (CreditUse, CreditVoid)):
        return opening.at <= event.at < until
    return opening.at < event.at <= until


def _step(book: "_Book", event: CreditEvent) -> _Step:
    match event:
        case CreditReset():
            return _Step((event.at, _RESET, str(event.preserves_overage)), partial(book.reset, event))
        case CreditVoid():
            return _Step((event.at, _USE, event.id), partial(book.void, event))
        case _:
            return _Step((event.at, _USE, event.id), partial(book.use, event))


class _Book:
    """The grants that run, in the order of use, and the movements so far."""

    def __init__(self, opening: CreditBalances, grants: Sequence[CreditGrant]) -> None:
        self.balances = MovingBalances(opening)
        self.movements: list[CreditMovement] = []
        self.refused: list[BeyondBalance] = []
        self._running = [grant for grant in grants if grant.id in opening.by_grant and grant.is_usable(opening.at)]

    def start(self, grant: CreditGrant, at: datetime) -> None:
        insort(self._running, grant, key=burn_order)
        self._move(at, MovementKind.GRANTED, grant.amount, grant.id)
        self._recover(at)

    def refill(self, grant: CreditGrant, at: datetime) -> None:
        self._move(at, MovementKind.EXPIRED, self._left(grant.id), grant.id)
        self._move(at, MovementKind.GRANTED, grant.amount, grant.id)
        self._recover(at)

    def end(self, grant: CreditGrant, at: datetime) -> None:
        left = self._left(grant.id)
        self._running = [one for one in self._running if one is not grant]
        if grant.ending is Ending.REVOKED:
            self.revoke(grant.id, at, grant.amount - left)
        else:
            kind = MovementKind.VOIDED if grant.ending is Ending.VOIDED else MovementKind.EXPIRED
            self._move(at, kind, left, grant.id)

    def use(self, use: CreditUse) -> None:
        owed = self._take(use.at, MovementKind.USED, use.id, use.amount)
        self._move(use.at, MovementKind.OVERDRAWN, owed, cause=use.id)

    def void(self, void: CreditVoid) -> None:
        available = sum((self._left(grant.id) for grant in self._running), Decimal(0))
        if void.amount > available:
            self.refused.append(BeyondBalance(void.id, void.amount, available))
        else:
            self._take(void.at, MovementKind.VOIDED, void.id, void.amount)

    def reset(self, reset: CreditReset) -> None:
        if not reset.preserves_overage:
            for cause, owed in list(self.balances.overage_by_cause.items()):
                self._move(reset.at, MovementKind.FORGIVEN, owed, cause=cause)
        for grant in self._running:
            if grant.roll_over is not None:
                left = self._left(grant.id)
                kept = grant.roll_over.of(left)
                self._move(reset.at, MovementKind.EXPIRED, left - kept, grant.id)
                self._move(reset.at, MovementKind.GRANTED, kept - left, grant.id)
        self._recover(reset.at)

    def revoke(self, grant: str, at: datetime, used: Decimal) -> None:
        cause = revocation_of(grant)
        self._move(at, MovementKind.VOIDED, self._left(grant), grant, cause)
        self._move(at, MovementKind.CLAWED_BACK, used, cause=cause)
        self._recover(at)

    def _recover(self, at: datetime) -> None:
        for cause, owed in list(self.balances.overage_by_cause.items()):
            self._take(at, MovementKind.RECOVERED, cause, owed)

    def _take(self, at: datetime, kind: MovementKind, cause: str, amount: Decimal) -> Decimal:
        for grant in self._running:
            if not amount:
                break
            taken = min(amount, self._left(grant.id))
            self._move(at, kind, taken, grant.id, cause)
            amount -= taken
        return amount

    def _left(self, grant: str) -> Decimal:
        return self.balances.by_grant.get(grant, Decimal(0))

    def _move(
        self, at: datetime, kind: MovementKind, amount: Decimal, grant: str | None = None, cause: str | None = None
    ) -> None:
        if amount > 0:
            movement = CreditMovement(at, kind, amount, grant, cause)
            self.balances.follow(movement)
            self.movements.append(movement)
