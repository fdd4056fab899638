"""The gateway itself: how far it has come."""

from datetime import datetime

import strawberry

from gateway.schema.scalars import Long


@strawberry.type
class GatewayState:
    """How far the gateway has come."""

    log_position: Long = strawberry.field(description="The place of the last event in the log.")
    projection_position: Long = strawberry.field(description="The place up to which live counts hold the log.")
    is_current: bool = strawberry.field(description="Whether live counts hold all of the log.")
    business_time: datetime = strawberry.field(description="The time that billing goes by.")
    system_time: datetime = strawberry.field(description="The time that keys and leases go by.")
    connection: str = strawberry.field(description="The connection that finalized invoices are delivered to.")
