"""Property values read from the bytes as sent, for the live projection.

The recount reads the same values by another road (`gateway.wire.payload` and `gateway.core.metering.values`), so that a
fault in one of them shows as a difference.
"""

from base64 import b64encode
from decimal import Decimal
from hashlib import blake2b

import msgspec

from gateway.core.errors import InvalidValue
from gateway.core.metering.meter import UncountableReason
from gateway.core.numbers import json_number, meter_value, plain, read_decimal

value_hash_bytes = 12


def read_number(raw: bytes | None) -> Decimal | UncountableReason:
    """The number that a sum adds: a JSON number, or a string that holds one."""
    if raw is None or raw == b"null":
        return UncountableReason.MISSING
    try:
        number = read_decimal(msgspec.json.decode(raw, type=str)) if raw[:1] == b'"' else _json_number(raw)
    except (InvalidValue, msgspec.DecodeError):
        return UncountableReason.NOT_A_NUMBER
    try:
        return meter_value(number)
    except InvalidValue:
        return UncountableReason.TOO_LARGE


def read_text(raw: bytes | None) -> str | None:
    """A scalar as text, numbers in shortest plain notation; None for what is missing, null, an array or an object."""
    if raw is None or raw == b"null" or raw[:1] in (b"[", b"{"):
        return None
    if raw[:1] == b'"':
        return msgspec.json.decode(raw, type=str)
    return raw.decode() if raw in (b"true", b"false") else plain(_json_number(raw))


def read_value(raw: bytes | None) -> str | UncountableReason:
    """The hash of the value that a unique count counts."""
    if raw is None or raw == b"null":
        return UncountableReason.MISSING
    text = read_text(raw)
    return UncountableReason.NOT_A_SCALAR if text is None else value_hash(text)


def value_hash(text: str) -> str:
    """96 bits of BLAKE2b in base64: short, and no two values of a customer will ever share one."""
    return b64encode(blake2b(text.encode(), digest_size=value_hash_bytes).digest()).decode()


def _json_number(raw: bytes) -> Decimal:
    if raw[:1] not in b"-0123456789":
        raise InvalidValue(f"{raw[:40]!r} is not a number")
    return json_number(raw.decode())
