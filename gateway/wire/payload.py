"""Stored events as core values, their numbers exact.

The recount and explanations read events here; the live projection reads property bytes by a road of its own.
"""

import json
from decimal import Decimal
from typing import cast

import msgspec

from gateway.core.events import PropertyValue, UsageEvent
from gateway.core.numbers import json_number
from gateway.core.time import utc
from gateway.wire.events import WireEvent

_integer_digits_max = 40


def _integer(text: str) -> int | Decimal:
    # int() refuses more than 4,300 digits and takes quadratic time below that.
    return int(text) if len(text) <= _integer_digits_max else json_number(text)


_decode = json.JSONDecoder(parse_float=json_number, parse_int=_integer).decode


def to_usage_event(event: WireEvent) -> UsageEvent:
    """The core value of an event as sent."""
    return UsageEvent(
        source=event.source,
        id=event.id,
        type=event.type,
        customer=event.customer,
        occurred_at=utc(event.occurred_at),
        subscription=event.subscription,
        properties={name: property_value(value) for name, value in event.properties.items()},
    )


def property_value(value: msgspec.Raw) -> PropertyValue:
    """One property, numbers as `int` or `Decimal`."""
    text = str(value, "utf-8")
    # Most values are plain texts and short integers, which need no decoder; inside a text only escapes hide quotes.
    if text[0] == text[-1] == '"' and "\\" not in text:
        return text[1:-1]
    if text.isdigit() and len(text) <= _integer_digits_max:
        return int(text)
    return cast(PropertyValue, _decode(text))
