"""Recognise revenue: post what was earned by the ends of the months that are over."""

from datetime import date, datetime, timedelta

from gateway.core.legal_entity import LegalEntity
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.services.accrue_running import accrue_running
from gateway.services.installation import Installation
from gateway.services.post_revenue import post_revenue

documents_per_transaction = 200
_DAY = timedelta(days=1)


def recognise_due(installation: Installation) -> int:
    """Post what every document, and every period that runs, earned by the end of the last month that is over in its
    books; how many entries.

    A repeat, or another process at the same time, posts nothing twice.
    """
    now = installation.business_clock.now()
    entities = installation.storage.read(lambda unit: list(unit.legal_entities.newest().values()))
    return sum(_recognise(installation, entity, now) for entity in entities)


def _recognise(installation: Installation, entity: LegalEntity, now: datetime) -> int:
    through = entity.accounting_day(now).replace(day=1) - _DAY
    entries = accrue_running(installation, entity, through)
    while True:
        posted = installation.storage.transact(lambda unit: _some(unit, entity, now, through), Priority.BULK)
        if posted is None:
            return entries
        entries += posted


def _some(unit: UnitOfWork, entity: LegalEntity, now: datetime, through: date) -> int | None:
    due = unit.revenue.due(entity.key, through, documents_per_transaction)
    return post_revenue(unit, due, "recognised", now, through) if due else None
