"""Promises 1, 2 and 7 of the counts: live equals the model's own count, and every event is somewhere."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from sqlite3 import Connection
from typing import Any

import msgspec

from gateway.core.metering.live import Bucket
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import from_microseconds
from tests.simulator.count_model import BucketKey, CountModel, Tally
from tests.simulator.promises import require_same

_COUNTS = """
    SELECT s.subscription_id, s.meter, s.version, s.dimensions, c.bucket, c.starts_at, c.events, c.total,
        c.distinct_values
    FROM live_count AS c JOIN live_series AS s ON s.id = c.series_id
    """
_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00Z")
_FAR_AHEAD = datetime.fromisoformat("2100-01-01T00:00:00Z")

Counted = tuple[int, Decimal, int]


def check_touched(unit: UnitOfWork, model: CountModel, head: int) -> None:
    """The live counts of those customers whose events came in last, as a reader gets them."""
    require_same(1, unit.live.position(), head, "the position of the live counts")
    subscriptions = [
        subscription.id
        for customer in sorted(model.touched)
        for subscription in model.defined.by_customer.get(customer, ())
    ]
    model.touched.clear()
    if not subscriptions:
        return
    states = unit.live.states(subscriptions, Bucket.PERIOD, _LONG_AGO, _FAR_AHEAD)
    found: dict[BucketKey, Counted] = {
        ((*key.series,), key.bucket, key.starts_at): (state.events, state.total, state.distinct)
        for key, state in states.items()
    }
    expected = {
        key: tally for key, tally in model.tallies.items() if key[1] is Bucket.PERIOD and key[0][0] in subscriptions
    }
    require_same(1, found, _counted(expected.items()), "live counts after an acknowledgement")


def check_counts(raw: Connection, model: CountModel) -> None:
    """All live counts, what could not be counted, what belongs to nobody, and the index of customers."""
    found = dict(map(_row, raw.execute(_COUNTS)))
    require_same(7, found, _counted(model.tallies.items()), "live counts")
    uncounted = set(raw.execute("SELECT subscription_id, meter, version, position, reason FROM uncountable_event"))
    require_same(7, uncounted, {(*item[:4], str(item[4])) for item in model.uncounted}, "uncountable events")
    unattributed = dict(raw.execute("SELECT position, reason FROM unattributed_event"))
    expected = {position: str(reason) for position, reason in model.unattributed.items()}
    require_same(7, unattributed, expected, "unattributed events")
    indexed = dict(raw.execute("SELECT customer, sum(event_count) FROM customer_positions GROUP BY customer"))
    require_same(7, indexed, {who: len(found) for who, found in model.by_customer.items() if found}, "the index")


def _counted(tallies: Iterable[tuple[BucketKey, Tally]]) -> dict[BucketKey, Counted]:
    return {key: (tally.events, tally.total, len(tally.values)) for key, tally in tallies}


def _row(row: tuple[Any, ...]) -> tuple[BucketKey, Counted]:
    subscription, meter, version, dimensions, bucket, starts_at, events, total, distinct = row
    series = (subscription, meter, version, tuple(map(tuple, msgspec.json.decode(dimensions))))
    return (series, Bucket(bucket), _instant(starts_at)), (events, Decimal(total), distinct)


def _instant(count: int, known: dict[int, datetime] = {}) -> datetime:  # noqa: B006 (a memory)
    if count not in known:
        known[count] = from_microseconds(count)
    return known[count]
