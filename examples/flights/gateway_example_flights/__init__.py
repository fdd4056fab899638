"""The flights example: every departure from New York's airports in 2013, billed to the airlines."""

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from gateway_example_flights.reader import NEW_YORK, Event, read_airlines, read_flights, to_event

__all__ = ["BILL_THROUGH", "DEFINITIONS", "EVENT_COUNT", "NAME", "customers", "events", "subscriptions"]

NAME = "flights"

DEFINITIONS = Path(__file__).with_name("definitions.toml")
"""Event types, meters and the plan, in the format of `gateway`'s plan files."""

EVENT_COUNT = 336_776
"""How many events there are, for a progress bar."""

BILL_THROUGH = datetime(2014, 1, 2, tzinfo=NEW_YORK)
"""Where to set the business clock: a day past the last boundary, so that flights which left in 2014 are not ahead."""

_PLAN = "nyc-airports"
_STARTS_AT = datetime(2013, 1, 1, tzinfo=NEW_YORK)
_ENDS_AT = datetime(2014, 1, 1, tzinfo=NEW_YORK)


def customers() -> list[dict[str, str]]:
    """The 16 airlines: carrier code as `key`, and `name`."""
    return [{"key": airline["carrier"], "name": airline["name"]} for airline in read_airlines()]


def subscriptions() -> list[dict[str, str]]:
    """One subscription per airline, for the whole of 2013 in New York."""
    return [
        {
            "customer": airline["carrier"],
            "plan": _PLAN,
            "starts_at": _STARTS_AT.isoformat(),
            "ends_at": _ENDS_AT.isoformat(),
            "time_zone": NEW_YORK.key,
        }
        for airline in read_airlines()
    ]


def events(customers: Collection[str] | None = None) -> Iterator[Event]:
    """Every flight as a usage event, or those of some airlines, in file order, read as it is asked for."""
    return map(to_event, read_flights(customers))
