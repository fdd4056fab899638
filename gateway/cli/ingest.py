"""`gateway ingest`."""

import sys
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import counted, note, print_json, print_table, progress
from gateway.core.events import Outcome
from gateway.services.record_events import Recorder
from gateway.wire.events import MalformedBody, WireFormat, parse_events
from gateway.wire.items import array_items, is_array
from gateway.wire.reasons import is_json

events_per_batch = 1_000
rejections_shown_max = 10

Batch = tuple[bytes, WireFormat]


def ingest(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A JSON array, or one event per line; - for standard input.")
    ],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Record the usage events in a file; sending the same file again changes nothing."""
    with opened(config) as gateway, _source(file) as stream, progress() as bars:
        task = bars.add_task("Recording", total=None)
        outcomes: Counter[Outcome] = Counter()
        rejections: list[str] = []
        for batch in batches(stream):
            _record(gateway.recorder, batch, outcomes, rejections)
            bars.update(task, completed=outcomes.total(), total=None)
    for rejection in rejections[:rejections_shown_max]:
        note(rejection)
    if as_json:
        print_json(outcome_counts(outcomes))
    else:
        print_table(["outcome", "events"], [[o, f"{n:,}"] for o, n in outcome_counts(outcomes).items()], ["events"])
    if outcomes[Outcome.REJECTED]:
        raise typer.Exit(1)


def outcome_counts(outcomes: Counter[Outcome]) -> dict[str, int]:
    """How many events ended how, for every outcome."""
    return {outcome.value: outcomes[outcome] for outcome in Outcome}


def batches(stream: BinaryIO) -> Iterator[Batch]:
    """The events in a stream, so many at a time; a stream of lines is not read as a whole.

    What begins with `[` is an array; one event may go on over several lines; all else is one event per line, of which
    a bad one spares the others. Raises `MalformedBody`.
    """
    first = _first_line(stream)
    if is_array(first):
        yield from _array_batches(first + stream.read())
    elif not _goes_on(first):
        yield from _line_batches(first, stream)
    elif is_json(first + (rest := stream.read())):
        yield first + rest, WireFormat.JSON
    else:
        yield from _line_batches(first, BytesIO(rest))


def _record(recorder: Recorder, batch: Batch, outcomes: Counter[Outcome], rejections: list[str]) -> None:
    done = outcomes.total()
    try:
        parsed = parse_events(*batch)
    except MalformedBody as error:
        before = f"; the {counted(done, 'event')} before it went through" if done else ""
        raise MalformedBody(f"{error}{before}") from None
    receipts = recorder.record(parsed)
    outcomes.update(receipt.outcome for receipt in receipts)
    rejections += [
        f"Event {done + ordinal}: {receipt.reason}"
        for ordinal, receipt in enumerate(receipts, start=1)
        if receipt.outcome is Outcome.REJECTED
    ]


def _source(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise MalformedBody(f"{file} cannot be read: {error.strerror}") from None


def _first_line(stream: BinaryIO) -> bytes:
    # Programs on Windows put a byte order mark before what they write.
    line = stream.readline().removeprefix(BOM_UTF8)
    while line:
        if line.strip():
            return line
        line = stream.readline()
    raise MalformedBody("The file holds no event")


def _goes_on(line: bytes) -> bool:
    """Whether a line is the beginning of a value that following lines may complete."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        return "truncated" in str(error)
    except RecursionError:
        return False
    return False


def _array_batches(body: bytes) -> Iterator[Batch]:
    items = array_items(body)
    for start in range(0, len(items), events_per_batch):
        yield b"[" + b",".join(items[start : start + events_per_batch]) + b"]", WireFormat.JSON


def _line_batches(first: bytes, stream: BinaryIO) -> Iterator[Batch]:
    lines = [first, *islice(stream, events_per_batch - 1)]
    while lines:
        if any(line.strip() for line in lines):
            yield b"".join(lines), WireFormat.NDJSON
        lines = list(islice(stream, events_per_batch))
