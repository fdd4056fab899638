"""Sums in two halves, which add up by themselves: a whole may need more than the 64 bits that integers have."""

from typing import Any

from sqlalchemy import ColumnElement, func, literal_column

_low_bits = 32
_LOW = 2**_low_bits - 1


def in_halves(amount: int) -> tuple[int, int]:
    """The high and the low half of an amount."""
    return amount >> _low_bits, amount & _LOW


def whole(high: int, low: int) -> int:
    """What two halves, or sums of halves, come to."""
    return (high << _low_bits) + low


def sums_in_halves(amount: ColumnElement[int]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The sums of the two halves of a column."""
    high, low = amount.op(">>")(literal_column(str(_low_bits))), amount.op("&")(literal_column(str(_LOW)))
    return func.sum(high), func.sum(low)
