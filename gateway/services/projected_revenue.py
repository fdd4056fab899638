"""Projected revenue: what the running periods of customers, or of the company, come to together, with a range."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gateway.core.errors import InvalidValue
from gateway.core.forecasting.projection import ForecastMethod
from gateway.core.forecasting.range import ForecastRange, together
from gateway.core.money import Money
from gateway.services.forecast import Forecast, forecasts
from gateway.services.installation import Installation
from gateway.services.project import Projector

subscriptions_per_pass = 200
"""For how many subscriptions days are read at once, in as many statements as for one."""


@dataclass(frozen=True, slots=True)
class ProjectedRevenue:
    """What running periods come to together in one currency: at least one of them."""

    range: ForecastRange
    forecasts: tuple[Forecast, ...]

    @property
    def currency(self) -> str:
        """Of all amounts."""
        return self.range.expected.currency

    @property
    def expected_on_a_line(self) -> Money:
        """How much of what is expected goes by a straight line, in whole or in part, because days say too little."""
        on_a_line = (ForecastMethod.STRAIGHT_LINE, ForecastMethod.MIXED)
        amounts = (each.amounts.expected for each in self.forecasts if each.method in on_a_line)
        return sum(amounts, Money.zero(self.currency))


def projected_revenue(found: Iterable[Forecast]) -> list[ProjectedRevenue]:
    """Forecasts together, by currency."""
    by_currency: dict[str, list[Forecast]] = {}
    for each in found:
        by_currency.setdefault(each.amounts.expected.currency, []).append(each)
    return [
        ProjectedRevenue(together([each.amounts for each in some], currency).range, tuple(some))
        for currency, some in sorted(by_currency.items())
    ]


def forecasts_of_customers(
    installation: Installation,
    projector: Projector,
    customers: Sequence[str] | None = None,
    subscriptions_max: int | None = None,
) -> list[Forecast]:
    """The forecasts of all subscriptions that run, by customer and start; of all customers if None.

    Raises `InvalidValue` for more than `subscriptions_max` subscriptions; None takes any number.
    """
    histories = installation.storage.read(lambda unit: unit.definitions.histories_of(customers))
    if subscriptions_max is not None and len(histories) > subscriptions_max:
        raise InvalidValue(
            f"{len(histories)} subscriptions are more than {subscriptions_max}; ask for one customer, or use"
            " `gateway reports forecast`"
        )
    found: list[Forecast] = []
    for ids in _batches([each.first.id for each in histories]):
        by_id = forecasts(installation, projector, ids)
        found += [by_id[each] for each in ids if each in by_id]
    return found


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    remaining = iter(ids)
    while batch := list(islice(remaining, subscriptions_per_pass)):
        yield batch
