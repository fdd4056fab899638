"""Journals as they are sent to an accounting system, and as it holds them; what exists balances."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.core.faults import Fault, fault_of, require_none, text_fault
from gateway.core.money import Money, minor_unit_places
from gateway.plugin_api.external import ref_length_max

journal_number_length_max = 21
"""How many characters a journal's number has at most: what QuickBooks keeps of a `DocNumber`."""
memo_length_max = 1_000
account_length_max = 255

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*", re.ASCII)


class JournalSide(StrEnum):
    """The side of a line."""

    DEBIT = "debit"
    CREDIT = "credit"

    @property
    def opposite(self) -> "JournalSide":
        """The other side."""
        return JournalSide.CREDIT if self is JournalSide.DEBIT else JournalSide.DEBIT


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of a journal: an amount above zero on an account, named as it is called in the accounting system.

    `customer` and `classification` (QuickBooks' class) are also their names there, where the configuration gives them.
    `sources` are the keys of our journal entries that it sums, where a journal tells them.
    """

    account: str
    side: JournalSide
    amount: Money
    memo: str = ""
    customer: str | None = None
    classification: str | None = None
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_none(self._faults())

    def _faults(self) -> Iterator[Fault]:
        names = {"account": self.account, "customer": self.customer, "classification": self.classification}
        for field, name in names.items():
            yield from _present(field, None if name is None else text_fault(name, account_length_max))
        if self.amount.amount_minor <= 0:
            yield "amount", f"is {self.amount}; put it on the other side, or leave it out if it is nothing"
        if len(self.memo) > memo_length_max:
            yield "memo", f"has {len(self.memo)} characters; use at most {memo_length_max}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalDocument:
    """A journal to be made: all its lines in one currency, debits and credits the same.

    `number` is ours, unique for ever: by it the journal is found there. It has at most 21 letters, digits and dashes.
    """

    number: str
    legal_entity: str
    """The key of the legal entity whose books it is from."""
    currency: str
    home_currency: str
    """The currency in which the legal entity keeps its books; another than `currency` needs a rate there."""
    accounting_day: date
    lines: Sequence[JournalLine]
    memo: str = ""
    """What it is for, in words for people."""
    reverses: str | None = None
    """The number of the journal that it undoes."""

    def __post_init__(self) -> None:
        require_none(self._faults())

    @property
    def total(self) -> Money:
        """The sum of its debits, which is that of its credits."""
        return total_of(self.lines, JournalSide.DEBIT, self.currency)

    def _faults(self) -> Iterator[Fault]:
        yield from _present("number", journal_number_fault(self.number))
        if self.reverses is not None:
            yield from _present("reverses", journal_number_fault(self.reverses))
        yield from _present("home_currency", fault_of(minor_unit_places, self.home_currency))
        yield from balance_faults(self.lines, self.currency)
        if not self.lines:
            yield "lines", "are none; send nothing instead"
        if len(self.memo) > memo_length_max:
            yield "memo", f"has {len(self.memo)} characters; use at most {memo_length_max}"


@dataclass(frozen=True, slots=True)
class TargetAccount:
    """An account of the accounting system.

    `ref` is its id there and `name` what people call it, in full; the configuration may name it by either.
    """

    ref: str
    name: str
    currency: str | None = None
    """The only currency that it takes; None for any."""
    is_active: bool = True
    needs_customer: bool = False
    """A line on it has to name a customer, as on receivables in QuickBooks."""

    def __post_init__(self) -> None:
        require_none(fault for name in ("ref", "name") for fault in _text_faults(name, getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalJournal:
    """What the accounting system holds: `ref` is their id, `number` what stands there for ours, empty without one.

    Its lines are on accounts by `TargetAccount.name`. Lines of nothing, which others' journals may have, are left out.
    """

    ref: str
    number: str
    currency: str
    accounting_day: date
    lines: Sequence[JournalLine]
    version: str = ""
    """Changes with every change there, if the accounting system says so."""
    is_reversed: bool = False
    """It was undone there, where that makes no second journal."""

    def __post_init__(self) -> None:
        require_none(self._faults())

    @property
    def total(self) -> Money:
        """The sum of its debits, which is that of its credits."""
        return total_of(self.lines, JournalSide.DEBIT, self.currency)

    def _faults(self) -> Iterator[Fault]:
        yield from _text_faults("ref", self.ref)
        if not isinstance(self.number, str):
            yield "number", f"is of type {type(self.number).__name__}"
        yield from balance_faults(self.lines, self.currency)


def total_of(lines: Iterable[JournalLine], side: JournalSide, currency: str) -> Money:
    """The sum of one side."""
    return Money(sum(line.amount.amount_minor for line in lines if line.side is side), currency)


def journal_number_fault(number: str) -> str | None:
    """What is wrong with the number of a journal."""
    if _NUMBER.fullmatch(number) and len(number) <= journal_number_length_max:
        return None
    return f"{number[:80]!r} is not a number; use up to {journal_number_length_max} letters, digits and dashes"


def balance_faults(lines: Sequence[JournalLine], currency: str) -> Iterator[Fault]:
    """What keeps lines from being a journal in a currency."""
    if unknown := fault_of(minor_unit_places, currency):
        yield "currency", unknown
        return
    if others := {line.amount.currency for line in lines} - {currency}:
        yield "lines", f"are not all in {currency}, but also in {', '.join(sorted(others))}"
        return
    debits, credits_ = (total_of(lines, side, currency) for side in JournalSide)
    if debits != credits_:
        yield "lines", f"do not balance: debits are {debits} and credits {credits_} {currency}"


def _text_faults(name: str, value: object) -> Iterator[Fault]:
    if not isinstance(value, str) or not 0 < len(value) <= ref_length_max:
        yield name, f"is no text of 1 to {ref_length_max} characters"


def _present(path: str, fault: str | None) -> Iterator[Fault]:
    if fault is not None:
        yield path, fault
