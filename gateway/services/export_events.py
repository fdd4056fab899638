"""Events as a table: each accepted one, and each correction as a row of its own, by position in the log."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC

import msgspec

from gateway.core.corrections import EventCorrection
from gateway.core.ports.event_log import EventBlock
from gateway.core.ports.storage import UnitOfWork
from gateway.services.datasets import Dataset, Source, numbered_source
from gateway.services.group_commit import kept_events
from gateway.services.installation import Installation
from gateway.tables.schema import Column, ColumnType, TableRow, TableSchema
from gateway.wire.events import WireEvent

_events_per_chunk = 5_000

SCHEMA = TableSchema(
    "events",
    1,
    (
        Column("position", ColumnType.INTEGER, "Place in the log, from 1 without gaps."),
        Column("recorded_at", ColumnType.TIME, "When it was recorded."),
        Column("source", ColumnType.TEXT, "Who sent it; with `id` it names the event for ever."),
        Column("id", ColumnType.TEXT, "The sender's id; a correction has that of the event that it corrects."),
        Column("type", ColumnType.TEXT, "Its type; `gateway.event_voided` for an entry that voids an event."),
        Column("customer", ColumnType.TEXT, "The key of the customer."),
        Column("subscription", ColumnType.TEXT, "The key of the subscription that it names, if any."),
        Column("occurred_at", ColumnType.TIME, "When it occurred."),
        Column("properties", ColumnType.TEXT, "Its properties, a JSON object with numbers as sent."),
        Column("correction", ColumnType.TEXT, "`void` or `amend` for a correction: what it does with `corrects`."),
        Column("corrects", ColumnType.INTEGER, "The position of the event that does not count as it was any more."),
        Column("reason", ColumnType.TEXT, "Why it was corrected."),
        Column("actor", ColumnType.TEXT, "Who corrected it."),
    ),
)


def _opened(installation: Installation) -> AbstractContextManager[Source]:
    return numbered_source(installation, lambda unit: unit.log.head(), _rows, _events_per_chunk)


EVENTS = Dataset(SCHEMA, _opened, positions_per_file=250_000)


def _rows(unit: UnitOfWork, after: int, through: int) -> Sequence[TableRow]:
    corrections = {each.position: each for each in unit.log.corrections(after, through)}
    rows: list[TableRow] = []
    for block in unit.log.blocks(after, through):
        for position, event in enumerate(kept_events(block), block.first_position):
            if after < position <= through:
                rows.append(_row(position, block, event, corrections.get(position)))
    return rows


def _row(position: int, block: EventBlock, event: WireEvent, correction: EventCorrection | None) -> TableRow:
    corrected = (
        (None, None, None, None)
        if correction is None
        else (correction.kind.value, correction.corrects, correction.reason, correction.actor)
    )
    return (
        position,
        block.recorded_at,
        event.source,
        event.id,
        event.type,
        event.customer,
        event.subscription,
        event.occurred_at.astimezone(UTC),
        msgspec.json.encode(event.properties).decode(),
        *corrected,
    )
