"""A file of events is cut into batches as a request of its form would be, whatever its first line is like."""

import json
from io import BytesIO

import pytest

from gateway.cli.ingest import batches, events_per_batch
from gateway.wire.events import MalformedBody, WireFormat, parse_events

JSON, NDJSON, *_ = WireFormat


def event(event_id: str) -> bytes:
    fields = {"source": "s", "id": event_id, "type": "t", "customer": "c", "occurred_at": "2026-01-15T12:00:00Z"}
    return json.dumps(fields).encode()


def read(content: bytes) -> list[tuple[WireFormat, list[str | None]]]:
    """The form of each batch, and the ids in it; None for what is rejected."""
    parsed = [parse_events(*batch) for batch in batches(BytesIO(content))]
    return [(batch.format, [each and each.id for each in batch.events]) for batch in parsed]


@pytest.mark.parametrize(
    "first",
    [b'{"id": 5}', b'{"id": tru}', b'{"id": ', b"42", b"nonsense", b'{"a":' * 100_000, b"}"],
    ids=["wrong", "no json", "cut off", "no object", "no json at all", "deep", "stray bracket"],
)
def test_a_bad_first_line_spares_the_lines_after_it(first: bytes) -> None:
    assert read(b"\n".join([first, event("a"), event("b")])) == [(NDJSON, [None, "a", "b"])]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (event("a"), [(NDJSON, ["a"])]),
        (event("a").replace(b", ", b",\n"), [(JSON, ["a"])]),
        (b"\xef\xbb\xbf" + event("a"), [(NDJSON, ["a"])]),
        (b"\xef\xbb\xbf\r\n\r\n[" + event("a") + b"]", [(JSON, ["a"])]),
        (b"[" + event("a") + b", " + b'{"v": ' * 100_000 + b"1" + b"}" * 100_000 + b"]", [(JSON, ["a", None])]),
    ],
    ids=["alone", "over several lines", "mark", "mark before an array", "deep in an array"],
)
def test_events_come_in_any_of_these_forms(content: bytes, expected: list[tuple[WireFormat, list[str | None]]]) -> None:
    assert read(content) == expected


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_a_file_without_an_event_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedBody, match="holds no event"):
        read(content)


def test_a_long_file_is_cut_into_batches() -> None:
    lines = [event(str(number)) for number in range(events_per_batch + 1)]

    as_lines, as_array = read(b"\n".join(lines)), read(b"[" + b",".join(lines) + b"]")

    assert [len(ids) for _, ids in as_lines] == [len(ids) for _, ids in as_array] == [events_per_batch, 1]
