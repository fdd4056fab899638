"""Why an event was refused, in our words: the field, its value and the way out. Only what was refused gets here."""

import re
from collections.abc import Mapping

import msgspec

from gateway.wire.items import name_length_max

shown_max = 60

_AT_FIELD = re.compile(r"at `\$\.(\w+)`$")
_MISSING = re.compile(r"missing required field `(\w+)`$")
_UNKNOWN = re.compile(r"unknown field `(.*)`$", re.DOTALL)
_RAW = msgspec.json.Decoder(msgspec.Raw)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = f"send a text of 1 to {name_length_max} characters"
_TIME = 'send a time with its offset as RFC 3339 has it, such as "2026-01-15T12:00:00Z"'
_PROPERTIES = 'send an object, such as {"bytes": 100}'
_WAY_OUT = {
    "occurred_at": _TIME,
    "time": _TIME,
    "properties": _PROPERTIES,
    "data": _PROPERTIES,
    "subscription": f"{_TEXT}, or leave it out",
    "specversion": 'send "1.0"',
    "data_base64": "leave it out, and send the properties as an object in `data`",
}


def is_json(item: bytes) -> bool:
    """Whether an item is JSON from its first byte to its last, as the decoder reads it."""
    try:
        _RAW.decode(item)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def reason_for(error: msgspec.ValidationError, item: bytes, event: type[msgspec.Struct]) -> str:
    """Why `item`, which is JSON, is no such `event`: what the decoder found, with the value and the way out."""
    found = str(error)
    if missing := _MISSING.search(found):
        return f"`{missing[1]}` is missing; {_way_out(missing[1])}"
    if unknown := _UNKNOWN.search(found):
        known = _listed(event.__struct_fields__)
        return f"`{_cut(unknown[1])}` is no field of an event; put it into `properties`, or send only {known}"
    try:
        sent = _OBJECT.decode(item)
    except msgspec.ValidationError:
        required = event.__struct_fields__[: -len(event.__struct_defaults__)]
        return f"the event is {_cut(item.decode().strip())}; send an object with {_listed(required)}"
    at = _AT_FIELD.search(found)
    return _wrong(at[1], sent) if at and at[1] in sent else found


def _wrong(name: str, sent: Mapping[str, msgspec.Raw]) -> str:
    text = str(sent[name], "utf-8")
    value = msgspec.json.decode(text) if text[:1] == '"' else None
    if isinstance(value, str) and len(value) > shown_max:
        return f"`{name}` is {_cut(text)} with {len(value)} characters; {_way_out(name)}"
    if isinstance(value, str) and _way_out(name) is _TIME and ":60" in value:
        return f"`{name}` is {text}, in a leap second, which is not taken; send second 59"
    return f"`{name}` is {_cut(text)}; {_way_out(name)}"


def _way_out(name: str) -> str:
    return _WAY_OUT.get(name, _TEXT)


def _listed(fields: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in fields)


def _cut(text: str) -> str:
    return text if len(text) <= shown_max else f"{text[:shown_max]}..."
