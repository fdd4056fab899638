"""The true time of the simulated world, and the gateway's clocks, which may be off."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class WorldTime:
    """The true time, which only passes; whoever lives by it is told when it has."""

    def __init__(self, now: datetime = datetime(2026, 1, 10, 12, tzinfo=UTC)) -> None:
        self.now = now
        self.skew = timedelta(0)
        """How far the clocks of the gateway are ahead; they may be set at any time, also back."""
        self.on_passing: Callable[[datetime], None] = lambda _: None

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by
        self.on_passing(self.now)


class SkewedClock:
    """What the clocks of the gateway's machines show."""

    def __init__(self, time: WorldTime) -> None:
        self._time = time

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._time.now + self._time.skew
