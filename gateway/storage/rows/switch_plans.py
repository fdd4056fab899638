"""The tables of plans of switches."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import Int, UtcTime


class SwitchPlanRow(Row, table=True):
    """A plan that somebody asked for."""

    __tablename__ = "switch_plan"
    __table_args__ = (Index(None, "target", "ended_at"), STRICT)
    id: str = key()
    target: str = column()
    customers: str | None = column(nullable=True)
    actor: str = column()
    requested_at: datetime = column(UtcTime)
    done: int = column(Int)
    total: int | None = column(Int, nullable=True)
    ended_at: datetime | None = column(UtcTime, nullable=True)
    failure: str | None = column(nullable=True)
    unasked: str = column()


class SwitchPlanPartRow(Row, table=True):
    """A customer, an open invoice or a balance of a plan, as JSON."""

    __tablename__ = "switch_plan_part"
    __table_args__ = (STRICT,)
    plan_id: str = key(ForeignKey("switch_plan.id"))
    kind: str = key()
    ordinal: int = key(kind=Int)
    severity: str = column()
    body: str = column()
