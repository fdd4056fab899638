"""Post a month of the books to accounting systems, undo what was posted, and say what is not posted."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from gateway.core.books.journals import Journal, last_day, summed
from gateway.core.books.months import read_month
from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.core.errors import GatewayError, IllegalTransition, InvalidValue, NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import ConnectedBooks, Installation


class NoBooks(GatewayError):
    """No accounting system is configured that gets the journals of a legal entity."""

    code = "NO_JOURNAL_TARGET"


def no_books(legal_entity: str) -> NoBooks:
    """What to say of a legal entity whose books go nowhere."""
    return NoBooks(
        f"No accounting system gets the journals of legal entity {legal_entity!r}; add [journals.NAME] with its"
        " `target` to gateway.toml"
    )


@dataclass(frozen=True, slots=True)
class Unposted:
    """A month in a currency, with entries that a connection has not been sent."""

    connection: str
    currency: str


def post_journals(installation: Installation, legal_entity: str, month: str) -> list[Journal]:
    """Let every accounting system of a legal entity be sent what it has not of a month; the new journals.

    Nothing new is nothing to send. Raises `NoBooks`; `InvalidValue` for a month that has not ended; `UnmappedAccounts`
    that names every account which goes nowhere, with nothing posted.
    """
    return installation.storage.transact(lambda unit: post_within(unit, installation, legal_entity, month))


def post_within(unit: UnitOfWork, installation: Installation, legal_entity: str, month: str) -> list[Journal]:
    """As `post_journals`, within a transaction, which may also close the month."""
    targets = targets_of(installation, legal_entity)
    if not targets:
        raise no_books(legal_entity)
    _require_ended(unit, installation, legal_entity, read_month(month))
    # So that nothing is posted between finding out what to sum and summing it.
    unit.accounting_periods.lock_to_change(legal_entity)
    return [
        _post(unit, installation, books, legal_entity, month, currency)
        for books in targets
        for currency in unit.journals.unsummed_currencies(books.connection, legal_entity, month)
    ]


def unposted(unit: UnitOfWork, installation: Installation, legal_entity: str, month: str) -> list[Unposted]:
    """What accounting systems have not been sent of a month."""
    return [
        Unposted(books.connection, currency)
        for books in targets_of(installation, legal_entity)
        for currency in unit.journals.unsummed_currencies(books.connection, legal_entity, month)
    ]


def targets_of(installation: Installation, legal_entity: str) -> list[ConnectedBooks]:
    """The accounting systems that get the journals of a legal entity."""
    return [books for books in installation.journals if books.keeps(legal_entity)]


def reverse_journal(installation: Installation, journal_id: str, day: date | None = None) -> Journal:
    """Undo a journal there, on its own day or another one; what it summed can be posted again.

    Answers with the journal that does it, the same again for one that is reversed already. Raises `NotFound`, or
    `IllegalTransition` for one that is not there, or undoes another itself.
    """
    return installation.storage.transact(lambda unit: reverse_within(unit, installation, journal_id, day))


def reverse_within(unit: UnitOfWork, installation: Installation, journal_id: str, day: date | None) -> Journal:
    """As `reverse_journal`, within a transaction."""
    journal = unit.journals.by_ids([journal_id]).get(journal_id)
    if journal is None:
        raise NotFound(f"Journal {journal_id!r} does not exist")
    unit.accounting_periods.lock_to_change(journal.legal_entity)
    journal = unit.journals.by_ids([journal_id])[journal_id]
    if journal.reversed_by is not None:
        return unit.journals.by_ids([journal.reversed_by])[journal.reversed_by]
    _require_reversible(unit, journal)
    now = installation.system_clock.now()
    reversal = journal.reversal(installation.ids.new("jrn"), day or journal.accounting_day, now)
    unit.journals.add(reversal)
    _enqueue(unit, installation, reversal, now)
    return reversal


def _post(
    unit: UnitOfWork, installation: Installation, books: ConnectedBooks, legal_entity: str, month: str, currency: str
) -> Journal:
    now = installation.system_clock.now()
    journal = Journal(
        id=installation.ids.new("jrn"),
        connection=books.connection,
        legal_entity=legal_entity,
        month=month,
        currency=currency,
        revision=unit.journals.next_revision(books.connection, legal_entity, month, currency),
        accounting_day=last_day(month),
        made_at=now,
    )
    unit.journals.add(journal)
    lines = summed(books.connection, unit.journals.gather(journal), books.mapping)
    unit.journals.put_lines(journal.id, lines)
    if lines:
        _enqueue(unit, installation, journal, now)
    return replace(journal, lines=lines)


def _enqueue(unit: UnitOfWork, installation: Installation, journal: Journal, now: datetime) -> None:
    unit.deliveries.add(Delivery(installation.ids.new("dlv"), journal.connection, journal.id, due_at=now))


def _require_reversible(unit: UnitOfWork, journal: Journal) -> None:
    if journal.reverses is not None:
        raise IllegalTransition(
            f"Journal {journal.number} undoes {journal.reverses}; post the month again to bring it back"
        )
    deliveries = unit.deliveries.by_document([journal.id]).get(journal.id, [])
    if not any(each.status is DeliveryStatus.DELIVERED for each in deliveries):
        raise IllegalTransition(
            f"Journal {journal.number} is not at {journal.connection!r}; resume its delivery, or wait for it"
        )


def _require_ended(unit: UnitOfWork, installation: Installation, legal_entity: str, month: str) -> None:
    entity = unit.legal_entities.get(legal_entity)
    if entity.accounting_day(installation.business_clock.now()) <= last_day(month):
        raise InvalidValue(
            f"{month} has not ended in the books of {legal_entity!r}; post it from the day after {last_day(month)} on"
        )
