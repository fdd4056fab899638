"""Cost basis: what was paid for credit, and so what a use of it is worth as revenue."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from gateway.core.credits.grant import CreditGrant, revoked_grant
from gateway.core.credits.movements import CreditBalances, CreditMovement, MovingBalances
from gateway.core.numbers import exact, round_half_up


@dataclass(frozen=True, slots=True)
class CostBasis:
    """`paid` minor units of money for so many `credits`.

    Revenue is what the customer pays, not what a credit is said to be worth: ASC 606-10-32-2, IFRS 15.47.
    """

    paid: Decimal
    credits: Decimal

    @classmethod
    @exact
    def at_price(cls, credits_: Decimal, price: Decimal) -> "CostBasis":
        """Credits that are bought at so many minor units each."""
        return cls(round_half_up(credits_ * price, 0), credits_)

    @classmethod
    def of_grant(cls, grant: CreditGrant) -> "CostBasis":
        """That of a grant: it is worth what it gives, unless something else was paid for it; nothing if promotional."""
        return cls(grant.cost, grant.amount)

    @property
    def per_credit(self) -> Fraction:
        """What one credit cost, exactly."""
        return Fraction(self.paid) / Fraction(self.credits)

    def of(self, credits_: Decimal) -> Decimal:
        """What so many of them cost, half-up to whole minor units."""
        return round_half_up(self.per_credit * Fraction(credits_), 0)

    @exact
    def of_used(self, credits_: Decimal) -> Decimal:
        """What those cost that were taken first: with those that are left it is what was paid."""
        return self.paid - self.of(self.credits - credits_)


@exact
def _difference(basis: CostBasis, before: Decimal, after: Decimal) -> Decimal:
    return abs(basis.of(after) - basis.of(before))


def costs(
    grants: Iterable[CreditGrant], opening: CreditBalances, movements: Iterable[CreditMovement]
) -> Iterator[Decimal]:
    """What each movement costs, in whole minor units: the difference that it makes to the cost of what is left.

    So all that is taken of a grant costs what was paid for it, however it is split. What is of no grant costs itself.
    """
    bases = {grant.id: CostBasis.of_grant(grant) for grant in grants}
    moving = MovingBalances(opening)
    for movement in movements:
        basis = bases.get(movement.grant or revoked_grant(movement.cause) or "")
        if basis is None or movement.grant is None:
            moving.follow(movement)
            yield movement.amount if basis is None else basis.of_used(movement.amount)
            continue
        before = moving.by_grant.get(movement.grant, Decimal(0))
        moving.follow(movement)
        yield _difference(basis, before, moving.by_grant[movement.grant])
