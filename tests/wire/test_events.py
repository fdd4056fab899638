"""Events as sent: a bad one is named and spares the others, and what is stored reads as it was taken."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.events import (
    EventBatch,
    MalformedBody,
    WireEvent,
    WireFormat,
    events_per_request_max,
    item_bytes,
    nesting_max,
    parse_events,
    stored_events,
)
from gateway.wire.payload import to_usage_event

JSON, NDJSON, CLOUDEVENT, CLOUDEVENTS = WireFormat


def event(event_id: str = "e1", **fields: object) -> dict[str, object]:
    """A usage event in our own form."""
    shared = {"source": "s", "id": event_id, "type": "t", "customer": "c", "occurred_at": "2026-01-15T12:00:00Z"}
    return {name: value for name, value in (shared | fields).items() if value is not ...}


def cloud_event(event_id: str = "e1", **fields: object) -> dict[str, object]:
    """The same as a CloudEvent."""
    shared = {"specversion": "1.0", "source": "s", "id": event_id, "type": "t", "subject": "c"}
    return {
        name: value for name, value in (shared | {"time": "2026-01-15T12:00:00Z"} | fields).items() if value is not ...
    }


def encoded(content: object) -> bytes:
    return json.dumps(content).encode()


def lines(*items: bytes) -> bytes:
    return b"\n".join(items)


def with_value(value: bytes, event_id: str = "bad") -> bytes:
    """An event whose property `v` has these bytes."""
    return encoded(event(event_id))[:-1] + b', "properties": {"v": ' + value + b"}}"


def ids(batch: EventBatch) -> list[str | None]:
    return [each.id if each else None for each in batch.events]


def test_an_event_keeps_its_values_as_sent() -> None:
    [parsed] = parse_events(with_value(b'12345678901234567890.10, "w": {"b":1,  "a":[]}'), JSON).events

    assert parsed is not None
    assert {name: bytes(value) for name, value in parsed.properties.items()} == {
        "v": b"12345678901234567890.10",
        "w": b'{"b":1,  "a":[]}',
    }
    assert (parsed.occurred_at, parsed.subscription) == (datetime(2026, 1, 15, 12, tzinfo=UTC), None)


FORMS = [
    (encoded(event("a")), JSON, ["a"]),
    (encoded([event("a"), event("b")]), JSON, ["a", "b"]),
    (b" \r\n\t[ " + encoded(event("a")) + b" ] \n", JSON, ["a"]),
    (lines(encoded(event("a")), encoded(event("b")), b""), NDJSON, ["a", "b"]),
    (encoded(event("a")) + b"\r\n\r\n \n" + encoded(event("b")) + b"\r\n", NDJSON, ["a", "b"]),
    (encoded(cloud_event("a", subscription="x", data={"v": 1})), CLOUDEVENT, ["a"]),
    (encoded([cloud_event("a"), cloud_event("b", traceparent="00-1", data=...)]), CLOUDEVENTS, ["a", "b"]),
]


@pytest.mark.parametrize(("body", "wire_format", "expected"), FORMS)
def test_every_form_of_a_body_is_read_in_the_order_sent(
    body: bytes, wire_format: WireFormat, expected: list[str]
) -> None:
    batch = parse_events(body, wire_format)

    assert (ids(batch), batch.rejected) == (expected, {})
    assert len(item_bytes(body, wire_format)) == len(expected)


def test_a_cloud_event_is_the_same_event_under_other_names() -> None:
    ours = event(subscription="x", properties={"v": 1})
    theirs = cloud_event(subscription="x", data={"v": 1}, datacontenttype="application/json")

    assert _taken(encoded(theirs), CLOUDEVENT) == _taken(encoded(ours), JSON)


BAD_ITEMS = [
    # an item as sent, what the reason names
    (encoded(event(id=...)), "`id` is missing; send a text of 1 to 255 characters"),
    (encoded(event(occurred_at=...)), "`occurred_at` is missing; send a time with its offset as RFC 3339 has it"),
    (encoded(event(customer=...)), "`customer` is missing; send a text"),
    (encoded(event(id="")), '`id` is ""; send a text of 1 to 255 characters'),
    (encoded(event(id="x" * 256)), "xxx... with 256 characters; send a text of 1 to 255 characters"),
    (encoded(event(id=5)), "`id` is 5; send a text of 1 to 255 characters"),
    (encoded(event(source=None)), "`source` is null; send a text of 1 to 255 characters"),
    (encoded(event(type=["a"] * 20)), '"a", "a",...; send a text'),
    (encoded(event(subscription=7)), "`subscription` is 7; send a text of 1 to 255 characters, or leave it out"),
    (encoded(event(occurred_at="yesterday")), '`occurred_at` is "yesterday"; send a time with its offset as RFC 3339'),
    (encoded(event(occurred_at="2026-01-15")), '`occurred_at` is "2026-01-15"; send a time with its offset'),
    (encoded(event(occurred_at="2026-01-15T12:00:00")), '`occurred_at` is "2026-01-15T12:00:00"; send a time with its'),
    (encoded(event(occurred_at="2016-12-31T23:59:60Z")), "in a leap second, which is not taken; send second 59"),
    (encoded(event(occurred_at=1767225600)), "`occurred_at` is 1767225600; send a time with its offset"),
    (encoded(event(occurred_at="1970-12-31T23:59:59Z")), "`occurred_at` 1970-12-31T23:59:59+00:00 is outside"),
    (encoded(event(occurred_at="9000-01-01T00:00:00Z")), "outside the years 1971 to 8999"),
    (encoded(event(occurred_at="9999-12-31T23:59:59-23:59")), "outside the years 1971 to 8999"),
    (encoded(event(occurred_at="0001-01-01T00:00:00+23:59")), "outside the years 1971 to 8999"),
    (encoded(event(properties=[1])), '`properties` is [1]; send an object, such as {"bytes": 100}'),
    (
        encoded(event(colour="red")),
        "`colour` is no field of an event; put it into `properties`, or send only `source`,",
    ),
    (encoded("e1"), 'the event is "e1"; send an object with `source`, `id`, `type`, `customer`, `occurred_at`'),
    (b"null", "the event is null; send an object with"),
    (with_value(b"NaN"), "`properties.v` is NaN"),
    (with_value(b'{"list": [1, -Infinity]}'), "`properties.v.list[1]` is -Infinity"),
    (with_value(b'"\\u0000"'), "`properties.v` holds NUL"),
    (with_value(b'"\\ud800"'), "`properties.v` holds NUL or half of a surrogate pair"),
    (with_value(b'"\\udc00\\ud800"'), "half of a surrogate pair"),
    (with_value(b'{"\\ud800": 1}'), "a key in `properties.v` holds NUL or half of a surrogate pair"),
    (encoded(event(id="a\0b")), "`id` holds NUL"),
    (encoded(event(id="\ud800")), "`id` holds NUL or half of a surrogate pair"),
    (with_value(b"[" * 64 + b"]" * 64), "nested more than 64 levels deep"),
    (with_value(b"[" * 100_000 + b"]" * 100_000), "nested more than 64 levels deep"),
    (with_value(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), "nested more than 64 levels deep"),
]
FRAMES: list[tuple[WireFormat, Callable[[bytes], bytes]]] = [
    (JSON, lambda item: b"[" + b", ".join([encoded(event("a")), item, encoded(event("b"))]) + b"]"),
    (NDJSON, lambda item: lines(encoded(event("a")), item, encoded(event("b")))),
]


@pytest.mark.parametrize(("wire_format", "frame"), FRAMES, ids=["json", "ndjson"])
@pytest.mark.parametrize(("item", "named"), BAD_ITEMS, ids=[row[1] for row in BAD_ITEMS])
def test_one_bad_event_is_named_and_spares_the_others(
    wire_format: WireFormat, frame: Callable[[bytes], bytes], item: bytes, named: str
) -> None:
    batch = parse_events(frame(item), wire_format)

    assert (ids(batch), list(batch.rejected)) == (["a", None, "b"], [1])
    assert named in batch.rejected[1]
    assert item_bytes(batch.body, wire_format)[1] == item


BAD_CLOUD_EVENTS = [
    (cloud_event(id=...), "`id` is missing; send a text"),
    (cloud_event(subject=...), "`subject` is missing; send a text"),
    (cloud_event(time=...), "`time` is missing; send a time with its offset"),
    (cloud_event(time="now"), '`time` is "now"; send a time with its offset'),
    (cloud_event(specversion=1.0), '`specversion` is 1.0; send "1.0"'),
    (cloud_event(data_base64=1), "`data_base64` is 1; leave it out, and send the properties as an object in `data`"),
    (cloud_event(specversion="0.3"), "`specversion` '0.3' is not supported"),
    (cloud_event(data="text"), '`data` is "text"; send an object'),
    (cloud_event(data_base64="eyJhIjogMX0="), "`data_base64` holds properties that no meter could read"),
    (cloud_event(time="9000-01-01T00:00:00Z"), "`time` 9000-01-01"),
    (cloud_event(extension="\0"), "`extension` holds NUL"),
]


@pytest.mark.parametrize(("item", "named"), BAD_CLOUD_EVENTS)
def test_one_bad_cloud_event_is_named_and_spares_the_others(item: dict[str, object], named: str) -> None:
    batch = parse_events(encoded([cloud_event("a"), item, cloud_event("b")]), CLOUDEVENTS)

    assert ids(batch) == ["a", None, "b"]
    assert named in batch.rejected[1]


def test_a_line_that_is_no_json_spares_the_other_lines() -> None:
    batch = parse_events(lines(encoded(event("a")), b'{"id": ', encoded(event("b"))), NDJSON)

    assert (ids(batch), list(batch.rejected)) == (["a", None, "b"], [1])
    assert batch.rejected[1].startswith("the line is not JSON: ")


LENIENT_TIMES = [
    "2026-01-15 12:00:00Z",
    "2026-01-15t12:00:00z",
    "2026-01-15T13:00:00+0100",
    "2026-01-15T12:00:00.0000001Z",
]


@pytest.mark.parametrize("sent", LENIENT_TIMES)
def test_times_may_have_a_blank_small_letters_and_an_offset_without_colon(sent: str) -> None:
    [taken] = _taken(encoded(event(occurred_at=sent)), JSON)

    assert taken is not None
    assert taken.occurred_at == datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        encoded(event("a")) + b" " + encoded(event("b")),
        lines(encoded(event("a")) + encoded(event("b"))[:20], encoded(event("b"))[20:]),
        json.dumps(event("a"), indent=1).encode(),
    ],
    ids=["two on one line", "one and a half", "one over several lines"],
)
def test_a_line_holds_one_event_and_an_event_one_line(body: bytes) -> None:
    batch = parse_events(body, NDJSON)

    assert ids(batch) == [None] * len(item_bytes(body, NDJSON))


MALFORMED = [
    (b"", JSON, "holds no event"),
    (b" ", JSON, "holds no event"),
    (b"[]", JSON, "holds no event"),
    (b"\n\n", NDJSON, "holds no event"),
    (b"not json", JSON, r"events\[0\] is not JSON"),
    (b'{"id": ', JSON, r"events\[0\] is not JSON"),
    (b'{"a":', JSON, r"events\[0\] is not JSON"),
    (b'[{"id": 5, "a": tru}]', JSON, r"events\[0\] is not JSON"),
    (b"[42x]", JSON, r"events\[0\] is not JSON"),
    (b"\xef\xbb\xbf" + encoded(event()), JSON, "begins with a byte order mark, .* send it without"),
    (b"\xef\xbb\xbf" + encoded(event()), NDJSON, "begins with a byte order mark, .* send it without"),
    (b"[" + encoded(event()) + b",]", JSON, r"events\[1\] is not JSON"),
    (b"[" + encoded(event()) + b', {"id": tru}]', JSON, r"events\[1\] is not JSON"),
    (b"[" + encoded(event()) + b", " + with_value(b"01") + b"]", JSON, r"events\[1\] is not JSON"),
    (b"[" + encoded(event()), JSON, "not a JSON array: it ends too early"),
    (b"[" + encoded(event()) + b"]]", JSON, "goes on after its end"),
    (b"[" * 100_000, JSON, "ends too early"),
    (b'["' + b'\\"' * 500_000, JSON, "ends too early"),
    (encoded(event())[:-1] + b', "x": "\xff"}', JSON, "is not UTF-8: .* at byte"),
    (b'["\xed\xa0\x80"]', JSON, "is not UTF-8"),
    (b"\xff\xfe[\x00]\x00", JSON, "is not UTF-8"),
    (encoded(cloud_event()), CLOUDEVENTS, "is not a JSON array"),
    (encoded([event()] * (events_per_request_max + 1)), JSON, "10001 events in one request; send at most 10000"),
    (b"[" + b"1," * 20_000 + b"1]", JSON, "20001 events in one request"),
]


@pytest.mark.parametrize(("body", "wire_format", "reason"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_body_that_cannot_be_split_is_refused_with_the_place(
    body: bytes, wire_format: WireFormat, reason: str
) -> None:
    with pytest.raises(MalformedBody, match=reason):
        parse_events(body, wire_format)


def test_a_structured_cloud_event_is_one_event() -> None:
    batch = parse_events(encoded([cloud_event("a"), cloud_event("b")]), CLOUDEVENT)

    assert (ids(batch), list(batch.rejected)) == ([None], [0])


@pytest.mark.parametrize("depth", [nesting_max - 2, nesting_max - 1])
def test_nesting_is_allowed_up_to_its_limit(depth: int) -> None:
    [parsed] = parse_events(with_value(b"[" * depth + b"]" * depth), JSON).events

    assert (parsed is not None) == (depth + 2 <= nesting_max)


@pytest.mark.parametrize(
    "value",
    [
        b'"\\\\u0000"',
        b'"\\ud83d\\ude00"',
        b'"\x7f"',
        b'"' + b"[" * 200 + b'"',
        b'"\\"' + b"{" * 200 + b'"',
        b"[" + b"[]," * 200 + b"[]]",
        b"1" * 5000,
        b"1e99999999999999999999",
        b'"NaN"',
    ],
)
def test_what_only_looks_bad_is_taken(value: bytes) -> None:
    batch = parse_events(b"[" + with_value(value) + b", " + with_value(b'"\\u0000"') + b"]", JSON)

    assert ids(batch) == ["bad", None]
    assert to_usage_event(batch.events[0])  # type: ignore[arg-type]


def test_of_duplicate_keys_the_last_one_counts_everywhere() -> None:
    body = with_value(b'1, "v": 2, "w": {"x": 1, "x": 2}')[:-1] + b', "customer": "d"}'

    [taken] = _taken(body, JSON)

    assert taken is not None
    assert (taken.customer, to_usage_event(taken).properties) == ("d", {"v": 2, "w": {"x": 2}})


def test_a_hundred_events_with_nested_values_are_read_in_a_few_milliseconds() -> None:
    body = encoded([event(f"e{n}", properties={"where": {"region": ["eu"]}, "bytes": n}) for n in range(100)])

    started = time.process_time()
    for _ in range(20):
        parse_events(body, JSON)

    assert time.process_time() - started < 1


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(st.characters(categories=None), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
OUR_KEYS = ("id", "source", "type", "customer", "occurred_at", "subscription", "properties")
THEIR_KEYS = ("id", "source", "type", "subject", "time", "subscription", "data", "specversion", "extension")


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, WireFormat]:
    """Bodies that are good, nearly good, or damaged in a few bytes."""
    wire_format = draw(st.sampled_from(WireFormat))
    is_cloud = wire_format in (CLOUDEVENT, CLOUDEVENTS)
    make, names, payload = (cloud_event, THEIR_KEYS, "data") if is_cloud else (event, OUR_KEYS, "properties")
    items = []
    for n in range(draw(st.integers(1, 4))):
        content = make(f"e{n}", **{payload: draw(st.dictionaries(st.text(max_size=4), values, max_size=3))})
        if draw(st.integers(0, 3)) == 0:
            content[draw(st.sampled_from(names))] = draw(values)
        items.append(json.dumps(content, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass"))
    joined = {NDJSON: b"\n".join(items), CLOUDEVENT: items[0]}.get(wire_format, b"[" + b",".join(items) + b"]")
    body = bytearray(joined)
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(body) - 1), st.sampled_from(DAMAGE)), max_size=2)):
        body[place : place + 1] = byte
    return bytes(body), wire_format


DAMAGE = [
    b"",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\n",
    b" ",
    b"\0",
    b"\xff",
    b"1",
    b"\\u0000",
    b"\\ud800",
]


@given(bodies())
def test_what_is_taken_reads_the_same_from_the_log_alone_and_as_a_core_value(sent: tuple[bytes, WireFormat]) -> None:
    body, wire_format = sent
    try:
        batch = parse_events(body, wire_format)
    except MalformedBody:
        return

    stored, items = stored_events(body, wire_format), item_bytes(body, wire_format)

    assert len(batch.events) == len(stored) == len(items)
    for ordinal, taken in enumerate(batch.events):
        assert (taken is None) == (ordinal in batch.rejected)
        if taken is not None:
            assert stored[ordinal] == taken
            assert _taken(items[ordinal], CLOUDEVENT if wire_format in (CLOUDEVENT, CLOUDEVENTS) else JSON) == [taken]
            assert repr(to_usage_event(taken)).encode()


def _taken(body: bytes, wire_format: WireFormat) -> list[WireEvent | None]:
    batch = parse_events(body, wire_format)
    assert batch.rejected == {}
    return batch.events
