"""What the services ask of storage for finance reports."""

from datetime import date
from typing import Protocol

from gateway.core.reports.flows import BookedFlow
from gateway.core.reports.open_items import OpenItem


class Reports(Protocol):
    """Sums over the ledger of a legal entity, exact to the minor unit."""

    def flows(self, legal_entity: str, first_month: str, last_month: str) -> list[BookedFlow]:
        """What moved between kinds of account in each month of a span, by month, reason, kinds and currency."""
        ...

    def open_items(self, legal_entity: str, kind: str, through: date) -> list[OpenItem]:
        """What documents have on accounts of a kind at the end of a day, where that is not nothing."""
        ...
