"""Documents as the gateway would send them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from gateway.plugin_api import (
    CreditDisposition,
    CreditNoteDocument,
    CreditNoteLine,
    CustomerDocument,
    ExternalDocument,
    InvoiceDocument,
    InvoiceDocumentLine,
    JournalDocument,
    JournalLine,
    JournalSide,
    Money,
    PaymentDocument,
)

_PERIOD = (datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC))

INVOICE_ID = "inv_conformance"
INVOICE_NUMBER = "INV-000001"
JOURNAL_NUMBER = "2025-05-USD-1-CONFORM"


def customer_document(id: str = "cus_conformance", email: str | None = "billing@customer.example") -> CustomerDocument:  # noqa: A002
    """A customer."""
    return CustomerDocument(id, key="conformance", name="Conformance Ltd", email=email)


def invoice_document(
    customer_ref: str,
    amounts_minor: Sequence[int] = (1250, 399),
    currency: str = "USD",
    id: str = INVOICE_ID,  # noqa: A002
) -> InvoiceDocument:
    """An invoice with one line per amount, in minor units."""
    lines = tuple(
        InvoiceDocumentLine(f"{id}:{ordinal}", f"Line {ordinal}", Money(amount, currency), *_PERIOD, price="calls")
        for ordinal, amount in enumerate(amounts_minor)
    )
    return InvoiceDocument(
        id=id,
        number=INVOICE_NUMBER if id == INVOICE_ID else f"INV-{id[:20]}",
        customer_ref=customer_ref,
        issued_on=date(2025, 6, 1),
        total=Money(sum(amounts_minor), currency),
        lines=lines,
    )


def credit_note_document(
    invoice: ExternalDocument,
    customer_ref: str,
    amount_minor: int,
    disposition: CreditDisposition = CreditDisposition.BALANCE,
    id: str = "cn_conformance",  # noqa: A002
) -> CreditNoteDocument:
    """A credit note over a part of the first line of an invoice that is there."""
    assert invoice.total is not None, "an invoice has a total"
    amount = Money(amount_minor, invoice.total.currency)
    return CreditNoteDocument(
        id=id,
        number="INV-CN-000001",
        invoice_id=invoice.our_id,
        invoice_ref=invoice.ref,
        customer_ref=customer_ref,
        issued_on=date(2025, 6, 15),
        reason="agreed",
        disposition=disposition,
        total=amount,
        lines=(CreditNoteLine(f"{invoice.our_id}:0", "Line 0", amount),),
    )


def payment_document(
    invoice: ExternalDocument,
    amount_minor: int | None = None,
    id: str = "pay_conformance",  # noqa: A002
) -> PaymentDocument:
    """A payment of an invoice that nothing was paid of: of all, unless an amount is given."""
    assert invoice.total is not None, "an invoice has a total"
    due = invoice.total
    amount = due if amount_minor is None else Money(amount_minor, due.currency)
    return PaymentDocument(id, amount, due, date(2025, 6, 20), "bank transfer", "RF18 5390 0754 7034")


def journal_document(
    accounts: Sequence[str],
    amounts_minor: Sequence[int] = (1250, 399),
    currency: str = "USD",
    number: str = JOURNAL_NUMBER,
    accounting_day: date = date(2025, 5, 31),
    home_currency: str = "USD",
) -> JournalDocument:
    """A journal that credits these amounts to all accounts but the first in turn, and debits their sum to that one."""
    first, *others = accounts
    lines = [JournalLine(first, JournalSide.DEBIT, Money(sum(amounts_minor), currency), "All of it")]
    for ordinal, amount in enumerate(amounts_minor):
        account = others[ordinal % len(others)]
        lines.append(JournalLine(account, JournalSide.CREDIT, Money(amount, currency), f"Line {ordinal}"))
    return JournalDocument(
        number=number,
        legal_entity="default",
        currency=currency,
        home_currency=home_currency,
        accounting_day=accounting_day,
        lines=tuple(lines),
        memo="Usage of May 2025",
    )


def reversal_of(journal: JournalDocument, number: str, accounting_day: date = date(2025, 6, 1)) -> JournalDocument:
    """The journal that undoes another."""
    lines = tuple(replace(line, side=line.side.opposite) for line in journal.lines)
    return replace(journal, number=number, accounting_day=accounting_day, lines=lines, reverses=journal.number)
