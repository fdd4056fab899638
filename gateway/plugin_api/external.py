"""What a provider holds, in our words; a value that exists is consistent, so that no broken answer gets further."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from gateway.core.faults import Fault, require_none
from gateway.core.invoicing.invoice import PaidBy
from gateway.core.money import Money
from gateway.plugin_api.documents import LineTax, TaxLine

ref_length_max = 255
url_length_max = 2048


class DocumentKind(StrEnum):
    """What a document at the provider stands for."""

    CUSTOMER = "customer"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class ExternalStatus(StrEnum):
    """The state of an invoice or a credit note at the provider, in our words.

    A credit note is a draft until all of it is given back as asked, and then open or paid. Unknown is what we have no
    word for: the gateway stops and shows `status_there`.
    """

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ExternalDocument:
    """What the provider holds: `ref` is their id, `our_id` ours as stored there, empty for what is not ours."""

    kind: DocumentKind
    ref: str
    our_id: str
    status: ExternalStatus | None = None
    """None for a customer, and only for one."""
    total: Money | None = None
    amount_paid: Money | None = None
    """What was paid of it: by money, out of band or from the customer's balance there."""
    version: str = ""
    """Grows with every change there, if the provider says so; compares as text."""
    pay_url: str | None = None
    """Where the customer can pay it."""
    paid_by: PaidBy | None = None
    tax: Money | None = None
    """The part of the total that the provider calls tax."""
    number: str | None = None
    """Its number there, where the provider numbers."""
    status_there: str = ""
    """The provider's own word for the status."""

    def __post_init__(self) -> None:
        require_none(self._faults())

    def _faults(self) -> Iterator[Fault]:
        yield from _kind_faults(("kind", self.kind, DocumentKind), ("status", self.status, ExternalStatus | None))
        yield from _kind_faults(("paid_by", self.paid_by, PaidBy | None), ("pay_url", self.pay_url, str | None))
        for name in ("ref", "our_id", "version", "status_there"):
            yield from _kind_faults((name, getattr(self, name), str))
        if isinstance(self.ref, str) and not 0 < len(self.ref) <= ref_length_max:
            yield "ref", f"has {len(self.ref)} characters; it has to have 1 to {ref_length_max}"
        if (self.status is None) != (self.kind is DocumentKind.CUSTOMER):
            yield "status", "is for invoices and credit notes, and they all have one"
        if isinstance(self.pay_url, str) and not _is_web_address(self.pay_url):
            yield "pay_url", f"is no https address of at most {url_length_max} characters"
        yield from _amount_faults(total=self.total, amount_paid=self.amount_paid, tax=self.tax)


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A line of a quote: our line's id, its amount before tax, and the taxes on it."""

    id: str
    amount: Money
    taxes: Sequence[LineTax] = ()


@dataclass(frozen=True, slots=True)
class TaxQuote:
    """What the provider would make of an invoice that it does not keep; `total` is the lines and the taxes."""

    our_id: str
    total: Money
    lines: Sequence[QuotedLine]
    taxes: Sequence[TaxLine] = ()

    def __post_init__(self) -> None:
        require_none(self._faults())

    def _faults(self) -> Iterator[Fault]:
        yield from _kind_faults(("our_id", self.our_id, str), ("total", self.total, Money))
        amounts = [*(line.amount for line in self.lines), *(tax.amount for tax in self.taxes)]
        if {each.currency for each in amounts} - {self.total.currency}:
            yield "lines", f"are not all in {self.total.currency}"
        elif (found := sum(each.amount_minor for each in amounts)) != self.total.amount_minor:
            yield "total", f"is {self.total}, but lines and taxes sum to {Money(found, self.total.currency)}"


def _kind_faults(*claims: tuple[str, object, object]) -> Iterator[Fault]:
    for name, value, kind in claims:
        if not isinstance(value, kind):  # type: ignore[arg-type]
            yield name, f"is of type {type(value).__name__}"


def _amount_faults(**amounts: Money | None) -> Iterator[Fault]:
    yield from _kind_faults(*((name, amount, Money | None) for name, amount in amounts.items()))
    given = {name: amount for name, amount in amounts.items() if isinstance(amount, Money)}
    if len({amount.currency for amount in given.values()}) > 1:
        yield "total", f"is in another currency than the rest: {', '.join(a.currency for a in given.values())}"
    for name, amount in given.items():
        if name != "tax" and amount.amount_minor < 0:
            yield name, f"is {amount}, below zero"


def _is_web_address(url: str) -> bool:
    address = urlsplit(url)
    return address.scheme == "https" and bool(address.hostname) and len(url) <= url_length_max
