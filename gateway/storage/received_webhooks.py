"""Webhooks that providers send, as `ReceivedWebhooks` asks for them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, tuple_, update

from gateway.core.errors import NotFound
from gateway.core.ports.received_webhooks import ReceivedFilter
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook
from gateway.storage.rows import ReceivedWebhookRow, table_of
from gateway.storage.statements import insert_unless_taken

_RECEIVED = table_of(ReceivedWebhookRow)


class SqlReceivedWebhooks:
    """See `ReceivedWebhooks`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, webhook: ReceivedWebhook) -> bool:
        """See `ReceivedWebhooks.add`."""
        return insert_unless_taken(self._connection, _RECEIVED, _values(webhook))

    def claim(self, connection: str, now: datetime, lease_until: datetime) -> ReceivedWebhook | None:
        """See `ReceivedWebhooks.claim`."""
        lease = _RECEIVED.c.leased_until
        due = (
            select(_RECEIVED)
            .where(_RECEIVED.c.connection == connection, _RECEIVED.c.status == ReceivedStatus.PENDING)
            .where(_RECEIVED.c.due_at <= now, or_(lease.is_(None), lease <= now))
            .order_by(_RECEIVED.c.due_at, _RECEIVED.c.event_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = self._connection.execute(due).first()
        if row is None:
            return None
        claimed = replace(_webhook(row), attempts=row.attempts + 1)
        mine = update(_RECEIVED).where(_is(claimed))
        self._connection.execute(mine.values(attempts=claimed.attempts, leased_until=lease_until))
        return claimed

    def settle(self, webhook: ReceivedWebhook) -> bool:
        """See `ReceivedWebhooks.settle`."""
        held = update(_RECEIVED).where(_is(webhook), _RECEIVED.c.attempts == webhook.attempts)
        settled = held.where(_RECEIVED.c.leased_until.is_not(None)).values({**_values(webhook), "leased_until": None})
        return self._connection.execute(settled).rowcount == 1

    def lock(self, connection: str, event_id: str) -> ReceivedWebhook:
        """See `ReceivedWebhooks.lock`."""
        here = and_(_RECEIVED.c.connection == connection, _RECEIVED.c.event_id == event_id)
        row = self._connection.execute(select(_RECEIVED).where(here).with_for_update()).first()
        if row is None:
            raise NotFound(f"Connection {connection!r} has sent no webhook {event_id!r} that was kept")
        return _webhook(row)

    def put(self, webhook: ReceivedWebhook) -> None:
        """See `ReceivedWebhooks.put`."""
        self._connection.execute(update(_RECEIVED).where(_is(webhook)).values(_values(webhook)))

    def page(
        self, matching: ReceivedFilter, after: tuple[datetime, str, str] | None, limit: int
    ) -> list[ReceivedWebhook]:
        """See `ReceivedWebhooks.page`."""
        place = (_RECEIVED.c.received_at, _RECEIVED.c.connection, _RECEIVED.c.event_id)
        query = select(_RECEIVED).order_by(*(each.desc() for each in place)).limit(limit)
        if matching.connection is not None:
            query = query.where(_RECEIVED.c.connection == matching.connection)
        if matching.status is not None:
            query = query.where(_RECEIVED.c.status == matching.status)
        if after is not None:
            query = query.where(tuple_(*place) < tuple_(*after, types=[each.type for each in place]))
        return [_webhook(row) for row in self._connection.execute(query)]

    def counts(self) -> Mapping[ReceivedStatus, int]:
        """See `ReceivedWebhooks.counts`."""
        query = select(_RECEIVED.c.status, func.count()).group_by(_RECEIVED.c.status)
        return {ReceivedStatus(status): count for status, count in self._connection.execute(query)}


def _is(webhook: ReceivedWebhook) -> Any:
    return and_(_RECEIVED.c.connection == webhook.connection, _RECEIVED.c.event_id == webhook.event_id)


def _values(webhook: ReceivedWebhook) -> dict[str, Any]:
    return {name: getattr(webhook, name) for name in ReceivedWebhook.__slots__}


def _webhook(row: Row[Any]) -> ReceivedWebhook:
    values = row._asdict()
    del values["leased_until"]
    return ReceivedWebhook(**{**values, "status": ReceivedStatus(row.status)})
