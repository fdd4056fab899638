"""How the amount of a usage line came about, in the words of its sentence."""

from collections.abc import Sequence
from decimal import Decimal

from gateway.core.invoicing.invoice import InvoiceLine
from gateway.core.metering.quantities import billed_quantity
from gateway.core.money import with_places
from gateway.core.numbers import grouped
from gateway.core.plans.plan import Price
from gateway.core.plans.price_models import (
    BlockTiersAll,
    BlockTiersTop,
    CostPlus,
    Dynamic,
    Graduated,
    GraduatedPercentage,
    Package,
    Percentage,
    PriceModel,
    Stairstep,
)
from gateway.core.rating.pieces import is_adjustment
from gateway.core.rating.rated import RatingStep


def usage_terms(price: Price, line: InvoiceLine) -> str:
    """`counted as 2, less 0.5 included, 1.5 at 10.00, lowered to at most 12`; a line without steps has no terms."""
    rated = [step for step in line.steps if not is_adjustment(step)]
    adjusted = [step.label for step in line.steps if is_adjustment(step)]
    billed = _billed(price, line)
    terms = _rated(price.model, line, rated, is_all=not billed) if rated else []
    return ", ".join([*billed, *terms, *adjusted])


def money(amount: Decimal, line: InvoiceLine) -> str:
    """With at least the places of the line's currency."""
    return f"{with_places(amount, line.amount.currency):,f}"


def _billed(price: Price, line: InvoiceLine) -> list[str]:
    """What was rated instead of the quantity that was counted."""
    terms = price.terms
    converted = billed_quantity(line.quantity, terms.conversion, terms.rounding)
    counted = [f"counted as {grouped(converted)}"] if terms.conversion is not None else []
    return counted + ([f"less {grouped(terms.included_units)} included"] if terms.included_units else [])


def _rated(model: PriceModel, line: InvoiceLine, steps: Sequence[RatingStep], *, is_all: bool) -> list[str]:
    match model:
        case Graduated() | GraduatedPercentage():
            return _tiers(model, line, steps, is_all=is_all)
        case Package():
            return [_packages("package", model.package_size, steps[0], line)]
        case BlockTiersAll(tiers):
            return [_packages("block", tier.block_size, step, line) for tier, step in zip(tiers, steps, strict=False)]
        case BlockTiersTop(tiers):
            chosen = next(tier for number, tier in enumerate(tiers, 1) if steps[0].label.startswith(f"tier {number},"))
            return [_packages("block", chosen.block_size, steps[0], line)]
        case Percentage():
            return [_transactions(step, line) for step in steps]
        case _:
            return [_at_one_price(model, line, steps[0], is_all=is_all)]


def _at_one_price(model: PriceModel, line: InvoiceLine, step: RatingStep, *, is_all: bool) -> str:
    match model:
        case Stairstep():
            return f"{step.label}, {money(step.unit_amount, line)} in all"
        case Dynamic():
            return f"what the events say, times {grouped(step.unit_amount)}"
        case CostPlus():
            return f"the cost times {grouped(step.unit_amount)}"
        case _:
            return f"{_how_many(line, step, is_all=is_all)}at {_at(step, line)}"


def _how_many(line: InvoiceLine, step: RatingStep, *, is_all: bool) -> str:
    if not is_all:
        return f"{grouped(step.units)} "
    return "" if line.quantity == 1 else "all of them "


def _tiers(
    model: Graduated | GraduatedPercentage, line: InvoiceLine, steps: Sequence[RatingStep], *, is_all: bool
) -> list[str]:
    """`the first 1,000 at 12.50, the next 2,000 at 11.25, the last 120 at 9.875`."""
    prices = [
        _at(step, line) if isinstance(model, Graduated) else _percent(step, line) for step in steps
    ]  # fmt: skip
    if len(steps) == 1:
        return [f"{_how_many(line, steps[0], is_all=is_all)}at {prices[0]}"]
    names = ["the first", *["the next"] * (len(steps) - 2), "the last"]
    return [f"{name} {grouped(step.units)} at {price}" for name, step, price in zip(names, steps, prices, strict=True)]


def _packages(kind: str, size: Decimal, step: RatingStep, line: InvoiceLine) -> str:
    return f"{_several(step.units, kind)} of {grouped(size)} at {_at(step, line)}"


def _several(count: Decimal, kind: str) -> str:
    return f"{grouped(count)} {kind if count == 1 else f'{kind}s'}"


def _transactions(step: RatingStep, line: InvoiceLine) -> str:
    if step.label.endswith("percent"):
        fixed = f" and {money(step.flat_amount, line)} in fixed amounts" if step.flat_amount else ""
        return f"{step.label} of {grouped(step.units)}{fixed}"
    if step.label == "free":
        return f"{grouped(step.units)} free"
    return f"{grouped(step.units)} {step.label}, {money(step.unit_amount, line)}"


def _at(step: RatingStep, line: InvoiceLine) -> str:
    price = money(step.unit_amount, line)
    price = f"{price} plus {money(step.flat_amount, line)}" if step.flat_amount else price
    return f"{price}, at most {money(step.amount, line)}" if "at most" in step.label else price


def _percent(step: RatingStep, line: InvoiceLine) -> str:
    rate = f"{grouped(step.unit_amount.scaleb(2))} percent"
    return f"{rate} plus {money(step.flat_amount, line)}" if step.flat_amount else rate
