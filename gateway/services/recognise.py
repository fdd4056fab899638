"""Recognise revenue: post what was earned by the ends of the months that are over."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.services.accrue_running import accrue_running
from gateway.services.installation import Installation
from gateway.services.post_revenue import post_revenue

documents_per_transaction = 200
_DAY = timedelta(days=1)


OnProgress = Callable[[int, int], None]
"""Told how many documents are done, and how many there are."""


def recognise_due(installation: Installation, on_progress: OnProgress | None = None) -> int:
    """Post what every document, and every period that runs, earned by the end of the last month that is over in its
    books; how many entries.

    A repeat, or another process at the same time, posts nothing twice.
    """
    now = installation.business_clock.now()
    entities = installation.storage.read(lambda unit: list(unit.legal_entities.newest().values()))
    ends = {entity.key: entity.accounting_day(now).replace(day=1) - _DAY for entity in entities}
    total = installation.storage.read(lambda unit: sum(unit.revenue.count_due(*each) for each in ends.items()))
    entries = done = 0
    for entity in entities:
        through = ends[entity.key]
        entries += accrue_running(installation, entity, through)
        for documents, posted in _recognised(installation, entity.key, now, through):
            entries, done = entries + posted, done + documents
            if on_progress is not None:
                on_progress(done, total)
    return entries


def _recognised(
    installation: Installation, legal_entity: str, now: datetime, through: date
) -> Iterator[tuple[int, int]]:
    """How many documents were done in each transaction, and how many entries that took."""

    def work(unit: UnitOfWork) -> tuple[int, int]:
        due = unit.revenue.due(legal_entity, through, documents_per_transaction)
        return len(due), post_revenue(unit, due, "recognised", now, through) if due else 0

    while (done := installation.storage.transact(work, Priority.BULK))[0]:
        yield done
