"""What the services ask of the storage of credit notes and voided invoices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.errors import InvalidValue
from gateway.core.faults import text_fault
from gateway.core.invoicing.credit_notes import CreditNote


@dataclass(frozen=True, slots=True)
class Voiding:
    """Who voided an invoice, and why; kept for ever."""

    invoice_id: str
    actor: str
    reason: str
    voided_at: datetime

    def __post_init__(self) -> None:
        if fault := text_fault(self.reason):
            raise InvalidValue(f"The reason for voiding an invoice {fault}")


class CreditNotes(Protocol):
    """Credit notes with their lines, and who voided what."""

    def add(self, note: CreditNote) -> None:
        """Store a credit note."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, CreditNote]:
        """Those of `ids` that exist."""
        ...

    def of_invoices(self, invoice_ids: Sequence[str]) -> dict[str, list[CreditNote]]:
        """The credit notes of invoices, in the order of their numbers."""
        ...

    def by_number(self, number: str) -> CreditNote | None:
        """The credit note with this legal number."""
        ...

    def page(self, after: str | None, limit: int, customer: str | None = None) -> list[CreditNote]:
        """Credit notes by number, after the number `after`; only those of `customer` if given."""
        ...

    def add_voiding(self, voiding: Voiding) -> None:
        """Keep who voided an invoice, and why."""
        ...

    def voidings(self, invoice_ids: Sequence[str]) -> dict[str, Voiding]:
        """Who voided which of these invoices."""
        ...
