"""An accounting system behind the wall: what it does not take is refused before it is asked."""

from collections.abc import Iterator
from datetime import date

from gateway.plugin_api import (
    Ambiguous,
    ExternalAccount,
    ExternalJournal,
    JournalCapabilities,
    JournalDocument,
    JournalReversal,
    JournalTarget,
    ProviderError,
    Retryable,
    TargetAccount,
    Unsupported,
)
from gateway.plugin_guard.fit import require_tells_account
from gateway.plugin_guard.wall import Wall


def guarded_target(target: "JournalTarget | GuardedTarget") -> "GuardedTarget":
    """The accounting system behind the wall; one that is behind it already stays as it is."""
    return target if isinstance(target, GuardedTarget) else GuardedTarget(target)


class GuardedTarget(Wall):
    """See `JournalTarget` for what each method promises, and `Unsupported` before anything is sent."""

    def __init__(self, target: JournalTarget) -> None:
        super().__init__(str(target.NAME))
        self._target = target

    @property
    def capabilities(self) -> JournalCapabilities:
        """What it declares."""
        return self._target.capabilities

    def check(self) -> None:
        """See `JournalTarget.check`."""
        self._read("check", self._target.check)

    def account(self) -> ExternalAccount:
        """See `JournalTarget.account`."""
        require_tells_account(self.capabilities)
        return self._typed("account", self._read("account", self._target.account), ExternalAccount)

    def accounts(self) -> Iterator[TargetAccount]:
        """See `JournalTarget.accounts`."""
        yield from self._each("accounts", self._target.accounts, TargetAccount)

    def put_journal(self, journal: JournalDocument, key: str) -> ExternalJournal:
        """See `JournalTarget.put_journal`."""
        require_journal_fits(journal, self.capabilities)
        method = "put_journal"
        answer = self._write(method, lambda: self._target.put_journal(journal, key))
        return self._numbered(method, answer, journal.number, Ambiguous)

    def find_journal(self, number: str) -> ExternalJournal | None:
        """See `JournalTarget.find_journal`."""
        method = "find_journal"
        found = self._read(method, lambda: self._target.find_journal(number))
        return None if found is None else self._numbered(method, found, number, Retryable)

    def fetch_journal(self, ref: str) -> ExternalJournal:
        """See `JournalTarget.fetch_journal`."""
        method = "fetch_journal"
        fetched = self._typed(method, self._read(method, lambda: self._target.fetch_journal(ref)), ExternalJournal)
        if fetched.ref != ref:
            raise Retryable(f"{self._who(method)} fetched another journal than was asked for")
        return fetched

    def reverse_journal(self, ref: str, reversal: JournalDocument, key: str) -> ExternalJournal:
        """See `JournalTarget.reverse_journal`."""
        require_journal_fits(reversal, self.capabilities)
        method = "reverse_journal"
        answer = self._write(method, lambda: self._target.reverse_journal(ref, reversal, key))
        if self.capabilities.reversal is JournalReversal.SECOND_JOURNAL:
            return self._numbered(method, answer, reversal.number, Ambiguous)
        undone = self._typed(method, answer, ExternalJournal, Ambiguous)
        if undone.ref != ref or not undone.is_reversed:
            raise Ambiguous(f"{self._who(method)} answered with another journal, or with one that is not reversed")
        return undone

    def journals(self, start: date, end: date) -> Iterator[ExternalJournal]:
        """See `JournalTarget.journals`."""
        yield from self._each("journals", lambda: self._target.journals(start, end), ExternalJournal)

    def _numbered(self, method: str, answer: object, number: str, otherwise: type[ProviderError]) -> ExternalJournal:
        journal = self._typed(method, answer, ExternalJournal, otherwise)
        if journal.number != number:
            raise otherwise(f"{self._who(method)} answered with journal {journal.number!r} instead of {number!r}")
        return journal


def require_journal_fits(journal: JournalDocument, capabilities: JournalCapabilities) -> None:
    """Raise `Unsupported` for a journal that the accounting system does not take, by what it declares."""
    taken, lines = capabilities.currencies, journal.lines
    if taken is not None and journal.currency not in taken:
        raise Unsupported(f"the currency {journal.currency}")
    if len(lines) > capabilities.lines_max:
        raise Unsupported(f"journals of more than {capabilities.lines_max} lines ({len(lines)})")
    if not capabilities.customers and any(line.customer is not None for line in lines):
        raise Unsupported("lines that name a customer")
    if not capabilities.classes and any(line.classification is not None for line in lines):
        raise Unsupported("lines that name a class")
