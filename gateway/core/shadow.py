"""The shadow run: what another provider would have made of the same invoices, compared with ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.money import Money


class ShadowStatus(StrEnum):
    """Whether an invoice was quoted."""

    PENDING = "pending"
    QUOTED = "quoted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Comparable:
    """What is compared of an invoice: its total, the tax in it, and how many lines it has."""

    total: Money
    tax: Money
    lines: int


@dataclass(frozen=True, slots=True)
class ShadowQuote:
    """One invoice at the shadow connection; `theirs` once it was quoted, and a reason where it could not be."""

    connection: str
    invoice_id: str
    finalized_at: datetime
    due_at: datetime
    status: ShadowStatus = ShadowStatus.PENDING
    attempts: int = 0
    ours: Comparable | None = None
    theirs: Comparable | None = None
    reason: str | None = None
    quoted_at: datetime | None = None

    @property
    def differences(self) -> tuple[str, ...]:
        """What of it differs: `total`, `tax`, `lines`; nothing before it was quoted."""
        if self.ours is None or self.theirs is None:
            return ()
        return tuple(
            name for name in ("total", "tax", "lines") if getattr(self.ours, name) != getattr(self.theirs, name)
        )


@dataclass(frozen=True, slots=True)
class Parity:
    """How many invoices were the same, differed, could not be quoted, or wait."""

    same: int = 0
    different: int = 0
    failed: int = 0
    pending: int = 0

    @classmethod
    def of(cls, quotes: Sequence[ShadowQuote]) -> "Parity":
        """The parity of quotes."""
        quoted = [quote for quote in quotes if quote.status is ShadowStatus.QUOTED]
        different = sum(bool(quote.differences) for quote in quoted)
        failed = sum(quote.status is ShadowStatus.FAILED for quote in quotes)
        return cls(len(quoted) - different, different, failed, len(quotes) - len(quoted) - failed)

    @property
    def is_proven(self) -> bool:
        """Whether there is something to compare, and all of it is the same."""
        return self.same > 0 and not (self.different or self.failed or self.pending)
