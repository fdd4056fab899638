"""Credit notes: what is given back of an invoice, line by line, until nothing of it is left."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from gateway.core.errors import InvalidValue
from gateway.core.faults import text_fault
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.invoicing.taxes import TaxBase, TaxShare
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.money import Money, minor_unit_places
from gateway.core.numbers import round_half_up
from gateway.core.rating.rate import prorated


class Disposition(StrEnum):
    """How the customer gets what a credit note gives back."""

    RECEIVABLE = "receivable"
    WALLET = "wallet"
    REFUND = "refund"
    OUT_OF_BAND = "out_of_band"


@dataclass(frozen=True, slots=True)
class CreditItem:
    """A part of line `line` (from 0) of an invoice to give back: of its amount before discounts and taxes."""

    line: int
    amount: Money


@dataclass(frozen=True, slots=True)
class CreditNoteLine:
    """What is given back of a line: of its amount, of the discount that came off it, and of its taxes."""

    line: int
    amount: Money
    discount: Money
    taxes: tuple[TaxShare, ...]

    @property
    def net(self) -> Money:
        """The amount less the discount that is taken back with it."""
        return self.amount - self.discount

    @property
    def tax(self) -> Money:
        """The taxes that are given back."""
        return sum((share.amount for share in self.taxes), Money.zero(self.amount.currency))

    @property
    def exact_tax(self) -> Fraction:
        """The same before rounding, in major units."""
        exact_minor = sum((share.exact_minor for share in self.taxes), Fraction(0))
        return exact_minor / Fraction(10) ** minor_unit_places(self.amount.currency)

    @property
    def gross(self) -> Money:
        """What the customer gets back for the line."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A document that gives back a part or all of a finalized invoice; it never changes.

    `dispositions` say how, and sum to its total. The legal entity of its invoice issues it.
    """

    id: str
    invoice_id: str
    customer: str
    currency: str
    issued_on: date
    reason: str
    lines: tuple[CreditNoteLine, ...]
    dispositions: tuple[tuple[Disposition, Money], ...]
    created_at: datetime
    number: str
    legal_entity: str = DEFAULT_ENTITY
    legal_entity_version: int = 1

    def __post_init__(self) -> None:
        if fault := text_fault(self.reason):
            raise InvalidValue(f"The reason of a credit note {fault}")
        given = sum((amount for _, amount in self.dispositions), Money.zero(self.currency))
        if given != self.total:
            raise InvalidValue(f"Credit note {self.id} is over {self.total}, but {given} of it is given back")

    @property
    def net(self) -> Money:
        """What is given back before tax."""
        return total_of(self.currency, (line.net for line in self.lines))

    @property
    def tax(self) -> Money:
        """The taxes that are given back."""
        return total_of(self.currency, (line.tax for line in self.lines))

    @property
    def discount(self) -> Money:
        """The discounts that are taken back, because they came off what is given back."""
        return total_of(self.currency, (line.discount for line in self.lines))

    @property
    def total(self) -> Money:
        """What the customer gets back."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class CreditRefused:
    """Why nothing is given back: what was asked for is no part of what is left, or more than that."""

    message: str
    line: int | None
    left: Money


def credit_lines(
    invoice: Invoice, earlier: Iterable[CreditNoteLine], items: Sequence[CreditItem]
) -> tuple[CreditNoteLine, ...] | CreditRefused:
    """What crediting `items` comes to after the lines of `earlier` notes.

    The discount is taken back in the share of the amount, and the tax follows from what that leaves, each rounded once,
    half-up. What takes the rest of a line takes the rest of its discount and taxes too, so that all notes sum to the
    invoice to the minor unit. No note takes the invoice below zero. Raises `InvalidValue` for a line that is not there,
    named twice, or in another currency.
    """
    _require_lines(invoice, items)
    left = remainders(invoice, earlier)
    for item in items:
        if not _is_within(item.amount, left[item.line].amount):
            return _refused(invoice, item, left[item.line].amount)
    lines = tuple(_credited(invoice.lines[item.line], left[item.line], item, invoice.terms.tax_base) for item in items)
    asked = total_of(invoice.currency, (line.gross for line in lines))
    still = total_of(invoice.currency, (rest.gross for rest in left.values()))
    if not 0 <= asked.amount_minor <= still.amount_minor:
        over = f"{asked} would be more than the {still} {invoice.currency} that are left of invoice {invoice.id}"
        return CreditRefused(f"{over}; credit its negative lines with it", None, still)
    return lines


def remainders(invoice: Invoice, earlier: Iterable[CreditNoteLine]) -> dict[int, CreditNoteLine]:
    """What is left to credit of each line, as a note over all of it would have it."""
    left = {index: _whole(index, line) for index, line in enumerate(invoice.lines)}
    for line in earlier:
        left[line.line] = _less(left[line.line], line)
    return left


def came_back(invoice: Invoice, closing: Invoice) -> Iterator[CreditNoteLine]:
    """What a closing invoice gives back of the fees in advance of `invoice`, as a credit note would have it."""
    for ordinal, fee in enumerate(invoice.lines):
        yield from (_reversed(ordinal, back) for back in closing.lines if _is_part_of(back, fee))


def _is_part_of(back: InvoiceLine, fee: InvoiceLine) -> bool:
    is_same_fee = fee.is_fee_in_advance and back.is_fee_in_advance and back.price == fee.price
    is_within = fee.period.start <= back.period.start and back.period.end <= fee.period.end
    return is_same_fee and is_within and back.amount.amount_minor < 0 < fee.amount.amount_minor


