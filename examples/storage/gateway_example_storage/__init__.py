"""The storage example: gigabytes by the time that they were stored, over months in which clocks change."""

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway_example_storage.changes import ENDS_AT, Event, changes
from gateway_example_storage.tenants import TENANTS

__all__ = ["BILL_THROUGH", "DEFINITIONS", "EVENT_COUNT", "NAME", "customers", "events", "subscriptions"]

NAME = "storage"

DEFINITIONS = Path(__file__).with_name("definitions.toml")
"""The meter and the plan, in the format of `gateway`'s plan files."""

EVENT_COUNT = 2_961
"""How many events there are, for a progress bar."""

BILL_THROUGH = ENDS_AT.replace(month=5, day=3)
"""Where to set the business clock: past the last midnight that ends April anywhere."""

_FIRST_DAY, _LAST_DAY = (2026, 2, 1), (2026, 5, 1)


def customers() -> list[dict[str, str]]:
    """The tenants."""
    return [{"key": tenant.key, "name": tenant.name} for tenant in TENANTS]


def subscriptions() -> list[dict[str, str]]:
    """One for each tenant: February to April by the days of its own zone."""
    return [
        {
            "customer": tenant.key,
            "plan": "storage",
            "starts_at": datetime(*_FIRST_DAY, tzinfo=ZoneInfo(tenant.zone)).isoformat(),
            "ends_at": datetime(*_LAST_DAY, tzinfo=ZoneInfo(tenant.zone)).isoformat(),
            "time_zone": tenant.zone,
        }
        for tenant in TENANTS
    ]


def events(customers: Collection[str] | None = None) -> Iterator[Event]:
    """Every change, or those of some customers, in order of time."""
    return (event for event in _changes() if customers is None or event["customer"] in customers)


@cache
def _changes() -> list[Event]:
    return changes()
