"""The audit log, as `AuditLog` asks for it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, tuple_

from gateway.core.audit import AuditAction, AuditEntry
from gateway.core.ports.audit import AuditFilter
from gateway.storage.rows import AuditEntryRow, table_of
from gateway.storage.statements import one_of

_ENTRIES = table_of(AuditEntryRow)
_PLACE = (_ENTRIES.c.at, _ENTRIES.c.id)
_NAMED = ("subject", "actor", "action", "customer")


class SqlAuditLog:
    """See `AuditLog`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record(self, entry: AuditEntry) -> None:
        """See `AuditLog.record`."""
        values = {name: getattr(entry, name) for name in AuditEntry.__slots__}
        self._connection.execute(insert(_ENTRIES), {**values, "details": json.dumps(dict(entry.details))})

    def page(self, matching: AuditFilter, after: tuple[datetime, str] | None, limit: int) -> list[AuditEntry]:
        """See `AuditLog.page`."""
        query = select(_ENTRIES).where(*_claims(matching))
        if after is not None:
            query = query.where(tuple_(*_PLACE) < tuple_(*after, types=[each.type for each in _PLACE]))
        newest_first = [each.desc() for each in _PLACE]
        return [_entry(row) for row in self._connection.execute(query.order_by(*newest_first).limit(limit))]

    def count(self, matching: AuditFilter) -> int:
        """See `AuditLog.count`."""
        query = select(func.count()).select_from(_ENTRIES).where(*_claims(matching))
        return int(self._connection.execute(query).scalar_one())

    def of_subjects(self, subjects: Sequence[str]) -> dict[str, list[AuditEntry]]:
        """See `AuditLog.of_subjects`."""
        query = select(_ENTRIES).where(one_of(self._connection, _ENTRIES.c.subject, subjects)).order_by(*_PLACE)
        found: dict[str, list[AuditEntry]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.subject, []).append(_entry(row))
        return found


def _claims(matching: AuditFilter) -> Iterator[ColumnElement[bool]]:
    for name in _NAMED:
        if (wanted := getattr(matching, name)) is not None:
            yield _ENTRIES.c[name] == wanted
    if matching.since is not None:
        yield _ENTRIES.c.at >= matching.since
    if matching.until is not None:
        yield _ENTRIES.c.at < matching.until


def _entry(row: Row[Any]) -> AuditEntry:
    details = tuple(json.loads(row.details).items())
    return AuditEntry(**{**row._asdict(), "action": AuditAction(row.action), "details": details})
