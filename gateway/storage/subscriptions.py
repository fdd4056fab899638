"""Subscriptions and their phases, as `Definitions` asks for them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, tuple_

from gateway.core.periods.period import Interval, IntervalUnit
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import Subscription, SubscriptionStatus
from gateway.storage.rows import SubscriptionRow, table_of
from gateway.storage.statements import insert_unless_taken, one_of

_PHASES = table_of(SubscriptionRow)
_WHOLE_ID = func.coalesce(_PHASES.c.phase_of, _PHASES.c.id)
_IS_FIRST = _PHASES.c.phase_of.is_(None)


class SqlSubscriptions:
    """The part of `Definitions` that is about subscriptions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def subscriptions(self, customers: Sequence[str] | None = None) -> list[Subscription]:
        """See `Definitions.subscriptions`."""
        billed = [phase for history in self.histories_of(customers) for phase in history.billed]
        return sorted(billed, key=lambda phase: (phase.customer, phase.starts_at, phase.id))

    def histories_of(self, customers: Sequence[str] | None = None) -> list[SubscriptionHistory]:
        """See `Definitions.histories_of`."""
        query = select(_PHASES)
        if customers is not None:
            query = query.where(one_of(self._connection, _PHASES.c.customer, customers))
        found = self._histories(query)
        return sorted(found, key=lambda each: (each.first.customer, each.first.starts_at, each.first.id))

    def subscription_histories(self, ids: Sequence[str]) -> dict[str, SubscriptionHistory]:
        """See `Definitions.subscription_histories`."""
        asked = select(_PHASES.c.id, _WHOLE_ID.label("whole")).where(one_of(self._connection, _PHASES.c.id, ids))
        wholes = {row.id: row.whole for row in self._connection.execute(asked)}
        histories = {history.first.id: history for history in self._histories_by_id(sorted(set(wholes.values())))}
        return {each: histories[whole] for each, whole in wholes.items()}

    def subscription_page(
        self, after: tuple[str, str] | None, limit: int, customer: str | None = None
    ) -> list[SubscriptionHistory]:
        """See `Definitions.subscription_page`."""
        place = (_PHASES.c.customer, _PHASES.c.id)
        query = select(_PHASES.c.id).where(_IS_FIRST).order_by(*place).limit(limit)
        if after is not None:
            query = query.where(tuple_(*place) > tuple_(*after))
        if customer is not None:
            query = query.where(_PHASES.c.customer == customer)
        ids = list(self._connection.execute(query).scalars())
        histories = {history.first.id: history for history in self._histories_by_id(ids)}
        return [histories[each] for each in ids]

    def subscription_count(self, customer: str | None = None) -> int:
        """See `Definitions.subscription_count`."""
        query = select(func.count()).select_from(_PHASES).where(_IS_FIRST)
        if customer is not None:
            query = query.where(_PHASES.c.customer == customer)
        return int(self._connection.execute(query).scalar_one())

    def subscriptions_by_id(self, ids: Sequence[str]) -> dict[str, Subscription]:
        """See `Definitions.subscriptions_by_id`."""
        histories = self.subscription_histories(ids).values()
        phases = {phase.id: phase for history in histories for phase in history.phases}
        return {each: phases[each] for each in ids if each in phases}

    def add_subscription(self, subscription: Subscription) -> bool:
        """See `Definitions.add_subscription`."""
        return insert_unless_taken(self._connection, _PHASES, _values(subscription))

    def add_phases(self, history: SubscriptionHistory, phases: Sequence[Subscription], recorded_at: datetime) -> None:
        """See `Definitions.add_phases`."""
        known = len(history.recorded)
        values = [
            _values(phase) | {"key": phase.id, "sequence": known + place, "recorded_at": recorded_at}
            for place, phase in enumerate(phases)
        ]
        self._connection.execute(insert(_PHASES), values)

    def _histories_by_id(self, ids: Sequence[str]) -> list[SubscriptionHistory]:
        is_first, is_later = (one_of(self._connection, column, ids) for column in (_PHASES.c.id, _PHASES.c.phase_of))
        return self._histories(select(_PHASES).where(or_(is_first, is_later)))

    def _histories(self, query: Select[Any]) -> list[SubscriptionHistory]:
        """The subscriptions of all phases that `query` finds, which have to be all of theirs."""
        phases: dict[str, list[Row[Any]]] = {}
        for row in self._connection.execute(query.order_by(_PHASES.c.sequence)):
            phases.setdefault(row.phase_of or row.id, []).append(row)
        return [_history(rows) for rows in phases.values()]


def _history(rows: Iterable[Row[Any]]) -> SubscriptionHistory:
    first, *later = rows
    begun = _phase(first, first.key)
    others = (replace(_phase(row, first.key), begun_at=begun.starts_at) for row in later)
    return SubscriptionHistory((begun, *others))


def _values(subscription: Subscription) -> dict[str, object]:
    return {
        "id": subscription.id,
        "key": subscription.key,
        "customer": subscription.customer,
        "plan": subscription.plan,
        "plan_version": subscription.plan_version,
        "interval_unit": subscription.interval.unit,
        "interval_count": subscription.interval.count,
        "starts_at": subscription.starts_at,
        "ends_at": subscription.ends_at,
        "anchor": subscription.anchor,
        "time_zone": subscription.time_zone,
        "status": subscription.status,
        "phase_of": subscription.phase_of,
        "keeps_fees": int(subscription.keeps_fees),
    }


def _phase(row: Row[Any], key: str) -> Subscription:
    return Subscription(
        id=row.id,
        key=key,
        customer=row.customer,
        plan=row.plan,
        plan_version=row.plan_version,
        interval=Interval(IntervalUnit(row.interval_unit), row.interval_count),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        anchor=row.anchor,
        time_zone=row.time_zone,
        status=SubscriptionStatus(row.status),
        phase_of=row.phase_of,
        keeps_fees=bool(row.keeps_fees),
    )