def _reversed(ordinal: int, back: InvoiceLine) -> CreditNoteLine:
    taxes = tuple(TaxShare(share.rate, -share.amount, -share.exact_minor) for share in back.taxes)
    return CreditNoteLine(ordinal, -back.amount, -back.discount, taxes)


def remaining_items(invoice: Invoice, earlier: Iterable[CreditNoteLine]) -> tuple[CreditItem, ...]:
    """All that is left of an invoice, for the note that takes it."""
    left = remainders(invoice, earlier).values()
    return tuple(CreditItem(rest.line, rest.amount) for rest in left if rest.amount.amount_minor)


def unused_item(invoice: Invoice, line: int, share: Fraction) -> CreditItem:
    """What to credit of a fee in advance where `share` of its period will not be used."""
    amount = invoice.lines[line].amount
    return CreditItem(line, Money.rounded(prorated(amount.amount, share), amount.currency))


def split_by_payment(total: Money, paid: Money, refunded: Money) -> tuple[Money, Money]:
    """What of a note can be refunded, because it was paid and not refunded before, and what else it gives."""
    refundable = max(0, min(total.amount_minor, (paid - refunded).amount_minor))
    refund = Money(refundable, total.currency)
    return refund, total - refund


def total_of(currency: str, amounts: Iterable[Money]) -> Money:
    """Their sum, in `currency` also if there are none."""
    return sum(amounts, Money.zero(currency))


def _require_lines(invoice: Invoice, items: Sequence[CreditItem]) -> None:
    for item in items:
        if not 0 <= item.line < len(invoice.lines):
            raise InvalidValue(
                f"Invoice {invoice.id} has no line {item.line}; its lines are 0 to {len(invoice.lines) - 1}"
            )
        if item.amount.currency != invoice.currency:
            raise InvalidValue(f"Invoice {invoice.id} is in {invoice.currency}; credit it in that")
    if not items or len({item.line for item in items}) < len(items):
        raise InvalidValue("A credit note names at least one line, and each line once")


def _is_within(amount: Money, left: Money) -> bool:
    """Whether an amount is not nothing and takes no more than is left, in the direction of what is left."""
    sign = 1 if left.amount_minor > 0 else -1
    return 0 < sign * amount.amount_minor <= sign * left.amount_minor


def _refused(invoice: Invoice, item: CreditItem, left: Money) -> CreditRefused:
    has = f"Line {item.line} of invoice {invoice.id} has"
    if not left.amount_minor:
        message = f"{has} nothing left to credit"
    elif item.amount.amount_minor * left.amount_minor <= 0:
        message = (
            f"{has} {left} {left.currency} left to credit; {item.amount} is no part of that, name one up to all of it"
        )
    else:
        message = f"{has} {left} {left.currency} left to credit, not {item.amount}"
    return CreditRefused(message, item.line, left)


def _whole(index: int, line: InvoiceLine) -> CreditNoteLine:
    return CreditNoteLine(index, line.amount, line.discount, line.taxes)


def _less(rest: CreditNoteLine, line: CreditNoteLine) -> CreditNoteLine:
    taken = {share.rate: share for share in line.taxes}
    taxes = tuple(_less_tax(share, taken.get(share.rate)) for share in rest.taxes)
    return CreditNoteLine(rest.line, rest.amount - line.amount, rest.discount - line.discount, taxes)


def _less_tax(share: TaxShare, taken: TaxShare | None) -> TaxShare:
    if taken is None:
        return share
    return TaxShare(share.rate, share.amount - taken.amount, share.exact_minor - taken.exact_minor)


def _credited(line: InvoiceLine, rest: CreditNoteLine, item: CreditItem, base: TaxBase) -> CreditNoteLine:
    share = Fraction(item.amount.amount_minor, line.amount.amount_minor)
    exact = {each.rate: each.exact_minor * share for each in line.taxes}
    if item.amount == rest.amount:
        taxes = tuple(TaxShare(each.rate, each.amount, exact[each.rate]) for each in rest.taxes)
        return CreditNoteLine(item.line, rest.amount, rest.discount, taxes)
    discount = _discount(line, rest, item.amount, share)
    net = (item.amount - discount).amount_minor
    bases = {each.rate: exact[each.rate] if base is TaxBase.EXACT else net * each.rate.share for each in line.taxes}
    taxes = tuple(_tax(each, exact[each.rate], bases[each.rate]) for each in rest.taxes)
    return CreditNoteLine(item.line, item.amount, discount, taxes)


def _discount(line: InvoiceLine, rest: CreditNoteLine, amount: Money, share: Fraction) -> Money:
    """The discount's share, without leaving more discount than amount behind; below zero on a line that is."""
    sign = 1 if line.amount.amount_minor > 0 else -1
    exact = int(round_half_up(sign * line.discount.amount_minor * share, 0))
    left, asked = sign * rest.discount.amount_minor, sign * amount.amount_minor
    least = left - (sign * rest.amount.amount_minor - asked)
    return Money(sign * max(least, min(exact, left, asked)) if left else 0, amount.currency)


def _tax(rest: TaxShare, exact: Fraction, base: Fraction) -> TaxShare:
    """A tax rounded once, half-up, and no more than is left of it."""
    amount, left = int(round_half_up(base, 0)), rest.amount.amount_minor
    bounded = min(amount, left) if left >= 0 else max(amount, left)
    return TaxShare(rest.rate, Money(bounded, rest.amount.currency), exact)
