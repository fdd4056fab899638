"""Invoice thresholds: the amounts of usage that bill it before its period ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway.core.errors import InvalidValue
from gateway.core.faults import Fault, price_above_zero_fault, repeated, require_none
from gateway.core.numbers import exact, plain

thresholds_max = 100


@dataclass(frozen=True, slots=True)
class LifetimeThresholds:
    """Amounts of lifetime usage reached `once` each, and one every `recurring_step` from the last of them on."""

    once: tuple[Decimal, ...]
    recurring_step: Decimal | None = None

    def __post_init__(self) -> None:
        if self.recurring_step is not None and self.recurring_step <= 0:
            wrong = f"A recurring step of {plain(self.recurring_step)} never gets further"
            raise InvalidValue(f"{wrong}; give one above 0, or none")

    @exact
    def up_to(self, amount: Decimal) -> tuple[Decimal, ...]:
        """All thresholds that an amount has reached, in order."""
        found = sorted(threshold for threshold in self.once if threshold <= amount)
        if self.recurring_step is None:
            return tuple(found)
        steps = range(1, self._steps_up_to(amount) + 1)
        return (*found, *(self._last + self.recurring_step * number for number in steps))

    @exact
    def are_reached(self, before: Decimal, after: Decimal) -> bool:
        """Whether an amount reaches one of them on its way up, without listing them: a small step may have millions."""
        is_step = self.recurring_step is not None and self._steps_up_to(before) < self._steps_up_to(after)
        return is_step or any(before < threshold <= after for threshold in self.once)

    @property
    def _last(self) -> Decimal:
        return max(self.once, default=Decimal(0))

    def _steps_up_to(self, amount: Decimal) -> int:
        assert self.recurring_step is not None, "without a step there are none"
        return max(0, int((amount - self._last) // self.recurring_step))


@dataclass(frozen=True, slots=True)
class InvoiceThresholds:
    """Amounts of usage, before discounts and taxes, that bill it early, each once: in a `period`, or in a `lifetime`.

    Beyond the last lifetime amount there is another one every `lifetime_step`. To reach one exactly is enough.
    """

    period: tuple[Decimal, ...] = ()
    lifetime: tuple[Decimal, ...] = ()
    lifetime_step: Decimal | None = None

    def __post_init__(self) -> None:
        require_none(_faults(self))

    @exact
    def are_reached(self, before: Decimal, after: Decimal, lifetime_before: Decimal = Decimal(0)) -> bool:
        """Whether the usage of a period, of which `before` is billed and `after` has come up, is to be billed now.

        `lifetime_before` is the usage of earlier periods.
        """
        lifetime = LifetimeThresholds(self.lifetime, self.lifetime_step)
        is_reached = any(before < threshold <= after for threshold in self.period)
        return is_reached or lifetime.are_reached(lifetime_before + before, lifetime_before + after)

    @property
    def has_lifetime(self) -> bool:
        """Whether the usage of earlier periods matters."""
        return bool(self.lifetime) or self.lifetime_step is not None


def _faults(thresholds: InvoiceThresholds) -> Iterator[Fault]:
    if not thresholds.period and not thresholds.has_lifetime:
        yield "", "has no amount; name one in period, lifetime or lifetime_step, or leave it out"
    yield from _amount_faults("period", thresholds.period)
    yield from _amount_faults("lifetime", thresholds.lifetime)
    step = thresholds.lifetime_step
    if step is not None and (fault := price_above_zero_fault(step)):
        yield "lifetime_step", fault


def _amount_faults(name: str, amounts: Sequence[Decimal]) -> Iterator[Fault]:
    if len(amounts) > thresholds_max:
        yield name, f"has {len(amounts)} amounts; use at most {thresholds_max}"
    for index, amount in enumerate(amounts):
        if fault := price_above_zero_fault(amount):
            yield f"{name}[{index}]", fault
    for index, text in repeated(map(plain, amounts)):
        yield f"{name}[{index}]", f"{text} is named twice"
