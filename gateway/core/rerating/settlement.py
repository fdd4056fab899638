"""How what re-rating found is booked: as lines of the next invoice, or by a credit note on the original."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from gateway.core.allocation import allocate
from gateway.core.invoicing.credit_notes import (
    CreditItem,
    CreditNoteLine,
    CreditRefused,
    credit_lines,
    remainders,
    total_of,
)
from gateway.core.invoicing.discounts import DiscountShare
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.invoicing.taxes import TaxShare
from gateway.core.money import Money
from gateway.core.numbers import plain, round_half_up
from gateway.core.rerating.differences import Place, is_nothing, less, place_of
from gateway.core.rerating.revision import Booked, BookedAs

_ADJUSTMENT, _CREDIT_NOTE, _GIVEN_BACK = BookedAs.ADJUSTMENT, BookedAs.CREDIT_NOTE, BookedAs.GIVEN_BACK


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is booked for each difference, and the lines of the credit note that gives back what was overcharged."""

    booked: tuple[Booked, ...]
    credited: tuple[CreditNoteLine, ...] = ()


def settle(
    invoice: Invoice,
    differences: Sequence[InvoiceLine],
    given_back: Sequence[CreditNoteLine],
    earlier: Iterable[Booked],
) -> Settlement:
    """Book the differences of an invoice, after what was `given_back` of it and what `earlier` revisions booked.

    Where the customer owes more in all, every difference is a line of the next invoice, also one below zero: a
    commitment that is reached needs no true-up. Where too much was billed in all, what was overcharged is credited on
    the original, and what else is owed goes on the next invoice. What earlier revisions put on later invoices comes
    back on the next one. Nobody gets back more than was charged: what goodwill gave back of a line before is not given
    again.
    """
    owed = sum(line.gross.amount_minor for line in differences)
    if owed >= 0:
        return _on_next_invoice(differences)
    left = _left_by_place(invoice, given_back)
    credited = dict(_credits(invoice, differences, left, given_back))
    if not _is_possible(invoice, list(credited.values()), given_back):
        return _on_next_invoice(differences)
    charged = _charged(left, credited.values(), earlier)
    booked = [each for line in differences for each in _booked(invoice, line, credited, charged)]
    return Settlement(tuple(booked), tuple(credited.values()))


def _on_next_invoice(differences: Sequence[InvoiceLine]) -> Settlement:
    return Settlement(tuple(Booked(_ADJUSTMENT, line) for line in differences))


def _left_by_place(invoice: Invoice, given_back: Sequence[CreditNoteLine]) -> dict[Place, CreditNoteLine]:
    """What is left to credit of the lines of an invoice that charge something, by place."""
    left = remainders(invoice, given_back)
    charging = (index for index, line in enumerate(invoice.lines) if line.amount.amount_minor > 0)
    return {place_of(invoice.lines[index]): left[index] for index in charging}


def _charged(
    left: Mapping[Place, CreditNoteLine], credited: Iterable[CreditNoteLine], earlier: Iterable[Booked]
) -> Counter[Place]:
    """What each place still charges after the credit, in minor units: on the original and on later invoices."""
    places = {rest.line: place for place, rest in left.items()}
    charged = Counter({place: rest.gross.amount_minor for place, rest in left.items()})
    for credit in credited:
        charged[places[credit.line]] -= credit.gross.amount_minor
    for each in earlier:
        if each.booked_as is _ADJUSTMENT:
            charged[place_of(each.line)] += each.line.gross.amount_minor
    return charged


def _booked(
    invoice: Invoice, line: InvoiceLine, credited: Mapping[Place, CreditNoteLine], charged: Mapping[Place, int]
) -> Iterator[Booked]:
    """What becomes of one difference: a credit as far as there is one, then what comes back later, then the rest."""
    rest, place = line, place_of(line)
    if place in credited:
        credit = _as_difference(invoice, line, credited[place])
        yield Booked(_CREDIT_NOTE, credit)
        rest = less(line, credit)
    later = _at_most(rest, charged[place])
    if not is_nothing(later):
        yield Booked(_ADJUSTMENT, later)
    if not is_nothing(rest := less(rest, later)):
        yield Booked(_GIVEN_BACK, rest)


