"""The range of a forecast: what is expected, and between what the amount ends in four of five cases."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.core.forecasting.horizon import origins_max
from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class ForecastRange:
    """The expected amount, and the lower and the higher end of the 80 percent range around it."""

    low: Money
    expected: Money
    high: Money


@dataclass(frozen=True, slots=True)
class ForecastAmounts:
    """What is expected, and what it would be by each of the outcomes, lower and higher."""

    expected: Money
    outcomes: tuple[tuple[Money, Money], ...]

    @property
    def range(self) -> ForecastRange:
        """From the lowest outcome to the highest.

        The 28 outcomes of two months share most of their days and are worth about four that do not; the lowest and
        the highest of four hold about 80 percent of what follows. How many they really hold, a back-test says.
        """
        low = min((self.expected, *(low for low, _ in self.outcomes)), key=_minor)
        high = max((self.expected, *(high for _, high in self.outcomes)), key=_minor)
        return ForecastRange(low, self.expected, high)


def together(amounts: Iterable[ForecastAmounts], currency: str) -> ForecastAmounts:
    """Many forecasts as one: outcomes are added origin by origin, as their days were the same days.

    So what moves all customers at once widens the range, and what moves each by itself evens out. Forecasts with fewer
    outcomes begin again with their first.
    """
    every = list(amounts)
    nothing = Money.zero(currency)
    outcomes = [
        (
            sum((each.outcomes[number % len(each.outcomes)][0] for each in every), nothing),
            sum((each.outcomes[number % len(each.outcomes)][1] for each in every), nothing),
        )
        for number in range(origins_max)
    ]
    return ForecastAmounts(sum((each.expected for each in every), nothing), tuple(outcomes))


def _minor(money: Money) -> int:
    return money.amount_minor
