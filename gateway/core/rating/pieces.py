"""What a price comes to with its terms: for a whole period, or piece by piece of a split one."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import partial

from gateway.core.metering.meter import Dimensions
from gateway.core.money import Money
from gateway.core.numbers import exact, grouped, plain
from gateway.core.plans.plan import Timing
from gateway.core.plans.price_models import FlatFee, PriceModel, is_settled_at_the_end
from gateway.core.plans.price_terms import PriceTerms
from gateway.core.rating.rate import rate
from gateway.core.rating.rated import Rated, RatingStep, Usage, amount_step

_NOTHING = Decimal(0)


class LinePosition(StrEnum):
    """Which piece of a period a line bills: all of it, or the first, one in the middle or the last."""

    SINGLE = "single"
    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"

    @property
    def begins(self) -> bool:
        """Whether nothing of the period was billed before."""
        return self in (LinePosition.SINGLE, LinePosition.FIRST)

    @property
    def ends(self) -> bool:
        """Whether nothing of the period is billed afterwards."""
        return self in (LinePosition.SINGLE, LinePosition.LAST)


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """What a line says: the usage, what the discount and the maximum take off, and what the minimum adds."""

    usage: Money
    percentage_discount: Money
    maximum_discount: Money
    minimum_charge: Money

    @property
    def total(self) -> Money:
        """What is owed."""
        return self.usage - self.percentage_discount - self.maximum_discount + self.minimum_charge


_ADJUSTMENTS = ("less ", "lowered to at most ", "raised to at least ")


def is_adjustment(step: RatingStep) -> bool:
    """Whether a step is of the terms of a price, not of its model."""
    return step.label.startswith(_ADJUSTMENTS)


@exact
def rate_with_terms(model: PriceModel, terms: PriceTerms, usage: Usage, dimensions: Dimensions = ()) -> Rated:
    """What the measured `usage` of a whole period costs; each term that changes the amount is a step of its own."""
    rated = rate_usage(model, terms, usage, dimensions)
    discount = _percent_of(rated.amount, terms)
    cut, lift = _limits(rated.amount - discount, terms, _NOTHING, is_last=True)
    less, lowered, raised = _ADJUSTMENTS
    steps = [
        (f"{less}{plain(terms.discount_percent)} percent", -discount),
        (f"{lowered}{grouped(terms.maximum_amount or _NOTHING)}", -cut),
        (f"{raised}{grouped(terms.minimum_amount or _NOTHING)}", lift),
    ]
    changes: list[RatingStep] = [amount_step(label, amount) for label, amount in steps if amount]
    return Rated.of(*rated.steps, *changes, tier=rated.tier)


def rate_usage(model: PriceModel, terms: PriceTerms, usage: Usage, dimensions: Dimensions = ()) -> Rated:
    """What the measured `usage` costs before discount, maximum and minimum."""
    used = replace(usage, quantity=terms.billed_quantity(usage.quantity))
    if terms.zero_usage_is_free and not usage.quantity:
        return Rated.of()
    return rate(model, used, dimensions)


def rate_piece(
    model: PriceModel,
    terms: PriceTerms,
    position: LinePosition,
    currency: str,
    *,
    before: Decimal,
    quantity: Decimal,
    billed_before: Money,
) -> LineAmounts | None:
    """What the next `quantity` of a split period costs, after `before` that came to `billed_before`.

    It is the difference of what the cumulative quantities cost, rounded, so that the pieces sum to the whole. The
    maximum counts what was billed before; the minimum is filled up by the last piece. None where a price has no line
    before the period's end.
    """
    if is_settled_at_the_end(model) and not position.ends:
        return None
    cost = partial(_cost, model, terms, currency)
    is_first_bill = position.begins or is_settled_at_the_end(model)
    nothing = (Money.zero(currency), Money.zero(currency))
    usage_before, discount_before = nothing if is_first_bill else cost(before)
    usage_after, discount_after = cost(before + quantity)
    usage, discount = usage_after - usage_before, discount_after - discount_before
    cut, lift = _limits((usage - discount).amount, terms, billed_before.amount, is_last=position.ends)
    return LineAmounts(usage, discount, Money.rounded(cut, currency), Money.rounded(lift, currency))


def rate_fee_piece(fee: FlatFee, timing: Timing, position: LinePosition) -> Rated:
    """A flat fee in a split period, billed once: with the first piece in advance, with the last in arrears."""
    is_due = position.begins if timing is Timing.IN_ADVANCE else position.ends
    return rate(fee, Decimal(1)) if is_due else Rated.of()


@exact
def still_owed(cost: Decimal, billed_before: Decimal) -> Decimal:
    """What a period's cost is beyond what was billed for it, both rounded alike: no line for a part of a cent."""
    return cost - billed_before


def _cost(model: PriceModel, terms: PriceTerms, currency: str, quantity: Decimal) -> tuple[Money, Money]:
    """What a cumulative quantity costs, and the discount on it, each rounded."""
    usage = Money.rounded(rate_usage(model, terms, Usage(quantity)).amount, currency)
    return usage, Money.rounded(_percent_of(usage.amount, terms), currency)


@exact
def _percent_of(amount: Decimal, terms: PriceTerms) -> Decimal:
    return (amount * terms.discount_percent).scaleb(-2)


@exact
def _limits(amount: Decimal, terms: PriceTerms, before: Decimal, *, is_last: bool) -> tuple[Decimal, Decimal]:
    """By how much `amount`, after what was billed before, is above the maximum, and by how much below the minimum."""
    total = before + amount
    cut = _NOTHING if terms.maximum_amount is None else max(_NOTHING, total - terms.maximum_amount)
    lift = _NOTHING if terms.minimum_amount is None or not is_last else max(_NOTHING, terms.minimum_amount - total)
    return cut, lift
