"""What a recount is asked, and what it answers: scopes to count, counts by key, and what could not be counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gateway.core.events import UsageEvent
from gateway.core.metering.meter import Dimensions, Meter, MeterVersion, UncountableReason
from gateway.core.metering.quantities import Amount
from gateway.core.metering.values import matches, property_texts
from gateway.core.periods.period import BillingPeriod
from gateway.core.rating.rated import Transaction
from gateway.core.subscriptions.subscription import Subscription


@dataclass(frozen=True, slots=True)
class CountingScope:
    """What to count: one subscription's priced meters over one period.

    `whole` is what time-weighted and prorated values are shares of, where that is not the schedule's own period, of
    which the first one of a subscription, say, is a part. Of the meters that are rated
    `by_transaction` every single value is kept.
    """

    subscription: Subscription
    period: BillingPeriod
    meters: tuple[Meter, ...]
    whole: BillingPeriod | None = None
    by_transaction: frozenset[str] = frozenset()

    @property
    def counts_from(self) -> datetime:
        """The first instant whose events may count: the start of the subscription if a meter carries anything.

        What is carried includes what occurred in former phases and while it was paused: a level has changed then, too.
        """
        carries = any(version.carries for meter in self.meters for version in meter.versions)
        return self.carries_from if carries else self.period.start

    @property
    def carries_from(self) -> datetime:
        """The first instant whose events may be carried into the period."""
        return min(self.subscription.carries_from, self.period.start)

    @property
    def whole_period(self) -> BillingPeriod:
        """What the period is all or a part of."""
        return self.whole or self.subscription.schedule.period_at(self.period.start)

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose days and windows count."""
        return self.subscription.zone

    def takes(self, named: str | None) -> bool:
        """Whether an event of the customer may count here that names this subscription, or none."""
        return named is None or named == self.subscription.key

    def version_at(self, meter: Meter, event_type: str, occurred_at: datetime) -> MeterVersion | None:
        """The version of `meter` that reads events of a type and an instant; None if they do not count.

        What is carried into the period is read by the definitions that are in force at its start.
        """
        period = self.period
        is_within = occurred_at in period
        if not is_within and not self.subscription.carries_from <= occurred_at < period.start:
            return None
        version = meter.version_at(occurred_at if is_within else period.start)
        if version is None or version.event_type != event_type:
            return None
        return version if is_within or version.carries else None

    def version_for(self, meter: Meter, event: UsageEvent) -> MeterVersion | None:
        """The version of `meter` that reads an event of the scope's customer; None if the event does not count."""
        version = self.version_at(meter, event.type, event.occurred_at) if self.takes(event.subscription) else None
        if version is None:
            return None
        return version if matches(version, property_texts(event.properties, version.deciding_properties)) else None


class CountKey(NamedTuple):
    """Which count: a subscription's period, meter version and dimension values."""

    subscription_id: str
    period_start: datetime
    meter: str
    version: int
    dimensions: Dimensions = ()


class Count(NamedTuple):
    """What was counted: the quantity to bill, the events behind it, and the `amount` before conversion and rounding.

    The single `transactions`, in the order of time, are there if the scope asks for them.
    """

    quantity: Decimal
    events: int
    amount: Amount
    transactions: tuple[Transaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncountable:
    """An event that one meter left out, and why."""

    subscription_id: str
    period_start: datetime
    meter: str
    version: int
    position: int
    reason: UncountableReason


@dataclass(frozen=True, slots=True)
class Recount:
    """The outcome of a fold over the log: counts by key, and what could not be counted."""

    counts: Mapping[CountKey, Count]
    uncountable: tuple[Uncountable, ...]
