"""Money, periods and dimension values."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Self
from zoneinfo import ZoneInfo

import strawberry

from gateway.core import money as core_money
from gateway.core.metering import meter as core_meters
from gateway.core.numbers import plain
from gateway.core.periods import period as core_periods
from gateway.core.time import local_date

_INSTANT = timedelta(microseconds=1)


def shortest(quantity: Decimal) -> Decimal:
    """The same quantity without zeros at its end; amounts keep theirs."""
    return Decimal(plain(quantity))


@strawberry.type
class Money:
    """An amount that is owed."""

    amount: Decimal = strawberry.field(description="In major units, with all places of the currency: 12.50 of USD.")
    currency: str = strawberry.field(description="The ISO 4217 code, such as USD.")

    @classmethod
    def from_core(cls, money: core_money.Money) -> Self:
        """The same amount."""
        return cls(amount=money.amount, currency=money.currency)


@strawberry.type
class Period:
    """A span of time, half-open: an event at its end belongs to the next one."""

    start: datetime = strawberry.field(description="The first instant in it.")
    end: datetime = strawberry.field(description="The first instant after it.")
    first_day: date = strawberry.field(description="The day of its start in the subscription's time zone.")
    last_day: date = strawberry.field(description="The day of its last instant in the subscription's time zone.")

    @classmethod
    def from_core(cls, period: core_periods.BillingPeriod, zone: ZoneInfo) -> Self:
        """The same span, with its days in `zone`."""
        return cls(
            start=period.start,
            end=period.end,
            first_day=local_date(period.start, zone),
            last_day=local_date(period.end - _INSTANT, zone),
        )


@strawberry.type
class DimensionValue:
    """What a dimension of a meter is for a count, such as `origin` JFK."""

    name: str = strawberry.field(description="The dimension.")
    value: str = strawberry.field(description="Its value; empty for events that have none.")

    @classmethod
    def list_from(cls, dimensions: core_meters.Dimensions) -> list[Self]:
        """One for each dimension, in the meter's order."""
        return [cls(name=name, value=value) for name, value in dimensions]
