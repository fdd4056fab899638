"""Corrections of events: a later entry of the log voids one, or takes its place. The event itself stays as it was."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.errors import InvalidValue
from gateway.core.faults import text_fault

VOIDED = "gateway.event_voided"
"""The type of an entry that voids an event; no meter reads it."""


class CorrectionKind(StrEnum):
    """What a correction does with the event: it does not count, or the entry of the correction counts instead."""

    VOID = "void"
    AMEND = "amend"


@dataclass(frozen=True, slots=True)
class EventCorrection:
    """The entry at `position` of the log corrects the event at `corrects`, of a customer.

    It holds for every count up to its position or later, and for no count that ended before.
    """

    position: int
    corrects: int
    customer: str
    kind: CorrectionKind
    reason: str
    actor: str
    recorded_at: datetime

    def __post_init__(self) -> None:
        if self.corrects >= self.position:
            raise InvalidValue(f"The entry at {self.position} cannot correct {self.corrects}; correct an earlier event")
        for name, text in (("reason", self.reason), ("actor", self.actor)):
            if fault := text_fault(text):
                raise InvalidValue(f"The {name} of a correction {fault}")
