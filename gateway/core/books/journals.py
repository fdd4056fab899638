"""Summary journals: what an accounting system is sent of a month of a legal entity's books."""

import base64
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from gateway.core.books.account_mapping import AccountMapping, AccountThere, UnmappedAccounts, is_sent
from gateway.core.books.months import first_day, month_after
from gateway.core.errors import InvalidValue

revision_max = 99
_TAG = 5
_NUMBER = re.compile(r"\d{4}-\d{2}-[A-Z]{3}-\d{1,2}R?-([A-Z2-7]{5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """What a journal moves on one account there: `amount_minor` above zero is a debit, below a credit.

    `parts` says how much of it comes from which of our accounts.
    """

    there: AccountThere
    amount_minor: int
    parts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What one connection is sent of a month in one currency.

    Revision n sums the entries of the month that no revision before it has summed, so that a correction after the first
    one is sent as one more journal. One without lines has nothing to send: what it sums cancels out.
    """

    id: str
    connection: str
    legal_entity: str
    month: str
    currency: str
    revision: int
    accounting_day: date
    made_at: datetime
    lines: tuple[SummaryLine, ...] = ()
    reverses: str | None = None
    """The id of the journal that it undoes."""
    reversed_by: str | None = None
    """The id of the journal that undoes it."""

    def __post_init__(self) -> None:
        if not 1 <= self.revision <= revision_max:
            raise InvalidValue(
                f"{self.month} has {self.revision - 1} journals in {self.currency} at {self.connection!r}, the most"
                " there can be; book corrections in the open month"
            )
        if sum(line.amount_minor for line in self.lines):
            raise InvalidValue(f"Journal {self.id} does not balance")

    @property
    def number(self) -> str:
        """Its number there: at most 21 characters, and another for each journal."""
        mark = "" if self.reverses is None else "R"
        tag = number_tag(self.connection, self.legal_entity)
        return f"{self.month}-{self.currency}-{self.revision}{mark}-{tag}"

    def reversal(self, reversal_id: str, day: date, made_at: datetime) -> "Journal":
        """The journal that undoes it."""
        lines = tuple(SummaryLine(line.there, -line.amount_minor) for line in self.lines)
        return replace(
            self, id=reversal_id, accounting_day=day, made_at=made_at, lines=lines, reverses=self.id, reversed_by=None
        )


def number_tag(connection: str, legal_entity: str) -> str:
    """By what the numbers of one legal entity's journals at one connection are told from all others."""
    text = json.dumps([connection, legal_entity])
    return base64.b32encode(hashlib.blake2b(text.encode(), digest_size=5).digest()).decode()[:_TAG]


def is_numbered_by(tag: str, number: str) -> bool:
    """Whether a number is one that we would give, with this tag."""
    found = _NUMBER.fullmatch(number)
    return found is not None and found[1] == tag


def last_day(month: str) -> date:
    """The day that a month ends with."""
    return first_day(month_after(month)) - timedelta(days=1)


def summed(connection: str, movements: Mapping[str, int], mapping: AccountMapping) -> tuple[SummaryLine, ...]:
    """The lines that debits less credits by our accounts come to, in the order of the accounts there.

    What is for the record only is left out, and lines that come to nothing. Raises `UnmappedAccounts`.
    """
    if unmapped := mapping.unmapped(movements):
        raise UnmappedAccounts(connection, unmapped)
    parts: defaultdict[AccountThere, list[tuple[str, int]]] = defaultdict(list)
    for account, there in _sent(movements, mapping):
        parts[there].append((account, movements[account]))
    lines = (
        SummaryLine(there, sum(amount for _, amount in found), tuple(found)) for there, found in sorted(parts.items())
    )
    return tuple(line for line in lines if line.amount_minor)


def _sent(accounts: Iterable[str], mapping: AccountMapping) -> Iterator[tuple[str, AccountThere]]:
    for account in sorted(accounts):
        there = mapping.there(account)
        if is_sent(account) and there is not None:
            yield account, there
