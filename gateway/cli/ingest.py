"""`gateway ingest`."""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table, progress
from gateway.core.events import Outcome
from gateway.services.record_events import Recorder
from gateway.wire.events import MalformedBody, WireFormat, parse_events

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
    """The events in a stream, so many at a time; a stream of lines is never read as a whole."""
    first = _first_line(stream)
    if _is_one_value(first):
        yield from _line_batches(first, stream)
        return
    try:
        items = msgspec.json.decode(first + stream.read(), type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise MalformedBody(f"The file is neither a JSON array nor one event per line: {error}") from None
    if isinstance(items, dict):
        yield msgspec.json.encode(items), WireFormat.JSON
        return
    for start in range(0, len(items), events_per_batch):
        yield msgspec.json.encode(items[start : start + events_per_batch]), WireFormat.JSON


def _record(recorder: Recorder, batch: Batch, outcomes: Counter[Outcome], rejections: list[str]) -> None:
    done = outcomes.total()
    receipts = recorder.record(parse_events(*batch))
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
    for line in stream:
        if line.strip():
            return line
    raise MalformedBody("The file holds no event")


def _is_one_value(line: bytes) -> bool:
    """Whether a line is an event by itself, and not the beginning of a longer value."""
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return False
    return True


def _line_batches(first: bytes, stream: BinaryIO) -> Iterator[Batch]:
    lines = [first, *islice(stream, events_per_batch - 1)]
    while lines:
        if any(line.strip() for line in lines):
            yield b"".join(lines), WireFormat.NDJSON
        lines = list(islice(stream, events_per_batch))
