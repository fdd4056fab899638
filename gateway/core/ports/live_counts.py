"""What the services ask of the storage of live counts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from gateway.core.feeds import ChangedHour
from gateway.core.metering.live import LiveDelta, LiveKey, LiveState, LiveUncountable, PreparedDelta, Unattributed


class LiveCounts(Protocol):
    """The live projection of the log: counts, what could not be counted or attributed, and the customers' index."""

    def lock_position(self) -> int:
        """The projection's position, locked until the transaction ends."""
        ...

    def position(self) -> int:
        """The position up to which live counts are current."""
        ...

    def fingerprints(self) -> dict[str, str]:
        """By what definitions each subscription was counted, by its id."""
        ...

    def set_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """Remember by what definitions subscriptions are counted from now on."""
        ...

    def reset(self) -> None:
        """Forget all counts and the index, and start again at position 0."""
        ...

    def forget(self, customer: str, subscription_ids: Sequence[str]) -> None:
        """Forget a customer's counts and what could not be counted or attributed; the index stays."""
        ...

    def prepare(self, delta: LiveDelta) -> PreparedDelta:
        """Work out what `delta` makes of the counts as they are, which needs no turn of the writer."""
        ...

    def apply(self, prepared: PreparedDelta, position: int) -> bool:
        """Store what was prepared, and that counts cover everything up to `position`.

        False, and nothing is stored, if anything was counted or forgotten since it was prepared.
        """
        ...

    def states(
        self, subscriptions: Sequence[str], bucket: str, starts_from: datetime, starts_before: datetime,
        meters: Sequence[str] | None = None,
    ) -> dict[LiveKey, LiveState]:  # fmt: skip
        """The live states of subscriptions in buckets of kind `bucket` that start in the span."""
        ...

    def unique_values(
        self, subscriptions: Sequence[str], bucket: str, starts_from: datetime, starts_before: datetime,
        meters: Sequence[str],
    ) -> Iterator[tuple[LiveKey, str]]:  # fmt: skip
        """The distinct value hashes of unique counts, per bucket of kind `bucket` that starts in the span."""
        ...

    def revision(self) -> int:
        """How often live counts have changed: every change has the next number, and none is seen before another."""
        ...

    def forgotten(self, after: int) -> list[tuple[int, str]]:
        """Which changes behind `after` forgot all counts of a subscription, the last one of each, in order.

        What they count since has a later change.
        """
        ...

    def changed_hours(self, after: int) -> Iterator[ChangedHour]:
        """The hours whose counts a change behind `after` wrote, by series and hour, streamed."""
        ...

    def uncountable(
        self, subscriptions: Sequence[str], meter: str | None, after: int, limit: int
    ) -> list[LiveUncountable]:
        """Events that a meter left out, in order of position, after `after`."""
        ...

    def unattributed(self, after: int, limit: int, customer: str | None = None) -> list[Unattributed]:
        """Events that belong to no subscription, in order of position, after `after`."""
        ...

    def unattributed_count(self, customer: str | None = None) -> int:
        """How many there are."""
        ...

    def customer_event_count(self, customers: Sequence[str]) -> int:
        """How many events of these customers the index holds."""
        ...

    def customer_positions(
        self, customer: str, after: int, up_to: int, occurred_from: datetime | None, occurred_before: datetime | None
    ) -> Iterator[int]:
        """Positions of a customer's events in `(after, up_to]` that may have occurred in the span, in order."""
        ...
