"""Percentages of transactions: each has an allowance, a fixed amount, a minimum and a maximum of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from gateway.core.errors import InvalidValue
from gateway.core.numbers import exact, plain
from gateway.core.plans.price_models import Percentage
from gateway.core.rating.rated import Rated, RatingStep, Usage, step

_NOTHING = Decimal(0)


class Charge(StrEnum):
    """By what the amount of a transaction was found."""

    FREE = "free"
    RATE = "rate"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"


@dataclass(frozen=True, slots=True)
class RatedTransaction:
    """What one transaction of `value` costs, and the part of the value beyond the allowance."""

    value: Decimal
    billable_value: Decimal
    amount: Decimal
    charge: Charge


def percentage(model: Percentage, usage: Usage) -> Rated:
    """The transactions of a period, in one term for each way of charging them.

    Raises `InvalidValue` if only their sum is known and that does not say what they cost.
    """
    if not usage.values and model.is_by_transaction and usage.quantity:
        wrong = f"{plain(usage.quantity)} in all does not say what each transaction costs"
        raise InvalidValue(f"A percentage with amounts per transaction needs their values: {wrong}")
    if not usage.values:
        return Rated.of(_rate_step(model, usage.quantity, 0))
    return Rated.of(*_steps(model, list(rate_transactions(model, usage.values))))


@exact
def rate_transactions(model: Percentage, values: Iterable[Decimal]) -> tuple[RatedTransaction, ...]:
    """What each transaction costs, in the order in which they use up the allowance."""
    return tuple(_rated(model, values))


def _rated(model: Percentage, values: Iterable[Decimal]) -> Iterator[RatedTransaction]:
    allowance = _Allowance(model, bool(model.free_transactions or model.free_amount))
    for value in values:
        billable = allowance.billable(value)
        if billable is None:
            yield RatedTransaction(value, _NOTHING, _NOTHING, Charge.FREE)
        else:
            amount, charge = _charged(model, billable)
            yield RatedTransaction(value, billable, amount, charge)


@dataclass(slots=True)
class _Allowance:
    """What is left of the free transactions and the free amount; it ends with whichever ends first."""

    model: Percentage
    is_open: bool
    transactions: int = 0
    amount: Decimal = _NOTHING

    def billable(self, value: Decimal) -> Decimal | None:
        """The part of the next transaction that is not free; None if it is free as a whole.

        A refund of what was free gives back the allowance and no money.
        """
        if not self.is_open:
            return value
        self.transactions += value >= 0
        left = self.model.free_amount - self.amount
        if self.model.free_transactions and self.transactions > self.model.free_transactions:
            left = _NOTHING
        elif not self.model.free_amount or value <= left:
            self.amount = max(_NOTHING, self.amount + value)
            return None
        self.is_open = False
        return value - left


def _charged(model: Percentage, billable: Decimal) -> tuple[Decimal, Charge]:
    amount = billable * model.rate_percent.scaleb(-2)
    if billable >= 0:
        amount += model.fixed_amount
        if model.transaction_minimum is not None and amount < model.transaction_minimum:
            return model.transaction_minimum, Charge.MINIMUM
    if model.transaction_maximum is not None and abs(amount) > model.transaction_maximum:
        return model.transaction_maximum.copy_sign(amount), Charge.MAXIMUM
    return amount, Charge.RATE


def _steps(model: Percentage, rated: list[RatedTransaction]) -> Iterator[RatingStep]:
    free = sum((one.value - one.billable_value for one in rated), _NOTHING)
    if free:
        yield step("free", free, _NOTHING)
    by_rate = [one for one in rated if one.charge is Charge.RATE]
    fixed = sum(1 for one in by_rate if one.billable_value >= 0)
    yield _rate_step(model, sum((one.billable_value for one in by_rate), _NOTHING), fixed)
    for charge in (Charge.MINIMUM, Charge.MAXIMUM):
        for amount in sorted({one.amount for one in rated if one.charge is charge}):
            count = sum(1 for one in rated if one.charge is charge and one.amount == amount)
            yield step(f"at the {charge} for a transaction", Decimal(count), amount)


def _rate_step(model: Percentage, value: Decimal, transactions: int) -> RatingStep:
    label = f"{plain(model.rate_percent)} percent"
    return step(label, value, model.rate_percent.scaleb(-2), model.fixed_amount * transactions)
