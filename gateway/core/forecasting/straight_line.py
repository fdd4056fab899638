"""The straight line: what a running period will come to if it goes on as it went so far."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Aggregation, Meter, MeterVersion
from gateway.core.numbers import exact, quantity_places, round_half_up
from gateway.core.periods.period import BillingPeriod
from gateway.core.rating.rated import Transaction
from gateway.core.time import MICROSECOND

transactions_max = 100_000
"""How many single transactions a projection of one meter may have."""

_GROWING = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.UNIQUE_COUNT})


def projected(
    quantities: Sequence[MeteredQuantity],
    period: BillingPeriod,
    as_of: datetime,
    meters: Mapping[str, Meter],
    pace: Fraction = Fraction(1),
) -> tuple[MeteredQuantity, ...]:
    """The quantities at the end of `period` on a straight line through now; unchanged before it begins and after.

    What is still to come comes at `pace` times the pace so far.

    Single transactions come again in the same order and pace. What does not grow with time stays: a maximum, an
    average, what was carried on from before; and so do the meters that are `unprojected`.
    """
    elapsed = min(as_of, period.end) - period.start
    if elapsed <= timedelta(0):
        return tuple(quantities)
    growth = 1 + pace * Fraction((period.length - elapsed) // MICROSECOND, elapsed // MICROSECOND)
    stay, going_on = unprojected(quantities, period, as_of), _Pace(quantities, growth, elapsed)
    return tuple(
        going_on.at_the_end(item) if item.meter not in stay and grows(version_of(item, meters)) else item
        for item in quantities
    )


def unprojected(quantities: Sequence[MeteredQuantity], period: BillingPeriod, as_of: datetime) -> frozenset[str]:
    """The meters whose single transactions stay as they are: there would be more than `transactions_max` of them."""
    elapsed = min(as_of, period.end) - period.start
    if elapsed <= timedelta(0):
        return frozenset()
    so_far = Counter[str]()
    for item in quantities:
        so_far[item.meter] += len(item.transactions)
    return frozenset(meter for meter, count in so_far.items() if count * period.length > transactions_max * elapsed)


class _Pace:
    """How everything goes on: quantities by `growth`, transactions in rounds of `elapsed`, the last not whole."""

    def __init__(self, quantities: Sequence[MeteredQuantity], growth: Fraction, elapsed: timedelta) -> None:
        self._growth = growth
        self._elapsed = elapsed
        # Of all parts of a meter together: each by itself would be rounded to whole transactions.
        self._so_far: defaultdict[str, list[Transaction]] = defaultdict(list)
        for item in quantities:
            self._so_far[item.meter] += item.transactions
        for each in self._so_far.values():
            each.sort()

    def at_the_end(self, item: MeteredQuantity) -> MeteredQuantity:
        if not item.transactions:
            return replace(item, quantity=_scaled(item.quantity, self._growth))
        so_far = self._so_far[item.meter]
        rounds, rest = divmod(int(round_half_up(len(so_far) * self._growth, 0)), len(so_far))
        again = [self._later(each, number) for number in range(rounds) for each in item.transactions]
        again += [self._later(each, rounds) for each in item.transactions if rest and each <= so_far[rest - 1]]
        return replace(item, quantity=_sum(each.value for each in again), transactions=tuple(again))

    def _later(self, transaction: Transaction, rounds: int) -> Transaction:
        return replace(transaction, occurred_at=transaction.occurred_at + rounds * self._elapsed)


@exact
def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def version_of(item: MeteredQuantity, meters: Mapping[str, Meter]) -> MeterVersion:
    """The version that counted a quantity."""
    return meters[item.meter].versions[item.version - 1]


def grows(version: MeterVersion) -> bool:
    """Whether a quantity grows while its period runs, and is not the same at any time of it."""
    is_share_of_time = version.prorated_by_day or version.aggregation is Aggregation.WEIGHTED_SUM
    return is_share_of_time or (version.aggregation in _GROWING and not version.carries)


def _scaled(quantity: Decimal, growth: Fraction) -> Decimal:
    places = 0 if quantity == quantity.to_integral_value() else quantity_places
    return round_half_up(Fraction(quantity) * growth, places)
