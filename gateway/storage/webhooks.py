"""Webhooks that the gateway sends, as `Webhooks` asks for them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, or_, select, tuple_, update

from gateway.core.errors import NotFound
from gateway.core.ports.webhooks import ClaimedSending, SendingFilter
from gateway.core.time import instant_text, read_instant
from gateway.core.webhooks import (
    PLUGIN_SCHEME,
    SendingStatus,
    WebhookEndpoint,
    WebhookEvent,
    WebhookMessage,
    WebhookSecret,
    WebhookSending,
)
from gateway.storage.rows import WebhookEndpointRow, WebhookMessageRow, WebhookSendingRow, table_of
from gateway.storage.statements import one_of, upsert

_ENDPOINTS = table_of(WebhookEndpointRow)
_MESSAGES = table_of(WebhookMessageRow)
_SENDINGS = table_of(WebhookSendingRow)


class SqlWebhooks:
    """See `Webhooks`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def endpoints(self) -> list[WebhookEndpoint]:
        """See `Webhooks.endpoints`."""
        return [_endpoint(row) for row in self._connection.execute(select(_ENDPOINTS).order_by(_ENDPOINTS.c.id))]

    def lock_endpoint(self, endpoint_id: str) -> WebhookEndpoint:
        """See `Webhooks.lock_endpoint`."""
        query = select(_ENDPOINTS).where(_ENDPOINTS.c.id == endpoint_id).with_for_update()
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound(f"There is no webhook endpoint {endpoint_id!r}; list them, or add one")
        return _endpoint(row)

    def put_endpoint(self, endpoint: WebhookEndpoint) -> None:
        """See `Webhooks.put_endpoint`."""
        self._put(_ENDPOINTS, [_endpoint_values(endpoint)])

    def remove_endpoint(self, endpoint_id: str) -> None:
        """See `Webhooks.remove_endpoint`."""
        self._connection.execute(delete(_SENDINGS).where(_SENDINGS.c.endpoint_id == endpoint_id))
        self._connection.execute(delete(_ENDPOINTS).where(_ENDPOINTS.c.id == endpoint_id))

    def add_message(self, message: WebhookMessage) -> None:
        """See `Webhooks.add_message`."""
        values = {"id": message.id, "event": message.event, "occurred_at": message.occurred_at, "body": message.body}
        self._connection.execute(_MESSAGES.insert(), values)

    def messages_since(self, since: datetime, limit: int) -> list[WebhookMessage]:
        """See `Webhooks.messages_since`."""
        query = select(_MESSAGES).where(_MESSAGES.c.occurred_at >= since)
        ordered = query.order_by(_MESSAGES.c.occurred_at, _MESSAGES.c.id).limit(limit)
        return [_message(row) for row in self._connection.execute(ordered)]

    def put_sendings(self, sendings: Sequence[WebhookSending]) -> None:
        """See `Webhooks.put_sendings`."""
        self._put(_SENDINGS, [{**_sending_values(each), "leased_until": None} for each in sendings])

    def claim(
        self, now: datetime, lease_until: datetime, limit: int, plugin: str | None = None
    ) -> list[ClaimedSending]:
        """See `Webhooks.claim`."""
        under_way = _SENDINGS.alias()
        is_busy = exists().where(under_way.c.endpoint_id == _ENDPOINTS.c.id, under_way.c.leased_until > now)
        url = _ENDPOINTS.c.url
        is_mine = url == f"{PLUGIN_SCHEME}{plugin}" if plugin else ~url.startswith(PLUGIN_SCHEME)
        free = select(_ENDPOINTS).where(_ENDPOINTS.c.disabled_at.is_(None), is_mine, ~is_busy).order_by(_ENDPOINTS.c.id)
        claimed: list[ClaimedSending] = []
        for row in self._connection.execute(free.with_for_update(skip_locked=True)).all():
            found = self._claim_one(_endpoint(row), now, lease_until) if len(claimed) < limit else None
            claimed += [found] if found else []
        return claimed

    def settle(self, sending: WebhookSending) -> bool:
        """See `Webhooks.settle`."""
        held = update(_SENDINGS).where(
            _SENDINGS.c.message_id == sending.message_id,
            _SENDINGS.c.endpoint_id == sending.endpoint_id,
            _SENDINGS.c.attempts == sending.attempts,
            _SENDINGS.c.leased_until.is_not(None),
        )
        settled = held.values({**_sending_values(sending), "leased_until": None})
        return self._connection.execute(settled).rowcount == 1

    def sendings(
        self, matching: SendingFilter, after: tuple[datetime, str, str] | None, limit: int
    ) -> list[tuple[WebhookSending, WebhookMessage]]:
        """See `Webhooks.sendings`."""
        place = (_SENDINGS.c.occurred_at, _SENDINGS.c.message_id, _SENDINGS.c.endpoint_id)
        query = select(_SENDINGS).order_by(*(each.desc() for each in place)).limit(limit)
        if matching.endpoint_id is not None:
            query = query.where(_SENDINGS.c.endpoint_id == matching.endpoint_id)
        if matching.status is not None:
            query = query.where(_SENDINGS.c.status == matching.status)
        if after is not None:
            query = query.where(tuple_(*place) < tuple_(*after, types=[each.type for each in place]))
        found = [_sending(row) for row in self._connection.execute(query)]
        messages = self._messages(each.message_id for each in found)
        return [(each, messages[each.message_id]) for each in found]

    def sending(self, message_id: str, endpoint_id: str) -> WebhookSending | None:
        """See `Webhooks.sending`."""
        query = select(_SENDINGS).where(_SENDINGS.c.message_id == message_id, _SENDINGS.c.endpoint_id == endpoint_id)
        row = self._connection.execute(query).first()
        return None if row is None else _sending(row)

    def forget(self, before: datetime, limit: int) -> int:
        """See `Webhooks.forget`."""
        waits = exists().where(_SENDINGS.c.message_id == _MESSAGES.c.id, _SENDINGS.c.status == SendingStatus.PENDING)
        old = select(_MESSAGES.c.id).where(_MESSAGES.c.occurred_at < before, ~waits).limit(limit)
        ids = list(self._connection.execute(old).scalars())
        for column in (_SENDINGS.c.message_id, _MESSAGES.c.id):
            self._connection.execute(delete(column.table).where(one_of(self._connection, column, ids)))
        return len(ids)

    def _claim_one(self, endpoint: WebhookEndpoint, now: datetime, lease_until: datetime) -> ClaimedSending | None:
        due = (
            select(_SENDINGS)
            .where(_SENDINGS.c.endpoint_id == endpoint.id, _SENDINGS.c.status == SendingStatus.PENDING)
            .where(_SENDINGS.c.due_at <= now, or_(_SENDINGS.c.leased_until.is_(None), _SENDINGS.c.leased_until <= now))
            .order_by(_SENDINGS.c.due_at, _SENDINGS.c.message_id)
            .limit(1)
        )
        row = self._connection.execute(due).first()
        if row is None:
            return None
        sending = replace(_sending(row), attempts=row.attempts + 1)
        mine = update(_SENDINGS).where(
            _SENDINGS.c.message_id == sending.message_id, _SENDINGS.c.endpoint_id == endpoint.id
        )
        self._connection.execute(mine.values(attempts=sending.attempts, leased_until=lease_until))
        message = self._messages([sending.message_id])[sending.message_id]
        return ClaimedSending(sending, message, endpoint, was_interrupted=row.leased_until is not None)

    def _messages(self, ids: Any) -> dict[str, WebhookMessage]:
        query = select(_MESSAGES).where(one_of(self._connection, _MESSAGES.c.id, ids))
        return {row.id: _message(row) for row in self._connection.execute(query)}

    def _put(self, table: Any, values: Sequence[dict[str, Any]]) -> None:
        if not values:
            return
        insert = upsert(self._connection, table)
        changed = {name: insert.excluded[name] for name in values[0]}
        put = insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changed)
        self._connection.execute(put, list(values))


