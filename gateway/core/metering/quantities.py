"""From what a meter folded to the quantity that is billed: conversion to the billed unit, and rounding."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import cast

from gateway.core.faults import require, size_fault
from gateway.core.numbers import EXACT, each_round_half_up, quantity_places, round_half_up

rounding_places_max = 12
rounding_places_min = -12

Amount = int | Decimal | Fraction
"""What a fold comes to, exactly."""


class ConversionOperation(StrEnum):
    """How a factor takes a measured quantity to the billed unit."""

    DIVIDE = "divide"
    MULTIPLY = "multiply"


class RoundingMode(StrEnum):
    """Where a quantity between two steps goes: to the greater, the smaller or the nearer one.

    A half goes away from zero.
    """

    UP = "up"
    DOWN = "down"
    HALF_UP = "half_up"


@dataclass(frozen=True, slots=True)
class UnitConversion:
    """The billed unit in terms of the measured one, such as bytes divided by 1000000000."""

    operation: ConversionOperation
    factor: Decimal

    def __post_init__(self) -> None:
        require(("factor", size_fault(self.factor)))

    def apply(self, amount: Amount) -> Fraction:
        """The amount in the billed unit, exactly."""
        factor = Fraction(self.factor)
        return Fraction(amount) / factor if self.operation is ConversionOperation.DIVIDE else Fraction(amount) * factor


@dataclass(frozen=True, slots=True)
class UnitRounding:
    """Rounds a quantity to steps of 10^-places: 2 places are hundredths, -2 places are hundreds."""

    mode: RoundingMode
    places: int = 0

    def __post_init__(self) -> None:
        is_possible = rounding_places_min <= self.places <= rounding_places_max
        fault = f"{self.places} is not {rounding_places_min} to {rounding_places_max}"
        require(("places", None if is_possible else fault))

    def apply(self, amount: Amount) -> Decimal:
        """The rounded amount."""
        steps = Fraction(amount) * Fraction(10) ** self.places
        return Decimal(_STEPS[self.mode](steps)).scaleb(-self.places, EXACT)


def billed_quantity(
    amount: Amount, conversion: UnitConversion | None = None, rounding: UnitRounding | None = None
) -> Decimal:
    """The quantity of a fold's amount: converted, rounded as the meter says, then half-up to 12 places."""
    if conversion is not None:
        amount = conversion.apply(amount)
    if rounding is not None:
        return rounding.apply(amount)
    return Decimal(amount) if isinstance(amount, int) else round_half_up(amount, quantity_places)


def billed_quantities(
    amounts: Sequence[Amount], conversion: UnitConversion | None = None, rounding: UnitRounding | None = None
) -> Iterable[Decimal]:
    """The quantities of many amounts, each as `billed_quantity` has it."""
    if conversion is None and rounding is None and set(map(type, amounts)) == {Decimal}:
        return each_round_half_up(cast(Sequence[Decimal], amounts), quantity_places)
    return (billed_quantity(amount, conversion, rounding) for amount in amounts)


def _half_up(steps: Fraction) -> int:
    return int(round_half_up(steps, 0))


_STEPS: Mapping[RoundingMode, Callable[[Fraction], int]] = {
    RoundingMode.UP: ceil,
    RoundingMode.DOWN: floor,
    RoundingMode.HALF_UP: _half_up,
}
