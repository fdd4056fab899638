"""The two clocks and the source of ids; everything else is told the time."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.core.ports.clock import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_id_length = 26


class SystemClock:
    """The machine's own time: for leases, tokens and signatures, and for billing in production."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ShiftedClock:
    """A business clock that showed `starts_at` when `base` showed `began_at`, and has run since."""

    base: Clock
    began_at: datetime
    starts_at: datetime

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self.starts_at + (self.base.now() - self.began_at)


class RandomIds:
    """Ids of 130 random bits: nobody can guess or count them."""

    def new(self, prefix: str) -> str:
        """See `Ids.new`."""
        return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(_id_length))}"
