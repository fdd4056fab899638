"""Examples, found by entry point: a module with definitions, customers, subscriptions and events."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from gateway.cli.plans import read_definitions_file
from gateway.core.errors import NotFound
from gateway.core.time import read_instant

GROUP = "gateway.examples"

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """What an example loads, and through which instant it is billed.

    `events()` are all, and `events(customers)` those of some customers, found without making the others.
    `bill_through` carries the zone whose days the example counts in; the business clock is set to it.
    """

    name: str
    definitions: Mapping[str, object]
    customers: Sequence[Mapping[str, str]]
    subscriptions: Sequence[Mapping[str, str]]
    events: Callable[..., Iterable[Event]]
    event_count: int
    clock_starts_at: datetime
    bill_through: datetime

    def only(self, customers: Sequence[str] | None, through: date | None) -> "Example":
        """A part of it: some customers, and the boundaries until the midnight that begins `through`."""
        end = None if through is None else _midnight(through, self.bill_through)

        def events() -> Iterable[Event]:
            chosen = self.events() if customers is None else self.events(customers)
            return (event for event in chosen if end is None or read_instant(event["occurred_at"]) < end)

        return replace(
            self,
            customers=_of(customers, self.customers, "key"),
            subscriptions=_of(customers, self.subscriptions, "customer"),
            events=events,
            bill_through=end or self.bill_through,
        )


def load_example(name: str) -> Example:
    """The installed example called `name`. Raises `NotFound`, naming those there are."""
    found = {entry_point.name: entry_point for entry_point in entry_points(group=GROUP)}
    if name not in found:
        there_are = ", ".join(sorted(found)) or "none; install one with `pip install -e examples/flights`"
        raise NotFound(f"There is no example {name!r} installed; there are {there_are}")
    module = found[name].load()
    definitions: Path = module.DEFINITIONS
    return Example(
        name=name,
        definitions=read_definitions_file(definitions),
        customers=module.customers(),
        subscriptions=module.subscriptions(),
        events=module.events,
        event_count=module.EVENT_COUNT,
        clock_starts_at=module.BILL_THROUGH,
        bill_through=module.BILL_THROUGH,
    )


def _of(customers: Sequence[str] | None, rows: Sequence[Mapping[str, str]], field: str) -> Sequence[Mapping[str, str]]:
    if customers is None:
        return rows
    unknown = sorted(set(customers) - {row[field] for row in rows})
    if unknown:
        raise NotFound(f"The example has no customer {', '.join(unknown)}")
    return [row for row in rows if row[field] in customers]


def _midnight(day: date, like: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=like.tzinfo)