def _at_most(line: InvoiceLine, charged: int) -> InvoiceLine:
    """A difference, or the part of it that gives back no more than is charged."""
    gross = line.gross.amount_minor
    if gross >= -charged:
        return line
    share = Fraction(max(0, charged), -gross)
    discounts = (replace(each, amount=_part(each.amount, share)) for each in line.discounts)
    taxes = (replace(each, amount=_part(each.amount, share)) for each in line.taxes)
    part = replace(
        line,
        discounts=tuple(each for each in discounts if each.amount.amount_minor),
        taxes=tuple(each for each in taxes if each.amount.amount_minor),
    )
    amount = part.discount - part.tax - Money(max(0, charged), line.amount.currency)
    return replace(part, amount=amount, exact_amount=plain(amount.amount), quantity=Decimal(0))


def _part(amount: Money, share: Fraction) -> Money:
    return Money(int(round_half_up(amount.amount_minor * share, 0)), amount.currency)


def _credits(
    invoice: Invoice,
    differences: Iterable[InvoiceLine],
    left: Mapping[Place, CreditNoteLine],
    given_back: Sequence[CreditNoteLine],
) -> Iterator[tuple[Place, CreditNoteLine]]:
    """What can be credited of each difference on the line of the original that billed it."""
    for line in differences:
        rest = left.get(place_of(line))
        if rest is not None and line.gross.amount_minor < 0:
            credit = _credit(invoice, line, rest, given_back)
            if credit is not None:
                yield place_of(line), credit


def _credit(
    invoice: Invoice, line: InvoiceLine, left: CreditNoteLine, given_back: Sequence[CreditNoteLine]
) -> CreditNoteLine | None:
    """All of a difference where that much is left of the line, else what is left."""
    whole = CreditNoteLine(left.line, -line.amount, -line.discount, tuple(_negative(share) for share in line.taxes))
    if _is_within(whole, left):
        return whole
    amount = Money(min(-line.amount.amount_minor, left.amount.amount_minor), invoice.currency)
    if amount.amount_minor <= 0:
        return None
    found = credit_lines(invoice, given_back, (CreditItem(left.line, amount),))
    return None if isinstance(found, CreditRefused) else found[0]


def _negative(share: TaxShare) -> TaxShare:
    return TaxShare(share.rate, -share.amount, -share.exact_minor)


def _is_within(credit: CreditNoteLine, left: CreditNoteLine) -> bool:
    """Whether a credit takes something, and no more than is left of amount, discount and each tax."""
    taxes = {share.rate: share.amount.amount_minor for share in left.taxes}
    return (
        0 < credit.amount.amount_minor <= left.amount.amount_minor
        and 0 <= credit.discount.amount_minor <= left.discount.amount_minor
        and credit.gross.amount_minor <= left.gross.amount_minor
        and all(share.amount.amount_minor <= taxes.get(share.rate, 0) for share in credit.taxes)
    )


def _is_possible(invoice: Invoice, credited: Sequence[CreditNoteLine], given_back: Sequence[CreditNoteLine]) -> bool:
    """Whether a note over these lines leaves the invoice at nothing or above."""
    asked = total_of(invoice.currency, (credit.gross for credit in credited))
    still = total_of(invoice.currency, (rest.gross for rest in remainders(invoice, given_back).values()))
    return asked.amount_minor <= max(0, still.amount_minor)


def _as_difference(invoice: Invoice, line: InvoiceLine, credit: CreditNoteLine) -> InvoiceLine:
    """The part of a difference that a credit gives back; it has the quantity of all of it."""
    if -credit.amount == line.amount and -credit.gross == line.gross:
        return line
    discounts = invoice.lines[credit.line].discounts
    parts = allocate(credit.discount.amount_minor, [share.amount.amount_minor for share in discounts])
    return replace(
        line,
        amount=-credit.amount,
        exact_amount=plain(-credit.amount.amount),
        discounts=tuple(
            DiscountShare(share.discount, Money(-part, invoice.currency), Fraction(-part))
            for share, part in zip(discounts, parts, strict=True)
            if part
        ),
        taxes=tuple(_negative(share) for share in credit.taxes),
    )
