"""The terms of a price beside its model: what is included, converted, given off, and the least and most it comes to."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction

from gateway.core.faults import Fault, amount_fault, require
from gateway.core.metering.quantities import Amount, UnitConversion, UnitRounding, billed_quantity
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.core.plans.price_models import (
    FlatFee,
    Matrix,
    Percentage,
    PriceModel,
    Stairstep,
    maximum_fault,
)

_NOTHING = Decimal(0)
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """What happens to a quantity before it is rated, and to the amount afterwards, in the order of the fields.

    The quantity is converted and rounded, then the included units are taken off. The discount is taken off the amount,
    then it is lowered to the maximum or raised to the minimum.
    """

    conversion: UnitConversion | None = None
    rounding: UnitRounding | None = None
    included_units: Decimal = _NOTHING
    zero_usage_is_free: bool = False
    discount_percent: Decimal = _NOTHING
    maximum_amount: Decimal | None = None
    minimum_amount: Decimal | None = None

    def __post_init__(self) -> None:
        minimum = self.minimum_amount
        require(
            ("included_units", amount_fault(self.included_units)),
            ("discount_percent", _percent_fault(self.discount_percent)),
            ("minimum_amount", None if minimum is None else amount_fault(minimum)),
            ("maximum_amount", maximum_fault(self.maximum_amount, minimum, "minimum_amount")),
        )

    def billed_quantity(self, measured: Amount) -> Decimal:
        """The quantity to rate: converted, rounded, less what is included; a correction below zero has nothing off."""
        quantity = billed_quantity(measured, self.conversion, self.rounding)
        return max(min(quantity, _NOTHING), quantity - self.included_units)

    def for_share(self, share: Fraction, currency: str) -> "PriceTerms":
        """The terms of a part of a period: its share of the minimum, rounded once; all else as in a whole one."""
        if self.minimum_amount is None or share == 1:
            return self
        minimum = Money.rounded(Fraction(self.minimum_amount) * share, currency)
        return replace(self, minimum_amount=minimum.amount)

    @property
    def before_the_end(self) -> "PriceTerms":
        """The terms while more usage may come: the minimum is not due yet."""
        return replace(self, minimum_amount=None)


_OF_THE_QUANTITY = frozenset({"conversion", "rounding", "included_units"})
_OF_ALL_LINES = frozenset({"included_units", "zero_usage_is_free", "maximum_amount", "minimum_amount"})


def terms_faults(model: PriceModel, terms: PriceTerms) -> Iterator[Fault]:
    """Which terms do not go with a model, and why."""
    given = {each.name for each in fields(terms) if getattr(terms, each.name) != each.default}
    unfit, reason = _unfit(model)
    for name in sorted(given & unfit):
        yield name, reason


def _unfit(model: PriceModel) -> tuple[frozenset[str], str]:
    match model:
        case FlatFee():
            return frozenset(each.name for each in fields(PriceTerms)), "a flat fee has no usage; leave it out"
        case Matrix():
            return (
                _OF_ALL_LINES,
                "a matrix has a line for each value; use a meter without dimension or a commitment",
            )
        case Percentage() if model.is_by_transaction:
            return _OF_THE_QUANTITY, "each transaction is rated by its own value; leave it out"
        case Stairstep() if model.dimension is not None:
            return _OF_THE_QUANTITY, "each quantity of the dimension has limits of its own; leave it out"
        case _:
            return frozenset(), ""


def _percent_fault(percent: Decimal) -> str | None:
    if percent > _WHOLE:
        return f"{plain(percent)} is above 100; a discount is at most everything"
    return amount_fault(percent)


WITHOUT_TERMS = PriceTerms()
