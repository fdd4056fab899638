"""Stored events as core values: every number exact, whatever a float would make of it."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import canonical
from gateway.wire.events import WireEvent, WireFormat, parse_events
from gateway.wire.payload import property_value, to_usage_event


def sent(properties: str, occurred_at: str = "2026-01-15T12:00:00Z") -> WireEvent:
    body = (
        '{"source": "s", "id": "i", "type": "t", "customer": "c",'
        f' "occurred_at": "{occurred_at}", "properties": {properties}}}'
    )
    [event] = parse_events(body.encode(), WireFormat.JSON).events
    assert event is not None
    return event


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("0.1", Decimal("0.1")),
        ("1e2", Decimal(100)),
        ("-0", 0),
        ("9007199254740993", 9007199254740993),
        ("1" * 5000, Decimal("1" * 5000)),
        ('"12.50"', "12.50"),
        ("true", True),
        ("null", None),
        ('[1, {"a": 0.10}]', [1, {"a": Decimal("0.10")}]),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)
def test_a_value_is_read_exactly(text: str, value: object) -> None:
    found = property_value(msgspec.Raw(text.encode()))

    assert found == value
    assert type(found) is type(value)


def test_a_number_beyond_every_exponent_does_not_stop_the_recount() -> None:
    assert to_usage_event(sent('{"v": 1e99999999999999999999}')).properties["v"] == Decimal("1E+1000000000000000")


def test_times_are_utc_whatever_their_offset() -> None:
    assert (
        to_usage_event(sent("{}", "2026-01-15T12:00:00+05:45")).occurred_at.isoformat() == "2026-01-15T06:15:00+00:00"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [('{"a": 1.0, "b": 2}', '{"b":2,"a":1}'), ('{"a": 1e3}', '{"a": 1000}'), ('{"a": "\\u0041"}', '{"a": "A"}')],
)
def test_events_written_differently_are_the_same(first: str, second: str) -> None:
    assert canonical(to_usage_event(sent(first))) == canonical(to_usage_event(sent(second)))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_a_decimal_arrives_to_the_last_digit(number: Decimal) -> None:
    assert to_usage_event(sent(f'{{"v": {number:f}}}')).properties["v"] == number
