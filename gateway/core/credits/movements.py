"""What happens to credits: movements, of which balances are the sum."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gateway.core.errors import InvalidValue
from gateway.core.numbers import exact, plain


class MovementKind(StrEnum):
    """What a movement does to the balance of a grant, or to the overage of a use."""

    GRANTED = "granted"
    USED = "used"
    VOIDED = "voided"
    EXPIRED = "expired"
    OVERDRAWN = "overdrawn"
    CLAWED_BACK = "clawed_back"
    RECOVERED = "recovered"
    FORGIVEN = "forgiven"
    RETURNED = "returned"


_ON_BALANCE = {
    MovementKind.GRANTED: 1,
    MovementKind.USED: -1,
    MovementKind.VOIDED: -1,
    MovementKind.EXPIRED: -1,
    MovementKind.RECOVERED: -1,
    MovementKind.RETURNED: 1,
}
_ON_OVERAGE = {
    MovementKind.OVERDRAWN: 1,
    MovementKind.CLAWED_BACK: 1,
    MovementKind.RECOVERED: -1,
    MovementKind.FORGIVEN: -1,
}


@dataclass(frozen=True, slots=True)
class CreditMovement:
    """`amount`, above 0, moves at an instant: of a grant, for the use, void or revocation called `cause`, or both.

    A use that no grant covers is `OVERDRAWN`; what a later grant pays of it is `RECOVERED` from that grant; what a
    reset does not carry over is `FORGIVEN`. What paid for something void is `RETURNED`, to its grant or,
    where it was still owed, off the overage.
    """

    at: datetime
    kind: MovementKind
    amount: Decimal
    grant: str | None = None
    cause: str | None = None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise InvalidValue(f"A movement of {plain(self.amount)} credits moves nothing; leave it out")


@dataclass(frozen=True, slots=True)
class CreditBalances:
    """What every grant that has started has left at an instant, and what uses still owe, the oldest first.

    Boundaries at the instant itself have happened (grants, refills, expiries, resets), uses at it have not.
    """

    at: datetime
    by_grant: Mapping[str, Decimal] = field(default_factory=dict)
    overage_by_cause: Mapping[str, Decimal] = field(default_factory=dict)

    def of(self, grant: str) -> Decimal:
        """What a grant has left; 0 before it starts."""
        return self.by_grant.get(grant, Decimal(0))

    @property
    def balance(self) -> Decimal:
        """All that is left."""
        return _total(self.by_grant.values())

    @property
    def overage(self) -> Decimal:
        """All that was used beyond the grants, and waits for the next of them."""
        return _total(self.overage_by_cause.values())

    @property
    @exact
    def net(self) -> Decimal:
        """The balance less the overage; of the two at most one is above 0."""
        return self.balance - self.overage


class MovingBalances:
    """Balances that follow their movements; they belong to one computation and are not shared."""

    def __init__(self, opening: CreditBalances) -> None:
        self.by_grant = dict(opening.by_grant)
        self.overage_by_cause = dict(opening.overage_by_cause)

    def follow(self, movement: CreditMovement) -> None:
        """Add a movement to the grant and to the use that it is about."""
        self._move(movement, movement.amount)

    def undo(self, movement: CreditMovement) -> None:
        """Take a movement back as if it had not been."""
        self._move(movement, -movement.amount)

    def at(self, instant: datetime) -> CreditBalances:
        """The balances as they stand, said to be those of `instant`."""
        return CreditBalances(instant, dict(self.by_grant), dict(self.overage_by_cause))

    def _move(self, movement: CreditMovement, amount: Decimal) -> None:
        if movement.grant is not None:
            left = self.by_grant.get(movement.grant, Decimal(0))
            self.by_grant[movement.grant] = left + _ON_BALANCE[movement.kind] * amount
        if movement.cause is not None:
            self._owe(movement.cause, _on_overage(movement) * amount)

    def _owe(self, cause: str, amount: Decimal) -> None:
        if not amount:
            return
        owed = self.overage_by_cause.get(cause, Decimal(0)) + amount
        self.overage_by_cause[cause] = owed
        if not owed:
            del self.overage_by_cause[cause]


@exact
def balances_after(opening: CreditBalances, movements: Iterable[CreditMovement], at: datetime) -> CreditBalances:
    """The balances that movements lead to: nothing but their sum."""
    moving = MovingBalances(opening)
    for movement in movements:
        moving.follow(movement)
    return moving.at(at)


@exact
def balances_before(closing: CreditBalances, since: Iterable[CreditMovement], at: datetime) -> CreditBalances:
    """The balances as they were at an earlier instant `at`, from those of later and all that moved after it."""
    moving = MovingBalances(closing)
    for movement in since:
        moving.undo(movement)
    return moving.at(at)


def _on_overage(movement: CreditMovement) -> int:
    if movement.kind is MovementKind.RETURNED:
        return 0 if movement.grant else -1
    return _ON_OVERAGE.get(movement.kind, 0)


@exact
def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
