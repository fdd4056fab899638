"""Cases of rating: a price and a quantity, put to the rating of the core."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from gateway.core.money import Money
from gateway.core.numbers import round_half_up
from gateway.core.plans.plan import Timing
from gateway.core.plans.price_models import FlatFee, Percentage, PriceModel
from gateway.core.plans.price_terms import PriceTerms
from gateway.core.rating.pieces import (
    LineAmounts,
    LinePosition,
    rate_fee_piece,
    rate_piece,
    rate_with_terms,
    still_owed,
)
from gateway.core.rating.rate import average_unit_amount, rate
from gateway.core.rating.rated import Rated, RatingStep
from gateway.core.rating.transactions import rate_transactions
from tests.corpus.adapters.rating.prices import read_model, read_terms, read_usage
from tests.corpus.given import Given, UnknownKind

Answer = Mapping[str, object]

_POSITIONS = {
    "single": LinePosition.SINGLE,
    "first_of_split_period": LinePosition.FIRST,
    "mid_of_split_period": LinePosition.MIDDLE,
    "last_of_split_period": LinePosition.LAST,
}


@dataclass(frozen=True, slots=True)
class _Rounding:
    """To how many places an amount is rounded; None is not at all."""

    places: int | None

    def apply(self, amount: Decimal) -> Decimal:
        return amount if self.places is None else round_half_up(amount, self.places)


def answer(given: Given) -> Answer:
    """What the core says a quantity costs."""
    name, currency, rounding = given.take("model"), given.take("currency"), _read_rounding(given)
    if name == "rounding":
        return {"amount": rounding.apply(given.number("raw_amount"))}
    if given.has("units"):
        return _several(name, currency, given)
    model, terms = read_model(name, currency, given), read_terms(given)
    if given.has("line_position"):
        return _piece(model, terms, currency, given)
    if given.has("cumulative_quantity"):
        return _beyond(model, given)
    return _whole(model, terms, rounding, given)


def _read_rounding(given: Given) -> _Rounding:
    if not given.has("rounding"):
        return _Rounding(None)
    rounding = given.part("rounding")
    mode, place = rounding.take("mode"), rounding.take("at", "line")
    if (mode, place) != ("half_up", "line"):
        raise UnknownKind(f"Rounding {mode} at {place}")
    return _Rounding(int(rounding.take("places")))


def _whole(model: PriceModel, terms: PriceTerms, rounding: _Rounding, given: Given) -> Answer:
    units = given.decimal("quantity")
    usage = read_usage(model, units, given)
    rated = rate_with_terms(model, terms, usage)
    cost = rounding.apply(rated.amount)
    return {
        "amount": still_owed(cost, given.number("already_billed_amount")),
        "amount_for_period": cost,
        "raw_amount": rated.amount,
        "average_unit_amount": average_unit_amount(rated.amount, usage.quantity if units is None else units),
        "billed_quantity": terms.billed_quantity(usage.quantity),
        "per_event": _transactions(model, usage.values),
        **_terms_of(rated),
    }


def _terms_of(rated: Rated) -> Answer:
    """The terms of an amount, under the names that the cases give them."""
    rows = [_row(number, step) for number, step in enumerate(rated.steps, 1)]
    return {
        "selected_tier": rated.tier,
        "packages": rated.steps[0].units if rated.steps else None,
        "tier_amounts": [step.amount for step in rated.steps],
        "breakdown": rows,
        **{f"breakdown_tier_{number}": row for number, row in enumerate(rows, 1)},
    }


def _row(number: int, step: RatingStep) -> dict[str, object]:
    return {
        "tier": number,
        "units": step.units,
        "unit_amount": step.unit_amount,
        "flat_amount": step.flat_amount,
        "amount": step.amount,
    }


def _transactions(model: PriceModel, values: tuple[Decimal, ...]) -> list[dict[str, Decimal]]:
    rated = rate_transactions(model, values) if isinstance(model, Percentage) else ()
    return [{"event_value": one.value, "billable_value": one.billable_value, "amount": one.amount} for one in rated]


def _beyond(model: PriceModel, given: Given) -> Answer:
    """A cumulative quantity of which a part is billed already."""
    whole = rate(model, given.number("cumulative_quantity"))
    part = rate(model, given.number("already_billed_quantity"))
    owed = whole.beyond(part)
    return {"amount": owed.amount, "amount_before": part.amount, "amount_after": whole.amount, **_terms_of(owed)}


def _several(name: str, currency: str, given: Given) -> Answer:
    """Several quantities with prices of their own, billed together."""
    rated = {unit: _of_unit(name, currency, part) for unit, part in given.part("units").named_parts().items()}
    return {
        "amount": Rated.together(rated.values()).amount,
        "tier_amounts": {unit: [step.amount for step in one.steps] for unit, one in rated.items()},
        "unit_amounts": {unit: one.amount for unit, one in rated.items()},
    }


def _of_unit(name: str, currency: str, given: Given) -> Rated:
    model = read_model(name, currency, given)
    if not given.has("cumulative_quantity"):
        return rate(model, given.number("quantity"))
    whole = rate(model, given.number("cumulative_quantity"))
    return whole.beyond(rate(model, given.number("already_billed_quantity")))


def _piece(model: PriceModel, terms: PriceTerms, currency: str, given: Given) -> Answer:
    """One line of a split period."""
    position = _POSITIONS[given.take("line_position")]
    if isinstance(model, FlatFee):
        rated = rate_fee_piece(model, Timing(given.take("payment_term")), position)
        return {"amount": rated.amount, "total": rated.amount}
    amounts = rate_piece(
        model,
        terms,
        position,
        currency,
        before=given.number("quantity_before_line"),
        quantity=given.number("raw_quantity" if given.has("raw_quantity") else "line_quantity"),
        billed_before=Money.rounded(given.number("previously_billed"), currency),
    )
    return {"lines": 0, "total": Decimal(0)} if amounts is None else {"lines": 1, **_amounts(amounts)}


def _amounts(amounts: LineAmounts) -> dict[str, object]:
    return {
        "usage_amount": amounts.usage.amount,
        "percentage_discount": amounts.percentage_discount.amount,
        "maximum_spend_discount": amounts.maximum_discount.amount,
        "minimum_spend_charge": amounts.minimum_charge.amount,
        "total": amounts.total.amount,
        "amount": amounts.total.amount,
    }
