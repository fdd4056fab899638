"""What customers use in a month: events by chance, some of which come late."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.company.clients import Client

Event = dict[str, Any]

_ZONES = ("eu", "us", "asia")
_KINDS = ("cpu", "disk")


class Usage:
    """Events of all clients, numbered for each, so that one is never another's."""

    def __init__(self, random: Random, per_month: int) -> None:
        self._random = random
        self._per_month = per_month
        self._sent = 0

    def between(self, client: Client, start: datetime, end: datetime) -> Iterator[Event]:
        """What a client uses in `[start, end)`, once it is one."""
        start = max(start, client.starts_at)
        if client.plans[0] in {"days", "months"} or start >= end:
            return
        span = int((end - start).total_seconds())
        for second in sorted(self._random.sample(range(span), min(self._per_month, span))):
            yield self.event(client.key, start + timedelta(seconds=second))

    def event(self, customer: str, at: datetime, **other: object) -> Event:
        """One piece of work; a quantity below zero gives something back."""
        self._sent += 1
        random = self._random
        return {
            "source": "factory",
            "id": f"{customer}-{self._sent:06}",
            "type": "work.done",
            "customer": customer,
            "occurred_at": at.isoformat(),
            "properties": {
                "units": str(Decimal(random.randint(-200, 2000)).scaleb(-2)),
                "user": f"user-{random.randrange(6)}",
                "zone": random.choice(_ZONES),
                "kind": random.choice(_KINDS),
                "sale": str(Decimal(random.randint(100, 20_000)).scaleb(-2)),
                "cents": random.randint(1, 400),
                "cost": str(Decimal(random.randint(1, 900)).scaleb(-3)),
                **other,
            },
        }
