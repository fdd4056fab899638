"""Write all of a legal entity's books as journals: one for each day and currency."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import groupby

from gateway.core.books.account_mapping import AccountMapping
from gateway.core.books.journals import SummaryLine, number_tag, summed
from gateway.core.legal_entity import LegalEntity
from gateway.core.ports.journals import BookedTransfer
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import JournalDocument, JournalLine, JournalTarget
from gateway.plugin_guard import guarded_target
from gateway.services.deliver_journal import to_journal_line
from gateway.services.installation import Installation

EXPORT = "export"


def export_books(
    installation: Installation, legal_entity: str, mapping: AccountMapping, target: JournalTarget
) -> Iterator[str]:
    """Put every transfer of the books into journals at `target`; the months that are done, one after the other.

    Each line names the keys of the entries that it sums. Raises `NotFound`, `UnmappedAccounts` and `ProviderError`.
    """
    held = guarded_target(target)
    entity, months = installation.storage.read(
        lambda unit: (unit.legal_entities.get(legal_entity), sorted(unit.books.months(legal_entity)))
    )
    for month in months:
        booked = installation.storage.read(partial(_booked, legal_entity, month))
        for document in documents_of(entity, booked, mapping):
            held.put_journal(document, document.number)
        yield month


def _booked(legal_entity: str, month: str, unit: UnitOfWork) -> list[BookedTransfer]:
    return unit.journals.booked(legal_entity, month)


def documents_of(
    entity: LegalEntity, booked: Iterable[BookedTransfer], mapping: AccountMapping
) -> Iterator[JournalDocument]:
    """The journals that transfers make, which are given by day and currency."""
    for (day, currency), found in groupby(booked, lambda each: (each.booked_on, each.transfer.amount.currency)):
        transfers = list(found)
        movements, keys = _moved(transfers)
        lines = summed(EXPORT, movements, mapping)
        if lines:
            yield JournalDocument(
                number=_number(entity, day, currency),
                legal_entity=entity.key,
                currency=currency,
                home_currency=entity.currency or currency,
                accounting_day=day,
                lines=tuple(_line(line, currency, keys) for line in lines),
                memo=f"Usage billing of {day}",
            )


def _moved(transfers: Iterable[BookedTransfer]) -> tuple[dict[str, int], dict[str, set[str]]]:
    """Debits less credits by account, and the keys of the entries that moved it."""
    movements: defaultdict[str, int] = defaultdict(int)
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for each in transfers:
        transfer = each.transfer
        for account, sign in ((transfer.debit_account, 1), (transfer.credit_account, -1)):
            movements[account] += sign * transfer.amount.amount_minor
            keys[account].add(each.entry_key)
    return dict(movements), keys


def _line(line: SummaryLine, currency: str, keys: dict[str, set[str]]) -> JournalLine:
    sources = sorted({key for account, _ in line.parts for key in keys[account]})
    return replace(to_journal_line(line, currency), sources=tuple(sources))


def _number(entity: LegalEntity, day: date, currency: str) -> str:
    return f"{day}-{currency}-{number_tag(EXPORT, entity.key)}"
