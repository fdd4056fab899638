"""The columns that a recount reads are what the events hold, however they were sent."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import LoggedEvent
from gateway.core.metering.columns import EventColumns, columns_of
from gateway.core.ports.event_log import EventBlock
from gateway.wire.columns import ColumnReader
from gateway.wire.events import WireFormat, parse_events
from gateway.wire.payload import to_usage_event

READ = {"call": ("tokens", "llm.tokens", "kind"), "stop": ('odd "name"',), "none": ()}
AT = datetime(2026, 1, 1, tzinfo=UTC)


def block(body: bytes, wire_format: WireFormat = WireFormat.JSON, first: int = 1) -> EventBlock:
    """A block of what a request was accepted with."""
    batch = parse_events(body, wire_format)
    skipped = tuple(ordinal for ordinal, event in enumerate(batch.events) if event is None)
    return EventBlock(first, len(batch.events) - len(skipped), AT, wire_format, body, skipped, AT, AT)


def read(
    blocks: Sequence[EventBlock], names: dict[str, tuple[str, ...]] = READ, **bounds: object
) -> list[EventColumns]:
    options = {"after": 0, "up_to": 10**6, "corrected": frozenset()} | bounds
    return sorted(ColumnReader(names, **options).columns(blocks), key=lambda each: each.event_type)  # type: ignore[arg-type]


def expected(blocks: Sequence[EventBlock], names: dict[str, tuple[str, ...]] = READ) -> list[EventColumns]:
    """The same columns by way of events."""
    logged = [
        LoggedEvent(position, AT, to_usage_event(event))
        for each in blocks
        for position, event in enumerate(
            (event for event in parse_events(each.body, WireFormat(each.format)).events if event), each.first_position
        )
    ]
    return sorted(columns_of(logged, names), key=lambda each: each.event_type)


def event(number: int = 1, **fields: object) -> dict[str, object]:
    sent = {"source": "s", "id": str(number), "type": "call", "customer": "c", "occurred_at": "2026-01-15T12:00:00Z"}
    return sent | fields


def cloud(number: int, **properties: object) -> dict[str, object]:
    sent = {"specversion": "1.0", "source": "s", "id": str(number), "type": "call", "subject": "c"}
    return sent | {"time": "2026-01-15T12:00:00+05:45", "data": properties}


def dumped(sent: object) -> bytes:
    return json.dumps(sent, default=str).encode()


numbers = st.one_of(st.integers(), st.decimals(allow_nan=False, allow_infinity=False).map(str), st.floats(0, 1))
scalars = st.one_of(numbers, st.booleans(), st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\0")))
values = st.one_of(scalars, st.lists(scalars, max_size=2), st.dictionaries(st.sampled_from(["tokens", "x"]), scalars))
names = st.sampled_from(["tokens", "llm.tokens", "llm", "kind", 'odd "name"', "other"])
events = st.builds(
    event,
    number=st.integers(1, 9),
    type=st.sampled_from(["call", "call", "stop", "none", "unread"]),
    customer=st.sampled_from(["c", "é", "d"]),
    subscription=st.sampled_from([None, "c/api"]),
    occurred_at=st.sampled_from(["2026-01-15T12:00:00Z", "2026-01-15T12:00:00.123456+02:00", "not a time"]),
    properties=st.dictionaries(names, values),
)


@given(st.lists(st.lists(events, min_size=1, max_size=4), min_size=1, max_size=3), st.booleans())
def test_columns_hold_what_events_hold(requests: list[list[dict[str, object]]], has_odd_names: bool) -> None:
    wanted = READ if has_odd_names else {"call": READ["call"], "stop": ("kind",)}
    blocks, first = [], 1
    for request in requests:
        blocks.append(block(dumped(request), first=first))
        first += blocks[-1].count

    assert read(blocks, wanted) == expected(blocks, wanted)


@pytest.mark.parametrize(
    ("body", "wire_format"),
    [
        (dumped(event(properties={"tokens": 1})), WireFormat.JSON),
        (dumped(event(1)) + b"\n" + dumped(event(2, properties={"tokens": 2.50})), WireFormat.NDJSON),
        (dumped(cloud(1, tokens=1)), WireFormat.CLOUDEVENT),
        (dumped([cloud(1, tokens=1), cloud(2, kind="a")]), WireFormat.CLOUDEVENTS),
    ],
)
def test_every_format_is_read(body: bytes, wire_format: WireFormat) -> None:
    names = {"call": ("tokens", "kind")}

    assert read([block(body, wire_format)], names) == expected([block(body, wire_format)], names)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("1.50", Decimal("1.50")),
        ("1e99999999999999999999", Decimal("1E+1000000000000000")),
        ("9007199254740993", 9007199254740993),
        ("1" * 5000, Decimal("1" * 5000)),
        ('"NaN"', "NaN"),
    ],
)
def test_numbers_are_exact(text: str, value: object) -> None:
    body = dumped([event(1, properties={"tokens": "HERE"})]).replace(b'"HERE"', text.encode())

    [columns] = read([block(body)], {"call": ("tokens",)})

    assert [(type(found), found) for found in columns.properties["tokens"]] == [(type(value), value)]


def test_positions_outside_and_corrected_ones_are_left_out() -> None:
    blocks = [block(dumped([event(n) for n in range(4)]), first=first) for first in (1, 5, 9)]

    [columns] = read(blocks, after=2, up_to=10, corrected=frozenset({6}))

    assert columns.positions == [3, 4, 5, 7, 8, 9, 10]
