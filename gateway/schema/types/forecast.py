"""What a running period will come to, with a range."""

from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

import strawberry

from gateway.core.access import Caller
from gateway.core.forecasting.projection import ForecastMethod
from gateway.schema.types.line import Line, line_fields
from gateway.schema.types.money import Money, Period
from gateway.schema.types.usage import AsOf
from gateway.services import forecast as services
from gateway.services import projected_revenue as revenue

_LOW = "The lower end of the range: in four of five cases the amount ends in it."
_EXPECTED = "What is expected."
_HIGH = "The higher end of the range."


@strawberry.type
class ForecastLine(Line):
    """A line that the period's invoices are expected to have."""


@strawberry.type
class Forecast:
    """What a billing period will come to: its usage, with fees and true-ups, before discounts, credits and taxes."""

    period: Period = strawberry.field(description="The billing period.")
    at: datetime = strawberry.field(description="It is made from what was used before this instant.")
    method: ForecastMethod = strawberry.field(description="How it was made, and so how far to trust it.")
    low: Money = strawberry.field(description=_LOW)
    expected: Money = strawberry.field(description=f"{_EXPECTED} The sum of the lines.")
    high: Money = strawberry.field(description=_HIGH)
    lines: list[ForecastLine] = strawberry.field(description="The lines that are expected.")
    unprojected: list[str] = strawberry.field(
        description="The meters that stay as they are so far: too many single transactions to go on."
    )
    as_of: AsOf = strawberry.field(description="How current the usage is.")

    @classmethod
    def from_core(cls, forecast: services.Forecast, zone: ZoneInfo, caller: Caller) -> Self:
        """The same forecast with its days in `zone`, as `caller` may see it."""
        found = forecast.range
        return cls(
            period=Period.from_core(forecast.period, zone),
            at=forecast.at,
            method=forecast.method,
            low=Money.from_core(found.low),
            expected=Money.from_core(found.expected),
            high=Money.from_core(found.high),
            lines=[ForecastLine(**line_fields(line, zone)) for line in forecast.lines],
            unprojected=sorted(forecast.unprojected),
            as_of=AsOf.from_core(forecast.as_of, caller),
        )


@strawberry.type
class ProjectedRevenue:
    """What running periods will come to together in one currency, before discounts, credits and taxes."""

    low: Money = strawberry.field(description=_LOW)
    expected: Money = strawberry.field(description=_EXPECTED)
    high: Money = strawberry.field(description=_HIGH)
    expected_on_a_line: Money = strawberry.field(
        description="How much of what is expected goes by a straight line, because the past says too little."
    )
    subscriptions: int = strawberry.field(description="How many subscriptions it is of.")
    as_of: AsOf = strawberry.field(description="How current the usage is.")

    @classmethod
    def from_core(cls, projected: revenue.ProjectedRevenue, caller: Caller) -> Self:
        """The same, as `caller` may see it."""
        return cls(
            low=Money.from_core(projected.range.low),
            expected=Money.from_core(projected.range.expected),
            high=Money.from_core(projected.range.high),
            expected_on_a_line=Money.from_core(projected.expected_on_a_line),
            subscriptions=len(projected.forecasts),
            as_of=AsOf.from_core(projected.forecasts[0].as_of, caller),
        )
