"""Live counts by the hour as a table: a row for each hour that a change wrote, with what it holds since then."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice

import msgspec

from gateway.core.feeds import ChangedHour
from gateway.core.metering.live_kept import Kept, KeptLast, KeptMax, KeptMin
from gateway.core.numbers import meter_places
from gateway.core.subscriptions.subscription import Subscription
from gateway.services.datasets import Chunk, Chunks, Dataset, Source
from gateway.services.installation import Installation
from gateway.services.project import Projector
from gateway.tables.schema import Cell, Column, ColumnType, TableRow, TableSchema
from gateway.tables.writing import rows_per_chunk

SCHEMA = TableSchema(
    "usage",
    1,
    (
        Column("position", ColumnType.INTEGER, "The change of the live counts that the row holds since."),
        Column("subscription_id", ColumnType.TEXT, "The id of the subscription, or of the phase of one."),
        Column("subscription", ColumnType.TEXT, "The key of the subscription."),
        Column("customer", ColumnType.TEXT, "The key of the customer."),
        Column(
            "meter",
            ColumnType.TEXT,
            "The key of the meter; missing where all earlier rows of the subscription hold no longer.",
        ),
        Column("meter_version", ColumnType.INTEGER, "The version of the meter."),
        Column("dimensions", ColumnType.TEXT, "The dimension values, a JSON object."),
        Column("hour", ColumnType.TIME, "When the hour begins; a quarter of one in zones that need it."),
        Column("events", ColumnType.INTEGER, "How many events were counted."),
        Column("total", ColumnType.DECIMAL, "The sum of their values, for meters that add.", meter_places),
        Column("distinct_values", ColumnType.INTEGER, "How many values are distinct, for unique counts."),
        Column("maximum", ColumnType.DECIMAL, "The greatest value, for meters of the maximum.", meter_places),
        Column("minimum", ColumnType.DECIMAL, "The least value, for meters of the minimum.", meter_places),
        Column("latest", ColumnType.DECIMAL, "The last value, for meters of the latest.", meter_places),
    ),
)


@contextmanager
def _opened(installation: Installation) -> Iterator[Source]:
    """The live counts on one snapshot, with everything in them that was recorded before."""
    Projector(installation).catch_up()
    with installation.storage.snapshot() as unit:
        owners = {each.id: each for each in unit.definitions.subscriptions()}

        def chunks(after: int, _through: int) -> Chunks:
            # In the order of the hours and not of the changes: how far it is, only the end says.
            yield Chunk(after, [_forgotten(*each, owners) for each in unit.live.forgotten(after)])
            ahead = (_row(each, owners) for each in unit.live.changed_hours(after))
            while rows := list(islice(ahead, rows_per_chunk)):
                yield Chunk(after, rows)

        yield Source(unit.live.revision(), chunks)


# All at once: what a bucket held at a change in between is not known any more.
USAGE = Dataset(SCHEMA, _opened, positions_per_file=None)


def _forgotten(position: int, subscription_id: str, owners: Mapping[str, Subscription]) -> TableRow:
    return (position, subscription_id, *_names(subscription_id, owners), *(None,) * 10)


def _row(changed: ChangedHour, owners: Mapping[str, Subscription]) -> TableRow:
    series, state = changed.key.series, changed.state
    return (
        changed.position,
        series.subscription_id,
        *_names(series.subscription_id, owners),
        series.meter,
        series.version,
        msgspec.json.encode(dict(series.dimensions)).decode(),
        changed.key.starts_at,
        state.events,
        state.total,
        state.distinct,
        *_kept(state.kept),
    )


def _names(subscription_id: str, owners: Mapping[str, Subscription]) -> tuple[Cell, Cell]:
    owner = owners.get(subscription_id)
    return (None, None) if owner is None else (owner.key, owner.customer)


def _kept(kept: Kept | None) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    match kept:
        case KeptMax():
            return kept.value, None, None
        case KeptMin():
            return None, kept.value, None
        case KeptLast():
            return None, None, kept.value
        case _:
            return None, None, None
