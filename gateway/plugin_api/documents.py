"""What the gateway sends: customers, invoices, credit notes and payments, each complete and consistent in itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from gateway.core.faults import require
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.plugin_api.capabilities import CreditDisposition, TaxMode


@dataclass(frozen=True, slots=True)
class CustomerDocument:
    """A customer as the provider should know it."""

    id: str
    key: str
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class LineTax:
    """A line's share of the tax at one rate; `key` is that of a `TaxLine` of the same document."""

    key: str
    amount: Money


@dataclass(frozen=True, slots=True)
class TaxLine:
    """The tax of a document at one rate: `percent` of `base`, rounded once to `amount`."""

    key: str
    name: str
    percent: Decimal
    base: Money
    amount: Money

    @property
    def label(self) -> str:
        """What a line says that stands for it: `VAT 20 %`."""
        return f"{self.name} {plain(self.percent)} %"


@dataclass(frozen=True, slots=True)
class InvoiceDocumentLine:
    """One rounded line before tax; the gateway rates, so it goes out as this amount with quantity 1."""

    id: str
    description: str
    amount: Money
    period_start: datetime
    period_end: datetime
    price: str = ""
    """The key of the price that it is for."""
    taxes: Sequence[LineTax] = ()


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """A finalized invoice to be made at the provider.

    `total` is what is to be paid: the lines and the taxes, less what prepaid credit has paid already.
    """

    id: str
    number: str
    """Our number: that of the legal invoice, or where the provider numbers it, what we refer to it by."""
    customer_ref: str
    """The customer's id at the provider, as `put_customer` gave it."""
    issued_on: date
    total: Money
    lines: Sequence[InvoiceDocumentLine]
    taxes: Sequence[TaxLine] = ()
    """The taxes by rate; before a quote was adopted none, where the provider computes them."""
    tax_mode: TaxMode = TaxMode.OURS
    """Who computes them. Where quoted, send none of them: the provider computes them again, and comes to `total`."""
    paid_from_credit: Money | None = None
    detail_url: str | None = None
    """Where every line of the invoice can be seen, for an invoice whose lines had to be summarised."""
    payment_days: int | None = None
    """How many days there are to pay it, from the day on which it is final; None where nobody said so."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    numbered_by: DocumentIssuer = DocumentIssuer.GATEWAY
    """Whose number the invoice is to have there, as far as the provider leaves a choice."""

    def __post_init__(self) -> None:
        amounts = [line.amount for line in (*self.lines, *self._credit_lines())]
        require(("total", _sum_fault(self.total, (*amounts, *(tax.amount for tax in self.taxes)))))

    def days_until_due(self, otherwise: int) -> int:
        """What to tell a provider that counts the days itself: `otherwise`, its setting, where nobody said so."""
        return otherwise if self.payment_days is None else self.payment_days

    @property
    def label(self) -> str:
        """What a note there calls it: `Invoice INV-000001`, or `Reference INV-000001` where the provider numbers it."""
        return f"{'Invoice' if self.numbered_by is DocumentIssuer.GATEWAY else 'Reference'} {self.number}"

    @property
    def flat_lines(self) -> tuple[InvoiceDocumentLine, ...]:
        """All that is to be sent as lines: also our taxes by rate, and what credit has paid, each as one of its own."""
        return (*self.lines, *self._tax_lines(), *self._credit_lines())

    def _tax_lines(self) -> Iterable[InvoiceDocumentLine]:
        ours = self.taxes if self.tax_mode is TaxMode.OURS else ()
        taxes = [tax for tax in ours if tax.amount.amount_minor]
        for ordinal, tax in enumerate(taxes):
            yield InvoiceDocumentLine(f"{self.id}:tax-{ordinal}", tax.label, tax.amount, *self._span)

    def _credit_lines(self) -> Iterable[InvoiceDocumentLine]:
        if self.paid_from_credit is not None:
            paid = Money.zero(self.total.currency) - self.paid_from_credit
            yield InvoiceDocumentLine(f"{self.id}:credit", "Paid from credit", paid, *self._span)

    @property
    def _span(self) -> tuple[datetime, datetime]:
        return min(line.period_start for line in self.lines), max(line.period_end for line in self.lines)


@dataclass(frozen=True, slots=True)
class CreditNoteLine:
    """What a credit note gives back of a line of its invoice, before tax: an amount of `invoice_line_id`."""

    invoice_line_id: str
    description: str
    amount: Money
    taxes: Sequence[LineTax] = ()


@dataclass(frozen=True, slots=True)
class CreditNoteDocument:
    """A credit note to be made on an issued invoice; `total` is the lines and the taxes, and above zero."""

    id: str
    number: str
    invoice_id: str
    invoice_ref: str
    """The invoice's id at the provider."""
    customer_ref: str
    issued_on: date
    reason: str
    disposition: CreditDisposition
    total: Money
    lines: Sequence[CreditNoteLine]
    taxes: Sequence[TaxLine] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        amounts = (*(line.amount for line in self.lines), *(tax.amount for tax in self.taxes))
        require(
            ("total", _sum_fault(self.total, amounts)),
            ("total", None if self.total.amount_minor > 0 else f"is {self.total}; nothing is given back"),
        )


@dataclass(frozen=True, slots=True)
class PaymentDocument:
    """Money for an invoice that came by another way than the provider; `due` is what was to be paid before it."""

    id: str
    amount: Money
    due: Money
    received_on: date
    method: str = ""
    """How it came, in the company's words, such as `bank transfer`."""
    reference: str = ""
    """What it is called there, such as a bank's reference."""

    def __post_init__(self) -> None:
        is_within = 0 < self.amount.amount_minor <= self.due.amount_minor and self.amount.currency == self.due.currency
        fault = f"is {self.amount} {self.amount.currency} of {self.due} {self.due.currency} that are due"
        require(("amount", None if is_within else fault))

    @property
    def is_partial(self) -> bool:
        """Whether something is still due after it."""
        return self.amount != self.due


def _sum_fault(total: Money, amounts: Iterable[Money]) -> str | None:
    found = sum(amounts, Money.zero(total.currency))
    return None if found == total else f"is {total}, but the lines and taxes sum to {found} {total.currency}"
