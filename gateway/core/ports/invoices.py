"""What the services ask of the storage of invoices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from gateway.core.gate.discrepancy import Discrepancy, Resolution
from gateway.core.gate.history import UsageBilled
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceStatus, PaidBy, PaymentStatus
from gateway.core.invoicing.quoted_taxes import QuotedTaxes
from gateway.core.invoicing.recorded_payments import RecordedPayment
from gateway.core.legal_entity import DEFAULT_ENTITY

UsagePeriod = tuple[str, datetime]
"""A billing period by the id of its subscription, or phase, and its beginning."""


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices to list; None takes all. `is_issued` takes those that are or were final, or the others."""

    customer: str | None = None
    status: InvoiceStatus | None = None
    issued_from: date | None = None
    issued_before: date | None = None
    is_issued: bool | None = None
    legal_entity: str | None = None


class Invoices(Protocol):
    """Invoices with their lines and holds."""

    def add(self, invoice: Invoice, discrepancies: Sequence[Discrepancy]) -> bool:
        """Store a new invoice; False if a live one with its key exists."""
        ...

    def by_key(self, key: InvoiceKey) -> Invoice | None:
        """The live invoice with this key."""
        ...

    def billed_boundaries(self, subscription_ids: Sequence[str]) -> set[InvoiceKey]:
        """The keys of the live invoices of subscriptions."""
        ...

    def progressive(self, periods: Sequence[UsagePeriod]) -> dict[UsagePeriod, list[Invoice]]:
        """The live invoices that billed usage of these periods before their ends, in order of sequence."""
        ...

    def taking_off(self, invoice: Invoice) -> list[Invoice]:
        """The live invoices that take off what this one billed."""
        ...

    def usage_in_arrears(self, subscription_ids: Sequence[str], before: datetime) -> int:
        """What live invoices billed of periods that began before, in minor units, before discounts and taxes."""
        ...

    def usage_billed(self, subscription_ids: Sequence[str], since: datetime) -> dict[str, list[UsageBilled]]:
        """What live invoices billed for usage of each period that began at `since` or later, by subscription."""
        ...

    def get(self, invoice_id: str) -> Invoice:
        """One invoice. Raises `NotFound`."""
        ...

    def lock(self, invoice_id: str) -> Invoice:
        """One invoice, locked until the transaction ends. Raises `NotFound`."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, Invoice]:
        """Those of `ids` that exist."""
        ...

    def by_number(self, number: str) -> Invoice | None:
        """The invoice with this legal number."""
        ...

    def page(
        self, matching: InvoiceFilter, after: tuple[date, str] | None, limit: int, is_newest_first: bool = False
    ) -> list[Invoice]:
        """Invoices by day of issue and id, behind the given pair in that order or, newest first, in its reverse."""
        ...

    def unpaid(self, today: date) -> list[Invoice]:
        """Those that are final and were given up, or were to be paid before `today` and are not, by id."""
        ...

    def count(self, matching: InvoiceFilter) -> int:
        """How many invoices pass the filter."""
        ...

    def with_status(self, status: InvoiceStatus, limit: int) -> list[Invoice]:
        """Invoices in a state, by boundary and subscription."""
        ...

    def count_not_final(self, legal_entity: str, through: datetime) -> dict[InvoiceStatus, int]:
        """How many invoices of a legal entity, of boundaries through an instant, are in each state before the final."""
        ...

    def update_status(self, invoice: Invoice) -> None:
        """Store status, number, time of finalization and the issuer's version of an invoice."""
        ...

    def apply_terms(self, invoice: Invoice) -> None:
        """Store the terms, and the discounts and taxes of the lines, of an invoice that is not final yet."""
        ...

    def add_payment(self, payment: RecordedPayment) -> None:
        """Keep a payment that came by another way."""
        ...

    def payments(self, invoice_ids: Sequence[str]) -> dict[str, list[RecordedPayment]]:
        """Those of invoices, in the order of recording."""
        ...

    def put_quote(self, invoice_id: str, quoted: QuotedTaxes) -> None:
        """Store what a provider quoted for an invoice that is not final yet, in place of an earlier quote."""
        ...

    def quote(self, invoice_id: str) -> QuotedTaxes | None:
        """The quote for an invoice."""
        ...

    def update_payment(
        self, invoice_id: str, status: PaymentStatus, at: datetime, paid_by: PaidBy | None = None
    ) -> None:
        """Store what the provider says about the money, from when on."""
        ...

    def discrepancies(self, invoice_ids: Sequence[str]) -> dict[str, list[Discrepancy]]:
        """The holds of invoices."""
        ...

    def resolve(self, resolution: Resolution) -> None:
        """Keep who let a held invoice go out, and why."""
        ...

    def resolutions(self, invoice_ids: Sequence[str]) -> dict[str, Resolution]:
        """Who let which of these invoices go out."""
        ...

    def take_number(self, series: str, legal_entity: str = DEFAULT_ENTITY) -> int:
        """The next number of a series, from 1, without gaps: the row stays locked until the transaction ends.

        Who takes the first one owns the series. Raises `InvalidValue` if that is another legal entity.
        """
        ...
