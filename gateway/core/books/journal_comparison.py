"""Comparing journals with what an accounting system holds."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from gateway.core.books.journals import Journal
from gateway.core.money import Money

LineThere = tuple[str, int, str, str]
"""The account by name, the amount (a debit above zero), the customer and the class."""


class JournalDifferenceKind(StrEnum):
    """What is not as it was sent."""

    MISSING = "missing"
    """A person said that it is there, and it is not."""
    DELETED = "deleted"
    """It was there, and is not any more."""
    AMOUNT = "amount"
    """It is there and moves other amounts."""
    DIFFERENT = "different"
    """It was edited by hand: it has the amounts, and another number, day, customer or class, or was undone."""
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
    is_reversed: bool = False


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


@dataclass(frozen=True, slots=True)
class Sent:
    """A journal that was delivered, and the id there that it got; None if a person said that it is there."""

    journal: Journal
    ref: str | None


def compared(
    sent: Iterable[Sent], there: Iterable[JournalThere], names: Mapping[str, str], is_ours: Callable[[str], bool]
) -> Iterator[JournalDifference]:
    """The differences between what was delivered and what is there.

    `names` are the accounts there by what the configuration may call them. `is_ours` says of the number of a journal
    that was not delivered whether we should know it, and do not.
    """
    by_ref = {held.ref: held for held in there}
    by_number = {held.number: held for held in reversed(by_ref.values())}
    for each in sent:
        held = by_ref.pop(each.ref or "", None) or by_number.get(each.journal.number)
        if held is None:
            yield _gone(each)
        else:
            by_ref.pop(held.ref, None)
            yield from _differing(each.journal, held, names)
    for held in by_ref.values():
        if is_ours(held.number):
            told = f"{held.ref} has a number like ours, and was not sent by this gateway"
            yield JournalDifference(JournalDifferenceKind.UNKNOWN, held.number, None, told)


def _gone(sent: Sent) -> JournalDifference:
    if sent.ref is None:
        kind, told = JournalDifferenceKind.MISSING, "somebody said that it is there, and it is not"
    else:
        kind, told = JournalDifferenceKind.DELETED, f"it was there as {sent.ref}, and somebody deleted it"
    return JournalDifference(kind, sent.journal.number, sent.journal.id, told)


def _differing(journal: Journal, held: JournalThere, names: Mapping[str, str]) -> Iterator[JournalDifference]:
    faults = list(faults_of(journal, held, names))
    if held.is_reversed and journal.reversed_by is None:
        faults.append("somebody undid it there")
    if faults:
        is_amount = _by_account(lines_of(journal, names)) != _by_account(held.lines)
        kind = JournalDifferenceKind.AMOUNT if is_amount else JournalDifferenceKind.DIFFERENT
        yield JournalDifference(kind, journal.number, journal.id, "; ".join(faults))


def _by_account(lines: Iterable[LineThere]) -> dict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for account, amount, *_ in lines:
        found[account] += amount
    return {account: amount for account, amount in found.items() if amount}


def faults_of(journal: Journal, held: JournalThere, names: Mapping[str, str]) -> Iterator[str]:
    """In what a journal that is held is not the one that was sent."""
    if held.number != journal.number:
        yield f"its number is {held.number or 'gone'}, not {journal.number}"
    if held.currency != journal.currency:
        yield f"it is in {held.currency}, not {journal.currency}"
    if held.accounting_day != journal.accounting_day:
        yield f"its day is {held.accounting_day}, not {journal.accounting_day}"
    sent, found = sorted(lines_of(journal, names)), sorted(held.lines)
    lacking = _told(_less(sent, found), journal.currency)
    more = _told(_less(found, sent), held.currency)
    if lacking:
        yield f"it lacks {lacking}"
    if more:
        yield f"it has {more} instead" if lacking else f"it also has {more}"


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


def _told(lines: Iterable[LineThere], currency: str) -> str:
    return ", ".join(_words(line, currency) for line in lines)


def _words(line: LineThere, currency: str) -> str:
    account, amount, *tags = line
    side = "debit" if amount > 0 else "credit"
    named = "".join(f" ({tag})" for tag in tags if tag)
    return f"a {side} of {Money(abs(amount), currency)} {currency} on {account}{named}"
