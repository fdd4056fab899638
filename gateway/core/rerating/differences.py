"""What rating a billed period again comes to, less all that was billed of it before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from gateway.core.invoicing.discounts import DiscountShare
from gateway.core.invoicing.invoice import RATED_AGAIN, InvoiceLine
from gateway.core.invoicing.taxes import TaxRate, TaxShare
from gateway.core.metering.meter import Dimensions
from gateway.core.money import Money
from gateway.core.numbers import EXACT, plain
from gateway.core.plans.plan import Timing
from gateway.core.rating.rated import RatingStep

BILLED_UNTIL_THEN = "billed until then"
"""The label of the second step of an adjustment: what was billed of its period before, taken off."""

Key = TypeVar("Key")
Place = tuple[str, Dimensions, datetime]
"""What a line is for: its price, its dimension values, and the beginning of its service period."""


def place_of(line: InvoiceLine) -> Place:
    """What a line is for; a line that takes off what was billed before is for the same as the one that it lessens."""
    return line.price, line.dimensions, line.period.start


def differences(billed: Iterable[InvoiceLine], correct: Iterable[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """One line for each place where the lines that are correct and those that were billed do not come to the same.

    Its quantity, amount, discounts and taxes are the difference, below zero where too much was billed. What was
    `billed` are the lines of the invoice and all that was booked of it since. In the order of the correct lines; what
    should not have been billed at all comes last.
    """
    before, after = _by_place(billed), _by_place(correct)
    places = dict.fromkeys((*after, *before))
    found = (_difference(before.get(place, _NOTHING), after.get(place, _NOTHING)) for place in places)
    return tuple(line for line in found if not is_nothing(line))


def is_nothing(line: InvoiceLine) -> bool:
    """Whether a difference changes neither a quantity nor what is to be paid."""
    return not (line.quantity or line.amount.amount_minor or line.discounts or line.taxes)


def less(line: InvoiceLine, part: InvoiceLine) -> InvoiceLine:
    """A difference without a part of it."""
    return _difference(_sum_of(part), _sum_of(line))


@dataclass(slots=True)
class _Sum:
    """What the lines of one place come to."""

    line: InvoiceLine | None = None
    quantity: Decimal = Decimal(0)
    amount: int = 0
    discounts: dict[str, tuple[int, Fraction]] = field(default_factory=dict)
    taxes: dict[TaxRate, tuple[int, Fraction]] = field(default_factory=dict)

    def add(self, line: InvoiceLine) -> None:
        """One more line. The first one names the place, unless it only takes off what was billed before."""
        if self.line is None or self.line.is_billed_before:
            self.line = line
        if not line.is_billed_before:
            self.quantity = EXACT.add(self.quantity, line.quantity)
        self.amount += line.amount.amount_minor
        for share in line.discounts:
            _add(self.discounts, share.discount, share.amount, share.exact_minor)
        for tax in line.taxes:
            _add(self.taxes, tax.rate, tax.amount, tax.exact_minor)


_NOTHING = _Sum()


def _add(sums: dict[Key, tuple[int, Fraction]], key: Key, amount: Money, exact: Fraction) -> None:
    whole, part = sums.get(key, (0, Fraction(0)))
    sums[key] = whole + amount.amount_minor, part + exact


def _by_place(lines: Iterable[InvoiceLine]) -> dict[Place, _Sum]:
    found: dict[Place, _Sum] = {}
    for line in lines:
        found.setdefault(place_of(line), _Sum()).add(line)
    return found


def _sum_of(line: InvoiceLine) -> _Sum:
    found = _Sum()
    found.add(line)
    return found


def _difference(before: _Sum, after: _Sum) -> InvoiceLine:
    line = after.line or before.line
    assert line is not None, "a place has a line on one side at least"
    currency = line.amount.currency
    amount = Money(after.amount - before.amount, currency)
    discounts = _less(after.discounts, before.discounts)
    taxes = _less(after.taxes, before.taxes)
    return replace(
        line,
        quantity=EXACT.subtract(after.quantity, before.quantity),
        amount=amount,
        exact_amount=plain(amount.amount),
        steps=_steps(Money(after.amount, currency), Money(before.amount, currency)),
        # A fee is billed in arrears now, and is nothing that could come back unused.
        timing=line.timing if line.meter else Timing.IN_ARREARS,
        discounts=tuple(DiscountShare(key, Money(whole, currency), exact) for key, (whole, exact) in discounts.items()),
        taxes=tuple(TaxShare(rate, Money(whole, currency), exact) for rate, (whole, exact) in taxes.items()),
    )


def _less(
    after: Mapping[Key, tuple[int, Fraction]], before: Mapping[Key, tuple[int, Fraction]]
) -> dict[Key, tuple[int, Fraction]]:
    """The differences that are not nothing in whole minor units, in a stable order."""
    found: dict[Key, tuple[int, Fraction]] = {}
    for key in dict.fromkeys((*before, *after)):
        (old, old_exact), (new, new_exact) = before.get(key, (0, Fraction(0))), after.get(key, (0, Fraction(0)))
        if new != old:
            found[key] = new - old, new_exact - old_exact
    return found


def _steps(after: Money, before: Money) -> tuple[RatingStep, ...]:
    again, until_then = after.amount, -before.amount
    return (
        RatingStep(RATED_AGAIN, Decimal(1), again, Decimal(0), again),
        RatingStep(BILLED_UNTIL_THEN, Decimal(1), until_then, Decimal(0), until_then),
    )
