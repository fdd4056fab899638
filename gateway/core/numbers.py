"""Exact decimals: how they are read, written and, at named places only, rounded."""

import re
from collections.abc import Callable, Iterable
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
    localcontext,
)
from fractions import Fraction
from functools import cache, wraps
from itertools import repeat
from typing import ParamSpec, TypeVar

from gateway.core.errors import InvalidValue

P = ParamSpec("P")
R = TypeVar("R")

meter_digits_before_max = 26
meter_places = 12
price_places_max = 18
quantity_places = 12
plain_digits_max = 400
number_length_max = 400
_exponent_max = 10**15

# Wide enough for a meter's 38 digits, summed over 10^18 events, times a price of 18 + 18 digits.
EXACT = Context(prec=120, Emax=999_999, Emin=-999_999, traps=[Inexact, InvalidOperation])

_METER_CONTEXT = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)
_WIDE = Context(prec=EXACT.prec)
_meter_step = Decimal(1).scaleb(-meter_places)

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)


def exact(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` under the exact context, where a result that would need rounding raises `Inexact`."""

    @wraps(function)
    def under_exact_context(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(EXACT):
            return function(*args, **kwargs)

    return under_exact_context


def read_decimal(text: str) -> Decimal:
    """The exact value of a JSON number's text.

    Raises `InvalidValue` for anything else: NaN, Infinity, hexadecimal, spaces, digits of other scripts.
    """
    if len(text) > number_length_max or not _NUMBER.fullmatch(text):
        raise InvalidValue(f"{text[:40]!r} is not a decimal number; write it like -12.5")
    return Decimal(text)


def json_number(text: str) -> Decimal:
    """The value of a number in a stored payload, exact for every exponent that a `Decimal` can have.

    One beyond that is brought back to +-10^15, where it is as far out of every meter's reach.
    """
    try:
        return Decimal(text)
    except InvalidOperation:
        digits, _, exponent = text.lower().partition("e")
        return Decimal(f"{digits}E{max(-_exponent_max, min(int(exponent[:20]), _exponent_max))}")


def meter_value(number: Decimal) -> Decimal:
    """`number` as a meter reads it: at most 26 digits before the point, rounded half-even to 12 after.

    Raises `InvalidValue` for more digits before the point.
    """
    if not number:
        return Decimal(0)
    if number.adjusted() >= meter_digits_before_max:
        raise InvalidValue(f"{number:.6E} has more than {meter_digits_before_max} digits before the point")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -meter_places:
        return number
    return number.quantize(_meter_step, ROUND_HALF_EVEN, _METER_CONTEXT)


def meter_fraction(number: Fraction) -> Decimal:
    """`number`, the value of an expression, as a meter reads it. Raises `InvalidValue` as `meter_value` does."""
    units = round(number * 10**meter_places)  # to the even one, as Python rounds fractions
    return meter_value(Decimal(units).scaleb(-meter_places, Context(prec=len(str(units)) + 1)))


def plain(number: Decimal) -> str:
    """The shortest plain notation, the same for equal numbers: `1.50` and `1.5E0` give "1.5", `-0` gives "0".

    Beyond `plain_digits_max` places before or after the point it has an exponent: 1E+999999 would take a megabyte.
    """
    if not number:
        return "0"
    if abs(number.adjusted()) > plain_digits_max:
        return str(_normalized(number))
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def grouped(number: Decimal) -> str:
    """For people: plain, with a comma between thousands, such as "1,234.5"."""
    return f"{Decimal(plain(number)):,f}"


def _normalized(number: Decimal) -> Decimal:
    return number.normalize(Context(prec=len(number.as_tuple().digits), Emax=MAX_EMAX, Emin=MIN_EMIN))


@cache
def _step(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def round_half_up(value: Decimal | Fraction, places: int) -> Decimal:
    """`value` rounded to `places`, halves away from zero."""
    if isinstance(value, Decimal):
        return value.quantize(_step(places), ROUND_HALF_UP, _WIDE)
    scaled = abs(value) * 10**places
    units = int(scaled + Fraction(1, 2))
    return Decimal(units if value >= 0 else -units).scaleb(-places, EXACT)


def each_round_half_up(values: Iterable[Decimal], places: int) -> Iterable[Decimal]:
    """Each as `round_half_up` has it, without a Python function for each of a hundred thousand."""
    return map(Decimal.quantize, values, repeat(_step(places)), repeat(ROUND_HALF_UP), repeat(_WIDE))
