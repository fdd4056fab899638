"""Usage: quantities by meter, window and dimension."""

from datetime import datetime
from decimal import Decimal
from typing import Self

import strawberry

from gateway.core.access import Caller
from gateway.schema.context import Info, related
from gateway.schema.scalars import Long
from gateway.schema.types.meter import Meter
from gateway.schema.types.money import DimensionValue, shortest
from gateway.services import project
from gateway.services import usage as services


@strawberry.type
class AsOf:
    """How current an answer is: everything that was acknowledged before the read is in it where it is current."""

    at: datetime = strawberry.field(description="The business time of the read.")
    is_current: bool = strawberry.field(description="Whether everything that was acknowledged before is counted.")
    position: Long | None = strawberry.field(
        description="The place in the log up to which events are counted; null for customer tokens."
    )
    head: Long | None = strawberry.field(
        description="The last place in the log when the read began; null for customer tokens."
    )

    @classmethod
    def from_core(cls, as_of: project.AsOf, caller: Caller) -> Self:
        """The same, without what `caller` could tell others' usage by."""
        is_company = caller.customer is None
        return cls(
            at=as_of.at,
            is_current=as_of.is_current,
            position=Long(as_of.position) if is_company else None,
            head=Long(as_of.head) if is_company else None,
        )


@strawberry.type
class UsagePoint:
    """A meter's quantity over one window."""

    meter_key: str = strawberry.field(description="The meter.")
    starts_at: datetime = strawberry.field(description="The first instant of the window.")
    ends_at: datetime = strawberry.field(description="The first instant after it.")
    dimensions: list[DimensionValue] = strawberry.field(description="The values it is grouped by.")
    quantity: Decimal = strawberry.field(description="The quantity.")
    events: Long = strawberry.field(description="How many events were counted.")

    @strawberry.field
    async def meter(self, info: Info) -> Meter | None:
        """The meter."""
        found = (await related(info).catalogue()).meters.get(self.meter_key)
        return Meter.from_core(found) if found else None

    @classmethod
    def from_core(cls, point: services.UsagePoint) -> Self:
        """The same point."""
        return cls(
            meter_key=point.meter,
            starts_at=point.starts_at,
            ends_at=point.ends_at,
            dimensions=DimensionValue.list_from(point.dimensions),
            quantity=shortest(point.quantity),
            events=Long(point.events),
        )


@strawberry.type
class UsageReport:
    """A customer's usage over a span of time."""

    points: list[UsagePoint] = strawberry.field(
        description="By meter, time and dimension values. Windows without usage have quantity 0 unless it is grouped."
    )
    as_of: AsOf = strawberry.field(description="How current it is.")

    @classmethod
    def from_core(cls, report: services.UsageReport, caller: Caller) -> Self:
        """The same report, as `caller` may see it."""
        points = [UsagePoint.from_core(point) for point in report.points]
        return cls(points=points, as_of=AsOf.from_core(report.as_of, caller))
