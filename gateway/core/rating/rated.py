"""What rating comes to: an exact amount and its terms, which sum to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from gateway.core.numbers import exact

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, order=True)
class Transaction:
    """One event with a value that is rated by itself; in the order of time, then of the log."""

    occurred_at: datetime
    position: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A change of a level by `units`, and how many that makes over the rest of the period."""

    units: Decimal
    prorated_units: Decimal


@dataclass(frozen=True, slots=True)
class Usage:
    """What a price rates: a quantity, and where the model asks for it how the quantity came about.

    `values` are those of the single transactions, in order. `full_quantity` chooses the tier where `quantity` is
    prorated; `changes` make a quantity in the course of the period. `by_value` are the quantities by value of the
    dimension that the price tells apart.
    """

    quantity: Decimal
    values: tuple[Decimal, ...] = ()
    full_quantity: Decimal | None = None
    changes: tuple[UnitChange, ...] = ()
    by_value: Mapping[str, Decimal] = field(default_factory=dict)

    @classmethod
    @exact
    def of_values(cls, values: Iterable[Decimal]) -> "Usage":
        """Transactions of these values."""
        listed = tuple(values)
        return cls(sum(listed, _NOTHING), listed)


@dataclass(frozen=True, slots=True)
class RatingStep:
    """One term of a rated amount: `units` at `unit_amount` each, plus `flat_amount`; less where it is capped."""

    label: str
    units: Decimal
    unit_amount: Decimal
    flat_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Rated:
    """An exact amount in major units, before the line's rounding, and its terms, which sum to it.

    `tier` is the number of the one tier that was chosen, from 1, where the model chooses one.
    """

    amount: Decimal
    steps: tuple[RatingStep, ...]
    tier: int | None = None

    @classmethod
    @exact
    def of(cls, *steps: RatingStep, tier: int | None = None) -> "Rated":
        """The sum of the terms."""
        return cls(sum((step.amount for step in steps), _NOTHING), steps, tier)

    @classmethod
    def together(cls, parts: "Iterable[Rated]") -> "Rated":
        """Several quantities that are billed as one, each rated by itself."""
        return cls.of(*(step for part in parts for step in part.steps))

    @exact
    def beyond(self, earlier: "Rated") -> "Rated":
        """What is owed beyond an earlier, smaller quantity of the same price, term by term."""
        before = {step.label: step for step in earlier.steps}
        steps = [_beyond(step, before.pop(step.label, None)) for step in self.steps]
        reversed_steps = [_beyond(RatingStep(step.label, *_NOTHINGS), step) for step in before.values()]
        return Rated.of(*steps, *reversed_steps, tier=self.tier)


_NOTHINGS = (_NOTHING, _NOTHING, _NOTHING, _NOTHING)


def step(label: str, units: Decimal, unit_amount: Decimal, flat_amount: Decimal = _NOTHING) -> RatingStep:
    """`units` at `unit_amount` each, plus `flat_amount`."""
    return RatingStep(label, units, unit_amount, flat_amount, units * unit_amount + flat_amount)


def amount_step(label: str, amount: Decimal) -> RatingStep:
    """One amount."""
    return step(label, Decimal(1), amount)


def _beyond(later: RatingStep, earlier: RatingStep | None) -> RatingStep:
    if earlier is None:
        return later
    return RatingStep(
        later.label,
        later.units - earlier.units,
        later.unit_amount or earlier.unit_amount,
        later.flat_amount - earlier.flat_amount,
        later.amount - earlier.amount,
    )
