"""What a running period costs so far."""

from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

import strawberry

from gateway.core.access import Caller
from gateway.schema.context import Info, related
from gateway.schema.types.forecast import Forecast
from gateway.schema.types.line import Line, line_fields
from gateway.schema.types.money import Money, Period
from gateway.schema.types.usage import AsOf
from gateway.services import cost as services


@strawberry.type
class CostLine(Line):
    """A line that an invoice over this period would have."""


@strawberry.type
class Trial:
    """The part of a subscription that no fees are billed for."""

    ends_at: datetime | None = strawberry.field(description="The first instant that is paid for; null for no end.")
    bills_usage: bool = strawberry.field(description="Whether usage of it is billed; if not, it costs nothing.")

    @classmethod
    def from_core(cls, trial: services.Trial) -> Self:
        """The same trial."""
        return cls(ends_at=trial.ends_at, bills_usage=trial.bills_usage)


@strawberry.type
class RunningCost:
    """What the billing period that contains an instant costs: usage before it, and the fees of that same period."""

    period: Period = strawberry.field(description="The billing period.")
    at: datetime = strawberry.field(description="Usage before this instant is in it.")
    so_far: list[CostLine] = strawberry.field(description="What usage until then costs, and the period's fees.")
    total: Money = strawberry.field(description="The sum of these lines.")
    billed: Money = strawberry.field(description="What of the usage progressive invoices have billed by now.")
    unbilled: Money = strawberry.field(description="What is left to bill of the usage until then, before discounts.")
    trial: Trial | None = strawberry.field(description="The trial that the instant lies in; null outside of one.")
    as_of: AsOf = strawberry.field(description="How current the usage is.")
    asked: strawberry.Private[tuple[str, datetime | None]]
    zone: strawberry.Private[ZoneInfo]

    @strawberry.field
    async def forecast(self, info: Info) -> Forecast | None:
        """What the whole period will come to, as it looks at this instant; at its end, what it came to."""
        found = await related(info).forecasts.load(self.asked)
        return Forecast.from_core(found, self.zone, info.context.caller) if found else None

    @classmethod
    def from_core(cls, cost: services.RunningCost, at: datetime | None, zone: ZoneInfo, caller: Caller) -> Self:
        """The same cost with its days in `zone`, as `caller` may see it who asked for `at`."""
        return cls(
            period=Period.from_core(cost.period, zone),
            at=cost.at,
            so_far=[CostLine(**line_fields(line, zone)) for line in cost.so_far],
            total=Money.from_core(cost.total),
            billed=Money.from_core(cost.billed),
            unbilled=Money.from_core(cost.unbilled),
            trial=Trial.from_core(cost.trial) if cost.trial else None,
            as_of=AsOf.from_core(cost.as_of, caller),
            asked=(cost.subscription_id, at),
            zone=zone,
        )
