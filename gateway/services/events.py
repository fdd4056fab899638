"""Events as people look at them: a customer's, or all, by position."""

from itertools import islice

from gateway.core.events import LoggedEvent
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation
from gateway.services.read_log import LogSpan, all_events, logged_events_of


def customer_events(installation: Installation, customer: str | None, after: int, limit: int) -> list[LoggedEvent]:
    """Up to `limit` events after position `after`, in order: those of one customer, or all of them if None.

    Those that were voided or amended later are among them.
    """

    def read(unit: UnitOfWork) -> list[LoggedEvent]:
        span = LogSpan(after, unit.log.head())
        found = all_events(unit, span) if customer is None else logged_events_of(unit, customer, span, True)
        return list(islice(found, limit))

    return installation.storage.read(read)
