"""How a journal is written down in plain text, and read again from what was written."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import ClassVar

from gateway.plugin_api import ExternalJournal, JournalDocument, JournalLine, JournalSide, Money, minor_unit_places

FOLDERS = ("accounts", "currencies", "journals/*")
"""Where the files are that the first one includes."""
_SIGNED = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


class TextFormat(ABC):
    """What one program reads: each text ends in a line break, and is the same for the same journal."""

    suffix: ClassVar[str]
    """How the names of its files end."""
    indent: ClassVar[str]
    account_advice: ClassVar[str]
    """What is wrong with what is no name of an account."""
    _heading: ClassVar[re.Pattern[str]]
    """The day."""
    _note: ClassVar[re.Pattern[str]]
    """The indentation, the name and the text."""
    _posting: ClassVar[re.Pattern[str]]
    """The account, the signed amount and the currency."""
    _account: ClassVar[re.Pattern[str]]
    """The name of a declared account."""

    @abstractmethod
    def is_account(self, name: str) -> bool:
        """Whether an account can be called so."""

    @abstractmethod
    def main(self) -> str:
        """The file to open, which includes all others."""

    @abstractmethod
    def account(self, name: str) -> str:
        """The declaration of an account."""

    @abstractmethod
    def currency(self, code: str) -> str:
        """The declaration of a currency."""

    @abstractmethod
    def heading(self, journal: JournalDocument) -> str:
        """The first line of a journal."""

    @abstractmethod
    def note(self, name: str, text: str) -> str:
        """What is written beneath a line, without indentation; `text` has no line breaks."""

    def unquoted(self, text: str) -> str:
        """The text of a note as it was before it was written."""
        return text

    def account_name(self, text: str) -> str:
        """The account that a text declares. Raises `ValueError` for another text."""
        return _matched(self._account, text)[0]

    def journal(self, journal: JournalDocument) -> str:
        """A journal as one transaction: debits above zero, credits below."""
        return "".join(f"{line}\n" for line in self._lines(journal))

    def read(self, ref: str, text: str) -> ExternalJournal:
        """The journal that a text holds. Raises `ValueError` for another text than `journal` writes."""
        first, *rest = text.splitlines() or [""]
        heading: dict[str, str] = {}
        postings: list[tuple[tuple[str, ...], dict[str, str]]] = []
        for line in rest:
            if note := self._note.fullmatch(line):
                indent, name, told = note.groups()
                is_beneath = len(indent) > len(self.indent) and bool(postings)
                (postings[-1][1] if is_beneath else heading)[name] = self.unquoted(told)
            else:
                postings.append((_matched(self._posting, line), {}))
        if not postings:
            raise ValueError("there are no postings")
        return ExternalJournal(
            ref=ref,
            number=heading.get("number", ""),
            currency=postings[0][0][2],
            accounting_day=date.fromisoformat(_matched(self._heading, first)[0]),
            lines=tuple(_line(account, amount, code, notes) for (account, amount, code), notes in postings),
            version=sha256(text.encode()).hexdigest(),
        )

    def _lines(self, journal: JournalDocument) -> Iterator[str]:
        yield self.heading(journal)
        yield from self._notes(self.indent, {"number": journal.number, "entity": journal.legal_entity})
        yield from self._notes(self.indent, {"reverses": journal.reverses})
        for line in journal.lines:
            sign = "-" if line.side is JournalSide.CREDIT else ""
            yield f"{self.indent}{line.account}  {sign}{line.amount} {line.amount.currency}"
            yield from self._notes(self.indent * 2, {"memo": line.memo, "customer": line.customer})
            notes = {"class": line.classification, "entries": " ".join(line.sources)}
            yield from self._notes(self.indent * 2, notes)

    def _notes(self, indent: str, notes: Mapping[str, str | None]) -> Iterator[str]:
        yield from (f"{indent}{self.note(name, flat(text))}" for name, text in notes.items() if text)


def flat(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def _line(account: str, amount: str, currency: str, notes: Mapping[str, str]) -> JournalLine:
    """Raises `ValueError` for what is no amount of whole minor units."""
    if not _SIGNED.fullmatch(amount):
        raise ValueError(f"{amount!r} is no amount")
    minor = Decimal(amount).scaleb(minor_unit_places(currency))
    if minor != int(minor):
        raise ValueError(f"{amount} has more places than {currency}")
    side = JournalSide.CREDIT if minor < 0 else JournalSide.DEBIT
    money = Money(abs(int(minor)), currency)
    return JournalLine(account, side, money, notes.get("memo", ""), notes.get("customer"), notes.get("class"))


def _matched(shape: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = shape.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:80]!r} is not as it was written")
    return found.groups()
