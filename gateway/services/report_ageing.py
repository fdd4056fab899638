"""Report what customers owe and will be billed, by age."""

from datetime import date

from gateway.core.ports.storage import UnitOfWork
from gateway.core.reports.ageing import AgedReceivables, AgedUnbilled, aged_receivables, aged_unbilled
from gateway.services.installation import Installation


def receivables_ageing(
    installation: Installation, legal_entity: str, as_of: date | None = None
) -> list[AgedReceivables]:
    """What customers owe at the end of a day of the legal entity's books, or of today. Raises `NotFound`."""

    def work(unit: UnitOfWork) -> list[AgedReceivables]:
        day = _day(unit, installation, legal_entity, as_of)
        return aged_receivables(day, unit.reports.owed_items(legal_entity, day))

    return installation.storage.read(work)


def unbilled_ageing(installation: Installation, legal_entity: str, as_of: date | None = None) -> list[AgedUnbilled]:
    """What was earned and is not invoiced at the end of a day, or of today. Raises `NotFound`."""

    def work(unit: UnitOfWork) -> list[AgedUnbilled]:
        day = _day(unit, installation, legal_entity, as_of)
        return aged_unbilled(day, unit.reports.earned_items(legal_entity, day))

    return installation.storage.read(work)


def _day(unit: UnitOfWork, installation: Installation, legal_entity: str, as_of: date | None) -> date:
    today = unit.legal_entities.get(legal_entity).accounting_day(installation.business_clock.now())
    return as_of or today
