"""The contract of an accounting system that takes journals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from gateway.core.faults import require
from gateway.plugin_api.capabilities import RatePolicy
from gateway.plugin_api.errors import Unsupported
from gateway.plugin_api.host import ConnectionHost
from gateway.plugin_api.journal_documents import (
    ExternalJournal,
    JournalDocument,
    TargetAccount,
    journal_number_length_max,
)
from gateway.plugin_api.settings import ProviderSettings
from gateway.plugin_api.standing import ExternalAccount


class JournalReversal(StrEnum):
    """How a journal is undone there: by an operation of its own, or by a second journal with the sides exchanged."""

    NATIVE = "native"
    SECOND_JOURNAL = "second_journal"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalCapabilities:
    """What an accounting system can do and its limits. The conformance suite exercises each one declared."""

    reversal: JournalReversal
    lines_max: int
    """How many lines one journal can have."""
    number_field: str
    """Where our number is kept, in their words, such as `DocNumber`: for people who look."""
    number_length_max: int
    """How many characters of our number it keeps; at least 21."""
    idempotency_window_seconds: int
    """How long it remembers an idempotency key; 0 if it has none."""
    rate: RatePolicy
    """How often it may be asked; see `ConnectionHost.pace`."""
    currencies: frozenset[str] | None = None
    """The currencies it takes; None for all."""
    customers: bool = False
    """A line can name a customer."""
    classes: bool = False
    """A line can name a class."""
    tells_account: bool = False
    """`account` says which company's books the credentials are for, so that a connection cannot change them unseen."""
    makes_accounts: bool = False
    """An account that is not there yet is made when something is put on it."""
    default_accounts: Mapping[str, str] = field(default_factory=dict)
    """What the kinds of our accounts (such as `receivables`) are called there, unless the configuration says so."""

    def __post_init__(self) -> None:
        is_short = self.number_length_max < journal_number_length_max
        require(
            ("lines_max", f"is {self.lines_max}; a journal has at least 2 lines" if self.lines_max < 2 else None),
            ("number_field", None if self.number_field else "is empty"),
            ("number_length_max", f"is less than {journal_number_length_max}" if is_short else None),
            ("idempotency_window_seconds", "is below zero" if self.idempotency_window_seconds < 0 else None),
        )


@runtime_checkable
class JournalTarget(Protocol):
    """One connection to the books of one company in an accounting system.

    Every method may raise any `ProviderError`, with the meaning that it has for a billing provider; anything else
    counts as `Ambiguous` where something may have been made, and as `Retryable` where nothing was. Methods that make
    something take `key`, at most 32 characters, stable over retries: use it as the idempotency key. A journal is made
    whole or not at all. `NeedsAttention` is for what a person there has to mend: an account that is not there or not
    active, a closed period, a currency that is not enabled, a number that another journal has.
    An instance is called from one thread at a time.
    """

    NAME: ClassVar[str]
    API_VERSION: ClassVar[int]
    Settings: ClassVar[type[ProviderSettings]]
    capabilities: ClassVar[JournalCapabilities]

    def __init__(self, connection: str, settings: Any, host: ConnectionHost) -> None:
        """Talk to nobody yet. `connection` is the name in the configuration, `settings` an instance of `Settings`."""

    def check(self) -> None:
        """Raise `NeedsAttention` if the credentials or the company cannot be used; make nothing."""
        ...

    def account(self) -> ExternalAccount:
        """Whose books the credentials are for; with `capabilities.tells_account`."""
        raise Unsupported("telling which account it is")

    def accounts(self) -> Iterator[TargetAccount]:
        """The accounts there, each once; also those that are not active."""
        ...

    def put_journal(self, journal: JournalDocument, key: str) -> ExternalJournal:
        """Make the journal. It was looked up before, and is not there.

        Raises `NeedsAttention`, with nothing made, where another journal has its number.
        """
        ...

    def find_journal(self, number: str) -> ExternalJournal | None:
        """The journal that carries our number, or None if it is proven absent. By listing or query, not by search.

        Raises `NeedsAttention` if several do.
        """
        ...

    def fetch_journal(self, ref: str) -> ExternalJournal:
        """The journal as it is now. Raises `Permanent` if there is none."""
        ...

    def reverse_journal(self, ref: str, reversal: JournalDocument, key: str) -> ExternalJournal:
        """Undo a journal, once: reversing it again with the same `reversal` returns the same.

        `reversal` has the lines of the journal with their sides exchanged, a number of its own and the day of undoing.
        It is what to make, and to return, by `JournalReversal.SECOND_JOURNAL`; natively the journal comes back, with
        `is_reversed`.
        """
        ...

    def journals(self, start: date, end: date) -> Iterator[ExternalJournal]:
        """All journals there with an accounting day in `[start, end)`, ours and others', each once."""
        ...
