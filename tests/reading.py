"""The log read as tests need it."""

from collections.abc import Iterator

from gateway.core.events import LoggedEvent
from gateway.core.ports.storage import UnitOfWork
from gateway.services.read_log import LogSpan, all_events


def logged_events(unit: UnitOfWork, span: LogSpan) -> Iterator[LoggedEvent]:
    """The events of the log in a span, in order, without those that a correction up to its end voids or replaces."""
    corrected = {each.corrects for each in unit.log.corrections(0, span.up_to)}
    return (logged for logged in all_events(unit, span) if logged.position not in corrected)
