"""Funding: which grants pay for a use, in the order in which they were taken."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from gateway.core.allocation import reached
from gateway.core.credits.movements import CreditMovement, MovementKind
from gateway.core.numbers import exact

Funding = Mapping[str | None, Decimal]
"""What each grant pays, by id; under None what was taken and nothing pays for yet."""


@exact
def funding(movements: Iterable[CreditMovement]) -> Funding:
    """What pays for a use, from all movements for it."""
    paid: dict[str | None, Decimal] = {}
    for one in movements:
        amount = -one.amount if one.kind is MovementKind.RETURNED else one.amount
        paid[one.grant] = paid.get(one.grant, Decimal(0)) + amount
        if one.kind is MovementKind.RECOVERED:
            paid[None] = paid.get(None, Decimal(0)) - amount
    return paid


def last_of(taken: Funding, amount: Decimal) -> Funding:
    """The part of it that was taken last: corrections go backwards."""
    backwards = list(taken.items())[::-1]
    amounts = reached(amount, [one for _, one in backwards])
    return {grant: part for (grant, _), part in zip(backwards, amounts, strict=True)}
