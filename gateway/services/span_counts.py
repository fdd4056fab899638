"""What live counts of one meter version add up to over a span."""

from dataclasses import dataclass, field
from decimal import Decimal

from gateway.core.meters import Aggregation, MeterVersion
from gateway.core.numbers import EXACT


@dataclass(slots=True)
class SpanCount:
    """A count in progress; `values` are the hashes of a unique count's values."""

    version: MeterVersion
    events: int = 0
    total: Decimal = Decimal(0)
    values: set[str] = field(default_factory=set)

    def add(self, events: int, total: Decimal | int) -> None:
        """Add what a bucket holds, but for its values."""
        self.events += events
        self.total = EXACT.add(self.total, Decimal(total))

    def merge(self, other: "SpanCount") -> None:
        """Add what another subscription, or other dimension values, counted in the same span."""
        self.add(other.events, other.total)
        self.values |= other.values

    @property
    def quantity(self) -> Decimal:
        """The quantity so far."""
        match self.version.aggregation:
            case Aggregation.COUNT:
                return self.version.quantity(self.events)
            case Aggregation.UNIQUE_COUNT:
                return self.version.quantity(len(self.values))
            case _:
                return self.version.quantity(self.total)
