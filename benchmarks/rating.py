"""Rating of many graduated quantities, beside numpy's int64 at the same work: numbers in, exact amounts out.

Of events that are billed at once only the amounts are asked for (`amounts_of`). What lines of invoices take has the
terms of each amount as well (`rate`), which numpy does not make; it is measured without a bar.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import numpy as np

from benchmarks.server import BenchmarkFailed
from gateway.core.plans.price_models import Graduated, Tier
from gateway.core.rating.many import amounts_of
from gateway.core.rating.rate import rate

T = TypeVar("T")

quantities_rated = 100_000
quantities_with_terms = 10_000
_runs = 7
_most = 20_000
_places = 2

PRICE = Graduated(
    (
        Tier(Decimal(1_000), Decimal("0.10")),
        Tier(Decimal(5_000), Decimal("0.07"), flat_amount=Decimal(25)),
        Tier(Decimal(10_000), Decimal("0.05")),
        Tier(None, Decimal("0.01")),
    )
)


@dataclass(frozen=True, slots=True)
class RatingRun:
    """The best of several runs of each."""

    seconds: float
    numpy_seconds: float
    seconds_with_terms: float


def run_rating(seed: int) -> RatingRun:
    """Rate the same quantities with both. Raises `BenchmarkFailed` if an amount differs."""
    drawn = random.Random(seed)  # noqa: S311
    whole = [drawn.randrange(_most) for _ in range(quantities_rated)]
    exact = [Decimal(number) for number in whole]
    ours, seconds = _best(lambda: amounts_of(PRICE, exact))
    theirs, numpy_seconds = _best(lambda: _by_numpy(whole))
    if [int(amount.scaleb(_places)) for amount in ours] != theirs:
        raise BenchmarkFailed("Rating and numpy do not come to the same amounts")
    with_terms, seconds_with_terms = _best(lambda: [rate(PRICE, each).amount for each in exact[:quantities_with_terms]])
    if with_terms != ours[:quantities_with_terms]:
        raise BenchmarkFailed("Rating with and without terms does not come to the same amounts")
    return RatingRun(seconds, numpy_seconds, seconds_with_terms)


def _by_numpy(whole: Sequence[int]) -> list[int]:
    """Amounts in minor units: the tier by binary search, the tiers below it by a table."""
    quantities = np.array(whole, dtype=np.int64)
    bounds = np.array([int(tier.up_to) for tier in PRICE.tiers if tier.up_to is not None], dtype=np.int64)
    units = np.array([int(tier.unit_amount.scaleb(_places)) for tier in PRICE.tiers], dtype=np.int64)
    flats = np.array([int(tier.flat_amount.scaleb(_places)) for tier in PRICE.tiers], dtype=np.int64)
    lower = np.concatenate((np.zeros(1, dtype=np.int64), bounds))
    widths = np.diff(lower)
    below = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(widths * units[:-1] + flats[:-1])))
    tier = np.searchsorted(bounds, quantities, side="left")
    amounts: list[int] = (below[tier] + flats[tier] + (quantities - lower[tier]) * units[tier]).tolist()
    return amounts


def _best(work: Callable[[], list[T]]) -> tuple[list[T], float]:
    times: list[float] = []
    for _ in range(_runs):
        started = time.perf_counter()
        made = work()
        times.append(time.perf_counter() - started)
    return made, min(times)
