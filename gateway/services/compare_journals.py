"""Compare journals with what accounting systems hold."""

from dataclasses import replace

from gateway.core.books.journal_comparison import JournalComparison, JournalThere, compared
from gateway.core.books.journals import Journal
from gateway.core.books.months import first_day, month_after, read_month
from gateway.core.delivery import DeliveryStatus
from gateway.core.ports.journals import JournalFilter
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import JournalReversal, JournalTarget, ProviderError
from gateway.plugin_guard import GuardedTarget, guarded_target
from gateway.services.connection_holds import hold_if_refused
from gateway.services.deliver_journal import names_of, to_journal_there
from gateway.services.delivery_failures import reason_of
from gateway.services.installation import Installation
from gateway.services.post_journals import no_books, targets_of

journals_of_month_max = 10_000


def request_comparison(installation: Installation, legal_entity: str, month: str) -> list[str]:
    """Ask for a month to be compared by the workers of its accounting systems; the names of these.

    Raises `NoBooks`, and `InvalidValue` for what is no month.
    """
    read_month(month)
    names = [books.connection for books in targets_of(installation, legal_entity)]
    if not names:
        raise no_books(legal_entity)
    now = installation.system_clock.now()

    def ask(unit: UnitOfWork) -> None:
        for name in names:
            unit.journals.request_comparison(name, legal_entity, month, now)

    installation.storage.transact(ask)
    return names


def compare_next(installation: Installation, connection: str, target: JournalTarget) -> bool:
    """Compare what was asked for first; False if nothing was. What goes wrong is kept as the comparison's fault."""
    asked = installation.storage.read(lambda unit: unit.journals.next_comparison(connection))
    if asked is None:
        return False
    legal_entity, month, requested_at = asked
    try:
        found = compare_journals(installation, connection, target, legal_entity, month)
    except ProviderError as error:
        now = installation.system_clock.now()
        failed = JournalComparison(connection, legal_entity, month, requested_at, now, fault=reason_of(error))
        _keep(installation, failed, error)
    else:
        _keep(installation, replace(found, requested_at=requested_at))
    return True


def compare_journals(
    installation: Installation, connection: str, target: JournalTarget, legal_entity: str, month: str
) -> JournalComparison:
    """What an accounting system holds of a month that is not as it was sent. Raises `ProviderError`.

    Reversals that were put on a day of another month are looked for by their numbers.
    """
    held = guarded_target(target)
    ours = installation.storage.read(lambda unit: _delivered(unit, connection, legal_entity, read_month(month)))
    ours = [journal for journal in ours if not _leaves_no_trace(journal, held)]
    listed = held.journals(first_day(month), first_day(month_after(month)))
    there = {journal.number: to_journal_there(journal) for journal in listed if journal.number}
    there |= _elsewhere(held, [journal for journal in ours if journal.number not in there])
    now = installation.system_clock.now()
    found = compared(ours, there, names_of(held), (connection, legal_entity))
    return JournalComparison(connection, legal_entity, month, now, now, len(ours), tuple(found))


def _elsewhere(held: GuardedTarget, missing: list[Journal]) -> dict[str, JournalThere]:
    """Those that were put, or moved, to another month."""
    found = {journal.number: held.find_journal(journal.number) for journal in missing}
    return {number: to_journal_there(journal) for number, journal in found.items() if journal is not None}


def _delivered(unit: UnitOfWork, connection: str, legal_entity: str, month: str) -> list[Journal]:
    matching = JournalFilter(connection, legal_entity, month)
    journals = unit.journals.page(matching, None, journals_of_month_max)
    deliveries = unit.deliveries.by_document([journal.id for journal in journals])
    return [
        journal
        for journal in journals
        if any(each.status is DeliveryStatus.DELIVERED for each in deliveries.get(journal.id, ()))
    ]


def _leaves_no_trace(journal: Journal, held: GuardedTarget) -> bool:
    """Whether a journal is only the undoing of another one there."""
    return journal.reverses is not None and held.capabilities.reversal is JournalReversal.NATIVE


def _keep(installation: Installation, comparison: JournalComparison, error: ProviderError | None = None) -> None:
    def keep(unit: UnitOfWork) -> None:
        unit.journals.put_comparison(comparison)
        hold_if_refused(unit, installation, comparison.connection, error)

    installation.storage.transact(keep)
