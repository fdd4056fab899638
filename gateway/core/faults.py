"""Faults of definitions: each has a path, and all of them are reported at once."""

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from gateway.core.errors import InvalidDefinition, InvalidValue
from gateway.core.numbers import meter_digits_before_max, meter_places, plain, price_places_max

Fault = tuple[str, str]
"""Where, such as `tiers[1].up_to`, and what is wrong there."""

key_length_max = 64
text_length_max = 255
price_digits_before_max = 18

_KEY = re.compile(r"[a-z0-9._-]+", re.ASCII)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def require(*claims: tuple[str, str | None]) -> None:
    """Raise `InvalidDefinition` with every claim, a path and what is wrong there, that is not None."""
    require_none((path, fault) for path, fault in claims if fault is not None)


def require_none(faults: Iterable[Fault]) -> None:
    """Raise `InvalidDefinition` if there are any faults."""
    found = list(faults)
    if found:
        raise InvalidDefinition(found)


def fault_of(check: Callable[[str], object], text: str) -> str | None:
    """Why `check` refuses a text, in the words of its `InvalidValue`; None if it does not."""
    try:
        check(text)
    except InvalidValue as fault:
        return str(fault)
    return None


def beneath(path: str, faults: Iterable[Fault]) -> Iterator[Fault]:
    """The same faults, seen from further out."""
    for inner, fault in faults:
        yield joined(path, inner), fault


def joined(path: str, inner: str) -> str:
    """`plans[0]` and `prices[2].tiers` as one path."""
    return f"{path}{'' if not path or not inner or inner.startswith('[') else '.'}{inner}"


def key_fault(key: str) -> str | None:
    """What is wrong with the key of a definition."""
    if _KEY.fullmatch(key) and len(key) <= key_length_max:
        return None
    return f"{key[:80]!r} is not a key; use up to {key_length_max} of a-z, 0-9, dash, dot and underscore"


def text_fault(text: str, length_max: int = text_length_max) -> str | None:
    """What is wrong with a name, an event type, a unit, the name of a property or another text for people."""
    if not text.strip():
        return "is empty; give it a text"
    if len(text) > length_max:
        return f"has {len(text)} characters; use at most {length_max}"
    return "holds NUL or half of a surrogate pair" if _UNSTORABLE.search(text) else None


def amount_fault(amount: Decimal) -> str | None:
    """What is wrong with an amount of money in a price, which may have more places than its currency."""
    if amount.is_finite() and amount < 0:
        return f"{plain(amount)} is negative; a price is 0 or more"
    return _digits_fault(amount, price_digits_before_max, price_places_max)


def price_above_zero_fault(amount: Decimal) -> str | None:
    """What is wrong with an amount of money that has to be something."""
    return f"{plain(amount)} is not above 0" if amount == 0 else amount_fault(amount)


def size_fault(size: Decimal) -> str | None:
    """What is wrong with a tier's bound or the size of a package."""
    if size.is_finite() and size <= 0:
        return f"{plain(size)} is not above 0"
    return _digits_fault(size, meter_digits_before_max, meter_places)


def repeated(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The index and name of everything that was named before."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)


def _digits_fault(number: Decimal, before_max: int, places_max: int) -> str | None:
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        return f"{number} is not a number"
    if number and number.adjusted() >= before_max:
        return f"has more than {before_max} digits before the point"
    return f"has more than {places_max} places" if -exponent > places_max else None
