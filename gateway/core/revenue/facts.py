"""What happens to the money of a document after it is issued, each on a day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.core.errors import InvalidValue
from gateway.core.revenue.accounts import Account

_CONTRA = frozenset({Account.REFUNDS, Account.CREDIT_NOTES, Account.VOIDS, Account.CHARGEBACKS, Account.BAD_DEBT})


@dataclass(frozen=True, slots=True)
class Paid:
    """`amount` of what is owed is settled from `source`: cash, outside of this system, or the customer's credit.

    None is all that is owed by then.
    """

    on: date
    amount: int | None = None
    source: Account = Account.CASH


@dataclass(frozen=True, slots=True)
class Authorized:
    """A bank or a card network promised `amount` of what is owed. It is paid later, and earns nothing.

    A payment settles first what was promised.
    """

    on: date
    amount: int


@dataclass(frozen=True, slots=True)
class Reduced:
    """`amount` is taken back; what is earned of it goes to the account `contra`, the rest is released.

    None is all that is owed, or left where that is less. `settled_in` is what it comes off: what is owed, or cash. A
    reduction that is withdrawn counts until then. `shares` say how much of it is of each line, and then of each charge;
    without them it is of all of them in proportion. Revenue is variable by it: ASC 606-10-32-6, IFRS 15.51.
    """

    on: date
    amount: int | None
    contra: Account
    settled_in: Account = Account.RECEIVABLES
    withdrawn_on: date | None = None
    shares: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.contra not in _CONTRA:
            raise InvalidValue(f"{self.contra} does not stand against revenue; use one of {sorted(_CONTRA)}")


@dataclass(frozen=True, slots=True)
class ChargebackWon:
    """The card network gives `amount` back. It is income of its own; what was released is not earned again."""

    on: date
    amount: int


@dataclass(frozen=True, slots=True)
class FeeCharged:
    """Who moves the money keeps `amount` of it: an expense, and revenue stays gross."""

    on: date
    amount: int


Fact = Paid | Authorized | Reduced | ChargebackWon | FeeCharged


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The reduction at `place` among the facts of a document counts no more."""

    on: date
    place: int


RecordedFact = Fact | Withdrawn


def in_force(recorded: Sequence[RecordedFact]) -> tuple[Fact, ...]:
    """The facts of a document in the order recorded, with the days on which reductions of them were withdrawn."""
    withdrawn = {each.place: each.on for each in recorded if isinstance(each, Withdrawn)}
    return tuple(
        replace(fact, withdrawn_on=withdrawn[place]) if isinstance(fact, Reduced) and place in withdrawn else fact
        for place, fact in enumerate(recorded)
        if not isinstance(fact, Withdrawn)
    )
