"""Documents as the gateway would send them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from gateway.plugin_api import CustomerDocument, InvoiceDocument, InvoiceDocumentLine, Money

_PERIOD = (datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC))


def customer_document(id: str = "cus_conformance", email: str | None = "billing@customer.example") -> CustomerDocument:  # noqa: A002
    """A customer."""
    return CustomerDocument(id, key="conformance", name="Conformance Ltd", email=email)


def invoice_document(
    customer_ref: str,
    amounts_minor: Sequence[int] = (1250, 399),
    currency: str = "USD",
    id: str = "inv_conformance",  # noqa: A002
) -> InvoiceDocument:
    """An invoice with one line per amount, in minor units."""
    lines = [
        InvoiceDocumentLine(f"{id}:{ordinal}", f"Line {ordinal}", Money(amount, currency), *_PERIOD)
        for ordinal, amount in enumerate(amounts_minor)
    ]
    return InvoiceDocument(
        id=id,
        number="INV-000001",
        customer_ref=customer_ref,
        issued_on=date(2025, 6, 1),
        total=Money(sum(amounts_minor), currency),
        lines=lines,
    )
