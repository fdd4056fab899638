"""What is posted for a journal: an entry that names only what the company has, so that nothing is refused halfway."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.plugin_api import JournalDocument, JournalLine, NeedsAttention
from gateway_quickbooks.chart import RECEIVABLE, Chart, ids_of
from gateway_quickbooks.client import QuickBooksApi
from gateway_quickbooks.faults import Absent
from gateway_quickbooks.mapping import to_entry, to_line
from gateway_quickbooks.settings import QuickBooksSettings


class Posting:
    """Makes entries for one company. Each method raises `NeedsAttention` for what QuickBooks does not have."""

    def __init__(self, api: QuickBooksApi, settings: QuickBooksSettings) -> None:
        self._api = api
        self._settings = settings

    def entry(self, journal: JournalDocument, rate: Decimal | None = None) -> dict[str, Any]:
        """The entry of a journal, at an exchange rate, or at the company's own of that day."""
        self._require_home(journal)
        chart = Chart.of(self._api)
        accounts = [chart.account(line.account) for line in journal.lines]
        _require_receivable(journal.lines, accounts)
        customer_ids = ids_of(self._api, "Customer", (line.customer for line in journal.lines))
        class_ids = self._class_ids(journal.lines)
        lines = [
            to_line(line, account["Id"], customer_ids.get(line.customer), class_ids.get(line.classification))
            for line, account in zip(journal.lines, accounts, strict=True)
        ]
        is_home = journal.currency == self._settings.home_currency
        return to_entry(journal, lines, None if is_home else rate or self._rate(journal))

    def _require_home(self, journal: JournalDocument) -> None:
        if journal.home_currency != self._settings.home_currency:
            reason = f"{journal.legal_entity} keeps its books in {journal.home_currency},"
            reason += f" the QuickBooks company in {self._settings.home_currency}"
            raise NeedsAttention(reason, "give the legal entity the currency of its books, or post to another company")

    def _class_ids(self, lines: Sequence[JournalLine]) -> dict[str | None, str]:
        """The classes of lines; QuickBooks drops them without a word where the company does not track them."""
        names = {line.classification for line in lines}
        if names != {None}:
            preferences = self._api.read("preferences", "Preferences").get("AccountingInfoPrefs", {})
            # A journal entry has them by line whichever of the two a company has chosen for its sales.
            if not (preferences.get("ClassTrackingPerTxn") or preferences.get("ClassTrackingPerTxnLine")):
                remedy = "switch them on there under Advanced, Categories; then resume the delivery"
                raise NeedsAttention("The QuickBooks company does not track classes", remedy)
        return ids_of(self._api, "Class", names)

    def _rate(self, journal: JournalDocument) -> Decimal:
        """The company's own exchange rate on the journal's day."""
        day = journal.accounting_day.isoformat()
        try:
            told = self._api.read("exchangerate", "ExchangeRate", sourcecurrencycode=journal.currency, asofdate=day)
        except Absent:
            told = {}
        rate = Decimal(told.get("Rate") or 0)
        if rate <= 0:
            reason = f"QuickBooks has no exchange rate of {journal.currency} on {day}"
            raise NeedsAttention(reason, "enter it there under Currencies, then resume the delivery")
        return rate


def _require_receivable(lines: Sequence[JournalLine], accounts: Sequence[Mapping[str, Any]]) -> None:
    """Raise `NeedsAttention` unless lines on receivables are as QuickBooks takes them: one, with a customer."""
    found = [line for line, account in zip(lines, accounts, strict=True) if account["AccountType"] == RECEIVABLE]
    if len(found) > 1:
        reason = f"The journal has {len(found)} lines on accounts receivable; QuickBooks takes one"
        remedy = "map all kinds but one to accounts of another type, such as Other Current Assets"
        raise NeedsAttention(reason, f"{remedy}; then resume the delivery")
    if found and found[0].customer is None:
        reason = f"A line on {found[0].account!r}, which is accounts receivable, needs a customer at QuickBooks"
        remedy = "map to it with a customer that stands for all, or to an account of type Other Current Assets"
        raise NeedsAttention(reason, f"{remedy}; then resume the delivery")
