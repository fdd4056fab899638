"""JSON read strictly: what two readers could understand differently, or a database could not store, is refused."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from math import isfinite

nesting_max = 64

# Strings are matched whole, also an unterminated one: a quote is never tried twice, so this stays linear.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class NotStrictJson(ValueError):
    """Text that is not JSON, or JSON that is ambiguous or beyond a limit."""


def read_json(text: bytes | str) -> object:
    """The value of `text`.

    Raises `NotStrictJson` for bad UTF-8, duplicate keys, NaN, Infinity, numbers beyond a float's range or 4,300
    digits, nesting deeper than `nesting_max`, and strings that hold NUL or half a surrogate pair.
    """
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise NotStrictJson(f"not UTF-8 at byte {error.start}") from None
    _check_nesting(decoded)
    try:
        value = json.loads(decoded, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)
    except NotStrictJson:
        raise
    except ValueError as error:
        raise NotStrictJson(str(error)) from None
    if "\\u" in decoded:
        _check_strings(value)
    return value


def _check_nesting(text: str) -> None:
    if text.count("[") + text.count("{") <= nesting_max:
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match[0]
        if token in ("[", "{"):
            depth += 1
            if depth > nesting_max:
                raise NotStrictJson(f"nested deeper than nesting_max = {nesting_max}")
        elif token in ("]", "}"):
            depth -= 1


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise NotStrictJson(f"an object has the key {key[:40]!r} twice")
    return members


def _refuse_constant(name: str) -> object:
    raise NotStrictJson(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise NotStrictJson("a number is too large")
    return number


def _check_strings(value: object) -> None:
    if any(_UNSTORABLE.search(text) for text in _strings(value)):
        raise NotStrictJson("a string holds NUL or half a surrogate pair")


def _strings(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