def _endpoint_values(endpoint: WebhookEndpoint) -> dict[str, Any]:
    texts = [[each.text, each.expires_at and instant_text(each.expires_at)] for each in endpoint.signing_secrets]
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "created_at": endpoint.created_at,
        "signing_secrets": json.dumps(texts),
        "events": " ".join(sorted(endpoint.events)),
        "description": endpoint.description,
        "failing_since": endpoint.failing_since,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
    }


def _endpoint(row: Row[Any]) -> WebhookEndpoint:
    secrets = tuple(
        WebhookSecret(text, until and read_instant(until)) for text, until in json.loads(row.signing_secrets)
    )
    events = frozenset(WebhookEvent(each) for each in row.events.split())
    return WebhookEndpoint(**{**row._asdict(), "signing_secrets": secrets, "events": events})


def _message(row: Row[Any]) -> WebhookMessage:
    return WebhookMessage(row.id, WebhookEvent(row.event), row.occurred_at, row.body)


def _sending_values(sending: WebhookSending) -> dict[str, Any]:
    return {name: getattr(sending, name) for name in _SENDING_FIELDS}


def _sending(row: Row[Any]) -> WebhookSending:
    values = row._asdict()
    del values["leased_until"]
    return WebhookSending(**{**values, "status": SendingStatus(row.status)})


_SENDING_FIELDS = tuple(WebhookSending.__slots__)
