"""What does not agree, with the evidence for it: two counts, a total and a bound, an amount and its history."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.errors import InvalidValue
from gateway.core.faults import text_fault
from gateway.core.metering.meter import Dimensions

evidence_events_max = 5


class DiscrepancyKind(StrEnum):
    """What does not agree, or keeps an invoice from being trusted."""

    COUNT = "count"
    UNCOUNTABLE = "uncountable"
    UNPRICED = "unpriced"
    DIMENSION_VALUES = "dimension_values"
    BOUND = "bound"
    ANOMALY = "anomaly"
    TOTAL = "total"


class Cause(StrEnum):
    """Where the fault probably is, as far as reading the events again by both tracks can tell."""

    EVENTS_READ_DIFFERENTLY = "events_read_differently"
    EVENTS_MISSING_LIVE = "events_missing_live"
    EVENTS_MISSING_IN_LOG = "events_missing_in_log"
    LIVE_COUNT_CHANGED = "live_count_changed"
    RECOUNT_NOT_REPEATED = "recount_not_repeated"


@dataclass(frozen=True, slots=True)
class EventName:
    """An event by what its sender calls it, and where it stands in the log."""

    position: int
    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One difference with its evidence; it holds the invoice until a person resolves it.

    `events` are the first ones that differ, as far as they are known, and `cause` what that suggests.
    """

    kind: DiscrepancyKind
    meter: str
    dimensions: Dimensions
    expected: str
    found: str
    detail: str
    events: tuple[EventName, ...] = ()
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who let a held invoice go out, when and why; kept for ever."""

    invoice_id: str
    actor: str
    reason: str
    resolved_at: datetime

    def __post_init__(self) -> None:
        for name, text in (("actor", self.actor), ("reason", self.reason)):
            if fault := text_fault(text):
                raise InvalidValue(f"The {name} of a resolution {fault}")
