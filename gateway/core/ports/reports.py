"""What the services ask of storage for finance reports."""

from datetime import date
from typing import Protocol

from gateway.core.reports.ageing import EarnedItem, OwedItem
from gateway.core.reports.flows import BookedFlow
from gateway.core.reports.open_items import OpenItem
from gateway.core.reports.split import EarnedPart


class Reports(Protocol):
    """Sums over the ledger of a legal entity, exact to the minor unit."""

    def flows(self, legal_entity: str, first_month: str, last_month: str) -> list[BookedFlow]:
        """What moved between kinds of account in each month of a span, by month, reason, kinds and currency."""
        ...

    def open_items(self, legal_entity: str, kind: str, through: date) -> list[OpenItem]:
        """What documents have on accounts of a kind at the end of a day, where that is not nothing."""
        ...

    def owed_items(self, legal_entity: str, through: date) -> list[OwedItem]:
        """What is open of each invoice in receivables at the end of a day, after credit notes and credit that was used;
        by account. What can be told no invoice stands by itself.
        """
        ...

    def earned_items(self, legal_entity: str, through: date) -> list[EarnedItem]:
        """What documents have in unbilled receivables at the end of a day, by the day that it belongs to."""
        ...

    def earned(self, legal_entity: str, first_month: str, last_month: str) -> list[EarnedPart]:
        """What accounts of revenue were credited with, less what they were debited with, in each month of a span."""
        ...
