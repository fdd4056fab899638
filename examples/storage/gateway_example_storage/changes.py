"""Changes of what is stored, made from a seed: the same on every machine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from gateway_example_storage.tenants import TENANTS, Tenant

SEED = 404
STARTS_AT = datetime(2026, 2, 2, tzinfo=UTC)
ENDS_AT = datetime(2026, 4, 30, tzinfo=UTC)

_SECONDS = int((ENDS_AT - STARTS_AT).total_seconds())

Event = dict[str, Any]


def changes() -> list[Event]:
    """Every change in order of time: gigabytes more, or less, but never less than nothing."""
    found = [event for number, tenant in enumerate(TENANTS) for event in _changes_of(tenant, _random(number))]
    return sorted(found, key=lambda event: (event["occurred_at"], event["id"]))


def _random(number: int) -> Random:
    """The numbers of one tenant; a tenant more changes nobody else's."""
    return Random(SEED + number)  # noqa: S311 - nothing is kept secret by them


def _changes_of(tenant: Tenant, random: Random) -> Iterator[Event]:
    level = 0
    for number, second in enumerate(sorted(random.sample(range(_SECONDS), tenant.changes))):
        # In thousandths of a gigabyte, so that nothing is rounded.
        change = random.randint(-min(level, tenant.largest_change), tenant.largest_change)
        level += change
        yield {
            "source": "object-store",
            "id": f"{tenant.key}-{number:04}",
            "type": "storage.changed",
            "customer": tenant.key,
            "occurred_at": (STARTS_AT + timedelta(seconds=second)).isoformat().replace("+00:00", "Z"),
            "properties": {"gigabytes": str(Decimal(change).scaleb(-3))},
        }
