"""Bodies cut into items and items inspected, without the decoder: what one event holds must not spoil the others."""

import json
import re
from collections.abc import Iterator

import msgspec

from gateway.core.errors import InvalidValue

name_length_max = 255
nesting_max = 64
too_deep = f"the event is nested more than {nesting_max} levels deep"

# Strings are matched whole, also an unterminated one: a quote is never tried twice, so this stays linear.
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_STRING_OR_BRACKET = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_STRING_OR_MARK = re.compile(_STRING + rb"|[\[\]{},]", re.DOTALL)
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])


class MalformedBody(InvalidValue):
    """A body that cannot be split into events at all."""

    code = "MALFORMED_BODY"


class _Constant(str):
    """NaN or an infinity, which JSON does not have."""


def lines(body: bytes) -> list[bytes]:
    """The lines of a body, without the blank ones."""
    return [line for line in body.split(b"\n") if line.strip()]


def is_array(body: bytes) -> bool:
    """Whether a body holds a list."""
    return body.lstrip(b" \t\r\n")[:1] == b"["


def array_items(body: bytes) -> list[bytes]:
    """The items of a JSON array, also where the decoder gives up on one. Raises `MalformedBody`."""
    try:
        return [bytes(item) for item in _RAW_LIST.decode(body)]
    except (msgspec.DecodeError, RecursionError):
        return _cut(body)


def _cut(body: bytes) -> list[bytes]:
    if not is_array(body):
        raise MalformedBody("The body is not a JSON array")
    items: list[bytes] = []
    depth = start = 0
    for mark in _STRING_OR_MARK.finditer(body):
        token = mark.group()
        was_inside = depth > 0
        depth += _STEPS.get(token, 0)
        if not was_inside:
            start = mark.end()
        elif depth == 0 or (depth == 1 and token == b","):
            items.append(body[start : mark.start()].strip())
            start = mark.end()
        if was_inside and depth == 0:
            break
    if depth or body[start:].strip():
        raise MalformedBody("The body is not a JSON array: it ends too early or goes on after its end")
    return [] if items == [b""] else items


def is_value_too_deep(value: msgspec.Raw) -> bool:
    """Whether a property value nests too deep to be read: event and properties are two levels of `nesting_max`."""
    return len(value) > 2 * (nesting_max - 2) and _is_deeper_than(nesting_max - 2, bytes(value))


def _is_deeper_than(levels_max: int, text: bytes) -> bool:
    if text.count(b"[") + text.count(b"{") <= levels_max:
        return False
    depth = 0
    for mark in _STRING_OR_BRACKET.finditer(text):
        depth += _STEPS.get(mark.group(), 0)
        if depth > levels_max:
            return True
    return False


def fault_in(item: bytes) -> str | None:
    """What keeps an item from being stored: too deep, NaN, NUL or half a surrogate pair.

    Raises `ValueError` if it is not JSON in other ways.
    """
    if _is_deeper_than(nesting_max, item):
        return too_deep
    # Numbers stay text: int() refuses more than 4,300 digits.
    content = json.loads(item.decode(), parse_constant=_Constant, parse_int=str, parse_float=str)
    return next(_faults(content, ""), None)


def _faults(value: object, path: str) -> Iterator[str]:
    if isinstance(value, _Constant):
        yield f"`{path}` is {value}, which is no number in JSON"
    elif isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield f"`{path}` holds NUL or half of a surrogate pair, which no text can"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if _UNSTORABLE.search(key):
                yield f"a key in `{path or 'the event'}` holds NUL or half of a surrogate pair, which no text can"
            yield from _faults(item, f"{path}.{key}" if path else key)
