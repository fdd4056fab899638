"""Whom the company serves: customers of four legal entities, and what they are subscribed to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from gateway.services.customers import SubscriptionRequest

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FEE_PLANS = ("days", "weeks", "months", "quarters", "half-years", "years")


@dataclass(frozen=True, slots=True)
class Client:
    """A customer, in the books of a legal entity, with plans that may follow each other or run together."""

    key: str
    legal_entity: str
    plans: tuple[str, ...]
    zone: str = "UTC"
    starts_at: datetime = BEGIN
    trial_days: int = 0
    by_anniversary: bool = False
    anchor: datetime | None = None

    def subscriptions(self) -> Iterator[SubscriptionRequest]:
        """What it signs."""
        trial = self.starts_at + timedelta(days=self.trial_days) if self.trial_days else None
        for plan in self.plans:
            yield SubscriptionRequest(
                self.key,
                plan,
                self.starts_at,
                self.zone,
                trial_ends_at=trial,
                anchor=self.anchor,
                by_anniversary=self.by_anniversary,
            )


_A_YEAR_AGO = datetime(2025, 2, 15, tzinfo=UTC)
"""So that even a year ends within two months; the first period of each is a short one."""

ALWAYS = (
    Client("all-models", "default", ("everything",)),
    Client("all-aggregations", "europe", ("aggregates",), "Europe/Berlin"),
    Client("all-cadences", "japan", FEE_PLANS, "Asia/Tokyo", BEGIN + timedelta(days=14), anchor=_A_YEAR_AGO),
    Client("thresholds", "gulf", ("gradual",), "Asia/Kuwait"),
    Client("at-once", "gulf", ("prompt",), "Asia/Kuwait"),
    Client("trial", "europe", ("aggregates",), "Europe/Berlin", BEGIN + timedelta(days=5), trial_days=20),
    Client("changes-plan", "default", ("team",), "America/New_York", BEGIN + timedelta(days=9), by_anniversary=True),
    Client("pauses", "japan", ("months",), "Asia/Tokyo"),
    Client("cancels", "default", ("team",), "America/New_York", by_anniversary=True),
    Client("holds", "europe", ("aggregates",), "Europe/Berlin"),
)
"""Each shows one thing that any company may meet."""

_MORE = (
    ("default", "everything", "UTC"),
    ("default", "team", "America/Los_Angeles"),
    ("europe", "aggregates", "Europe/Lisbon"),
    ("japan", "months", "Asia/Tokyo"),
    ("gulf", "gradual", "Asia/Kuwait"),
    ("gulf", "prompt", "Asia/Kuwait"),
)


def clients(random: Random, more: int) -> list[Client]:
    """Those there always are, and so many more, who come on any day of the first two months."""
    return [*ALWAYS, *(_drawn(random, number) for number in range(more))]


def _drawn(random: Random, number: int) -> Client:
    entity, plan, zone = random.choice(_MORE)
    return Client(
        f"client-{number:03}",
        entity,
        (plan,),
        zone,
        BEGIN + timedelta(hours=random.randrange(24 * 59)),
        trial_days=random.choice((0, 0, 0, 14)),
        by_anniversary=random.random() < 0.5,
    )
