"""QuickBooks Online: journals are journal entries, found by their numbers."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from gateway.plugin_api import (
    API_VERSION,
    Ambiguous,
    ConnectionHost,
    ExternalAccount,
    ExternalJournal,
    JournalCapabilities,
    JournalDocument,
    JournalReversal,
    JournalTarget,
    NeedsAttention,
    ProviderSettings,
    RatePolicy,
    Retryable,
    TargetAccount,
)
from gateway_quickbooks.chart import listed_accounts, to_target_account
from gateway_quickbooks.client import QuickBooksApi, quoted
from gateway_quickbooks.faults import Absent, DuplicateNumber
from gateway_quickbooks.mapping import currency_of, exchanged, from_entry, is_same, postings
from gateway_quickbooks.posting import Posting
from gateway_quickbooks.settings import QuickBooksSettings


class QuickBooksTarget(JournalTarget):
    """The books of one QuickBooks Online company. See `JournalTarget` for what each method promises."""

    NAME: ClassVar[str] = "quickbooks"
    API_VERSION: ClassVar[int] = API_VERSION
    Settings: ClassVar[type[ProviderSettings]] = QuickBooksSettings
    capabilities: ClassVar[JournalCapabilities] = JournalCapabilities(
        reversal=JournalReversal.SECOND_JOURNAL,
        lines_max=1000,
        number_field="DocNumber",
        number_length_max=21,
        # Intuit promises the same answer for the same `requestid`, and does not say how long: an hour is careful.
        idempotency_window_seconds=3600,
        # 500 requests a minute for each company, by Intuit's limits of the API.
        rate=RatePolicy(requests=500, seconds=60, burst=50),
        customers=True,
        classes=True,
        tells_account=True,
    )

    def __init__(self, connection: str, settings: QuickBooksSettings, host: ConnectionHost) -> None:  # noqa: ARG002
        self._settings = settings
        self._api = QuickBooksApi(settings, host)
        self._posting = Posting(self._api, settings)

    def check(self) -> None:
        """Read the company, and compare its home currency: journals in the other one would be worth something else."""
        preferences = self._api.read("preferences", "Preferences")
        home = preferences.get("CurrencyPrefs", {}).get("HomeCurrency", {}).get("value", self._settings.home_currency)
        if home != self._settings.home_currency:
            reason = f"The home currency of the QuickBooks company is {home}, not {self._settings.home_currency}"
            raise NeedsAttention(reason, "correct the connection's home_currency or its realm_id")

    def account(self) -> ExternalAccount:
        """The company's realm id, which every request names: a consent for another company is refused there."""
        return ExternalAccount(self._settings.realm_id)

    def accounts(self) -> Iterator[TargetAccount]:
        """Every account, by its full name."""
        for account in listed_accounts(self._api):
            yield to_target_account(account, self._settings.home_currency)

    def put_journal(self, journal: JournalDocument, key: str) -> ExternalJournal:
        """Post the journal entry, after everything that it names was found and its number was not."""
        return self._put(journal, self._posting.entry(journal), key)

    def find_journal(self, number: str) -> ExternalJournal | None:
        """Ask for the journal entry by its number."""
        entry = self._numbered(number)
        return None if entry is None else self._from(entry)

    def fetch_journal(self, ref: str) -> ExternalJournal:
        """Read one journal entry."""
        return self._from(self._fetch(ref))

    def reverse_journal(self, ref: str, reversal: JournalDocument, key: str) -> ExternalJournal:
        """Post the journal entry that undoes another, at the same exchange rate, so that nothing of it is left.

        Raises `NeedsAttention` if the other one is not what `reversal` undoes.
        """
        undone = self._fetch(ref)
        entry = self._posting.entry(reversal, Decimal(undone.get("ExchangeRate") or 1))
        if postings(entry) != exchanged(postings(undone)) or self._currency(undone) != reversal.currency:
            reason = f"QuickBooks' journal entry {ref} is no longer what {reversal.number} undoes"
            raise NeedsAttention(reason, "give it its lines back there, or undo it there by hand")
        return self._put(reversal, entry, key)

    def journals(self, start: date, end: date) -> Iterator[ExternalJournal]:
        """The journal entries of some days."""
        days = f"TxnDate >= {quoted(start.isoformat())} and TxnDate < {quoted(end.isoformat())}"
        return (self._from(entry) for entry in self._api.query("JournalEntry", days))

    def _put(self, journal: JournalDocument, entry: dict[str, Any], key: str) -> ExternalJournal:
        """Make the entry unless it is there; another with its number is refused, also where the company allows it."""
        there = self._numbered(journal.number)
        if there is None:
            try:
                return self._made(journal, entry, key)
            except DuplicateNumber as error:
                there = self._numbered(journal.number)
                if there is None:
                    raise NeedsAttention(str(error), _OTHER_NUMBER) from error
        if not self._is_same(there, entry):
            reason = f"QuickBooks has another journal entry numbered {journal.number}, {there['Id']}"
            raise NeedsAttention(reason, _OTHER_NUMBER)
        return self._from(there)

    def _made(self, journal: JournalDocument, entry: dict[str, Any], key: str) -> ExternalJournal:
        """Post the entry, and compare what is there then, whatever the answer was."""
        ref = str(self._api.create("journalentry", "JournalEntry", entry, key)["Id"])
        try:
            kept = self._fetch(ref)
        except Absent:
            # The answer of a request that was sent before: what that made, somebody has deleted.
            reason = f"QuickBooks' journal entry {ref} was posted by an earlier request with the same id, and deleted"
            raise Ambiguous(reason, key_is_spent=True) from None
        except Retryable as error:
            raise Ambiguous(f"It was posted as {ref}, and could not be read then: {error}") from error
        if not self._is_same(kept, entry):
            reason = f"QuickBooks has posted {journal.number} otherwise than it was told, as {ref}"
            raise NeedsAttention(reason, "see there what it left out and why, delete it, then resume the delivery")
        return self._from(kept)

    def _numbered(self, number: str) -> dict[str, Any] | None:
        """The journal entry with a number. Raises `NeedsAttention` if there are several."""
        found = list(self._api.query("JournalEntry", f"DocNumber = {quoted(number)}"))
        if len(found) > 1:
            refs = ", ".join(str(each["Id"]) for each in found)
            reason = f"QuickBooks has {len(found)} journal entries numbered {number}: {refs}"
            raise NeedsAttention(reason, "delete there those that are too many, then resume the delivery")
        return found[0] if found else None

    def _fetch(self, ref: str) -> dict[str, Any]:
        return self._api.read(f"journalentry/{quote(ref, safe='')}", "JournalEntry")

    def _from(self, entry: Mapping[str, Any]) -> ExternalJournal:
        return from_entry(entry, self._settings.home_currency)

    def _is_same(self, entry: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        return is_same(entry, other, self._settings.home_currency)

    def _currency(self, entry: Mapping[str, Any]) -> str:
        return currency_of(entry, self._settings.home_currency)


_OTHER_NUMBER = "give the other one another number there, or delete it; then resume the delivery"
