"""Compare journals with what accounting systems hold."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from gateway.core.books.journal_comparison import JournalComparison, JournalThere, Sent, compared
from gateway.core.books.journals import Journal, is_numbered_by, number_tag
from gateway.core.books.months import first_day, month_after, month_of, read_month
from gateway.core.delivery import DeliveryStatus
from gateway.core.ports.journals import JournalFilter
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import ExternalJournal, JournalReversal, JournalTarget, Permanent, ProviderError
from gateway.plugin_guard import GuardedTarget, guarded_target
from gateway.services.connection_holds import hold_if_refused
from gateway.services.deliver_journal import KIND, names_of, to_journal_there
from gateway.services.delivery_failures import reason_of
from gateway.services.installation import Installation
from gateway.services.post_journals import no_books, targets_of

journals_of_month_max = 10_000
look_back = timedelta(days=400)
"""How far back months are compared by themselves: a year, and the month before."""
every = timedelta(days=1)
after_failure = timedelta(hours=1)


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


def schedule_comparisons(installation: Installation, connection: str) -> int:
    """Ask for what is to be compared again: every month of the last year once a day, and an hour after it failed.

    How many months that are.
    """
    now = installation.system_clock.now()
    since = month_of((now - look_back).date())

    def ask(unit: UnitOfWork) -> int:
        due = unit.journals.months_to_compare(connection, since, now - every, now - after_failure)
        for legal_entity, month in due:
            unit.journals.request_comparison(connection, legal_entity, month, now)
        return len(due)

    return installation.storage.transact(ask)


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
    held, asked = guarded_target(target), read_month(month)
    sent = installation.storage.read(lambda unit: _delivered(unit, connection, legal_entity, asked))
    sent = [each for each in sent if not _leaves_no_trace(each.journal, held)]
    there = [to_journal_there(each) for each in held.journals(first_day(asked), first_day(month_after(asked)))]
    there += _elsewhere(held, sent, there)
    # Of another month's, or on their way, are those that we know and do not compare.
    numbers = [each.number for each in there]
    known = installation.storage.read(lambda unit: unit.journals.known_numbers(connection, numbers))
    tag = number_tag(connection, legal_entity)
    taken = _taken(there)

    def is_ours(number: str) -> bool:
        return is_numbered_by(tag, number) and (number not in known or number in taken)

    found = compared(sent, there, names_of(held), is_ours)
    now = installation.system_clock.now()
    return JournalComparison(connection, legal_entity, month, now, now, len(sent), tuple(found))


def _taken(there: Iterable[JournalThere]) -> set[str]:
    """The numbers that several journals there have: at most one of these is ours."""
    counts = Counter(each.number for each in there)
    return {number for number, times in counts.items() if times > 1}


def _elsewhere(held: GuardedTarget, sent: Iterable[Sent], listed: Iterable[JournalThere]) -> list[JournalThere]:
    """Those that were put, or moved, to another month, or that have another number by now."""
    refs, numbers = {each.ref for each in listed}, {each.number for each in listed}
    missing = [each for each in sent if each.ref not in refs and each.journal.number not in numbers]
    found = (_found(held, each) for each in missing)
    return [to_journal_there(each) for each in found if each is not None]


def _found(held: GuardedTarget, sent: Sent) -> ExternalJournal | None:
    if sent.ref is not None:
        with suppress(Permanent):
            return held.fetch_journal(sent.ref)
    return held.find_journal(sent.journal.number)


def _delivered(unit: UnitOfWork, connection: str, legal_entity: str, month: str) -> list[Sent]:
    matching = JournalFilter(connection, legal_entity, month)
    ids = {journal.id: journal for journal in unit.journals.page(matching, None, journals_of_month_max)}
    deliveries, refs = unit.deliveries.by_document(list(ids)), unit.deliveries.refs(connection, KIND, list(ids))
    return [
        Sent(journal, refs.get(journal.id))
        for journal in ids.values()
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
