"""Allocation: a whole split over parts, so that nothing is lost and no part is a unit off."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import TypeVar

from gateway.core.errors import InvalidValue
from gateway.core.numbers import exact

N = TypeVar("N", int, Decimal)


def allocate(whole: int, weights: Sequence[int | Fraction]) -> tuple[int, ...]:
    """`whole` units split pro rata by largest remainder: shares sum to it, each less than a unit off its exact one.

    Of equal remainders the first goes first. No share is above its weight where the whole is not above the sum of
    whole weights. Raises `InvalidValue` for weights below 0, and where there is something to split but no weight.
    """
    total = sum(weights)
    if any(weight < 0 for weight in weights) or (whole and not total):
        raise InvalidValue(f"Cannot split {whole} by {[str(weight) for weight in weights]}; weigh a part above 0")
    if not whole:
        return (0,) * len(weights)
    sign = 1 if whole > 0 else -1
    exact = [Fraction(abs(whole)) * weight / total for weight in weights]
    return tuple(sign * share for share in settle(abs(whole), exact))


def settle(whole: int, exact: Sequence[Fraction]) -> tuple[int, ...]:
    """Exact shares, whose sum rounds to `whole`, as whole units that sum to it, by largest remainder.

    Shares may be below 0, as the taxes of lines that credit something. Each comes out less than a unit off.
    """
    shares = [floor(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: shares[index] - exact[index])
    for index in by_remainder[: whole - sum(shares)]:
        shares[index] += 1
    return tuple(shares)


@exact
def reached(amount: N, parts: Sequence[N]) -> tuple[N, ...]:
    """How much of each part an amount reaches, the first part first; what is beyond all of them reaches nothing."""
    left, found = amount, []
    for part in parts:
        found.append(min(part, left))
        left -= found[-1]
    return tuple(found)
