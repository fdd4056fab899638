"""Comparing journals with what an accounting system holds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from gateway.core.books.journals import Journal, is_numbered_by, number_tag

LineThere = tuple[str, int, str, str]
"""The account by name, the amount (a debit above zero), the customer and the class."""


class JournalDifferenceKind(StrEnum):
    """What is not as it was sent."""

    MISSING = "missing"
    """It was delivered and is not there any more."""
    DIFFERENT = "different"
    """It is there with another day, or other lines."""
    UNKNOWN = "unknown"
    """It has a number like ours, and we know nothing of it."""


@dataclass(frozen=True, slots=True)
class JournalThere:
    """What the accounting system holds under a number."""

    number: str
    ref: str
    currency: str
    accounting_day: date
    lines: tuple[LineThere, ...]


@dataclass(frozen=True, slots=True)
class JournalDifference:
    """One difference, in words; `journal` is the id of ours, if there is one."""

    kind: JournalDifferenceKind
    number: str
    journal: str | None
    told: str


@dataclass(frozen=True, slots=True)
class JournalComparison:
    """What comparing a month of a legal entity's journals at a connection found."""

    connection: str
    legal_entity: str
    month: str
    requested_at: datetime
    compared_at: datetime | None = None
    compared: int = 0
    differences: tuple[JournalDifference, ...] = ()
    fault: str | None = None
    """Why it could not be done."""


def compared(
    ours: Iterable[Journal], there: Mapping[str, JournalThere], names: Mapping[str, str], place: tuple[str, str]
) -> Iterator[JournalDifference]:
    """The differences between delivered journals and those held, which are given by their numbers.

    `names` are the accounts there by what the configuration may call them; `place` is the connection and legal entity.
    """
    known = {journal.number: journal for journal in ours}
    for number, journal in known.items():
        held = there.get(number)
        if held is None:
            told = "it was delivered, and is not there any more"
            yield JournalDifference(JournalDifferenceKind.MISSING, number, journal.id, told)
        elif told := "; ".join(faults_of(journal, held, names)):
            yield JournalDifference(JournalDifferenceKind.DIFFERENT, number, journal.id, told)
    tag = number_tag(*place)
    for number, held in there.items():
        if number not in known and is_numbered_by(tag, number):
            told = f"{held.ref} has a number like ours, and was not sent by this gateway"
            yield JournalDifference(JournalDifferenceKind.UNKNOWN, number, None, told)


def faults_of(journal: Journal, held: JournalThere, names: Mapping[str, str]) -> Iterator[str]:
    """In what a journal that is held is not the one that was sent."""
    if held.currency != journal.currency:
        yield f"it is in {held.currency}, not {journal.currency}"
    if held.accounting_day != journal.accounting_day:
        yield f"its day is {held.accounting_day}, not {journal.accounting_day}"
    sent, found = sorted(lines_of(journal, names)), sorted(held.lines)
    lacking, more = _less(sent, found), _less(found, sent)
    if lacking:
        yield f"it lacks {', '.join(map(_words, lacking))}"
    if more:
        yield f"it has {', '.join(map(_words, more))} instead" if lacking else f"it also has {_words(more[0])}"


def lines_of(journal: Journal, names: Mapping[str, str]) -> Iterator[LineThere]:
    """The lines of a journal, as they should be held."""
    for line in journal.lines:
        there = line.there
        yield names.get(there.name, there.name), line.amount_minor, there.customer, there.classification


def _less(lines: Iterable[LineThere], others: Iterable[LineThere]) -> list[LineThere]:
    left = list(others)
    lacking: list[LineThere] = []
    for line in lines:
        if line in left:
            left.remove(line)
        else:
            lacking.append(line)
    return lacking


def _words(line: LineThere) -> str:
    account, amount, *_ = line
    return f"{abs(amount)} minor units {'on the debit' if amount > 0 else 'on the credit'} side of {account}"
