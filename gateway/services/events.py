"""Events as people look at them: a customer's, or all, by position."""

from itertools import islice

from gateway.core.events import LoggedEvent
from gateway.core.ports import UnitOfWork
from gateway.services.installation import Installation
from gateway.services.read_log import LogSpan, logged_events, logged_events_of


def customer_events(installation: Installation, customer: str | None, after: int, limit: int) -> list[LoggedEvent]:
    """Up to `limit` events after position `after`, in order: those of one customer, or all of them if None."""

    def read(unit: UnitOfWork) -> list[LoggedEvent]:
        span = LogSpan(after, unit.log.head())
        found = logged_events(unit, span) if customer is None else logged_events_of(unit, customer, span)
        return list(islice(found, limit))

    return installation.storage.read(read)
