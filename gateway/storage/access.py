"""API keys, secrets and remembered requests, as `Access` asks for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, literal, or_, select, update

from gateway.core.access import ApiKey, Scope
from gateway.core.errors import NotFound
from gateway.storage.rows import ApiKeyRow, RememberedRequestRow, SecretRow, table_of
from gateway.storage.statements import insert_unless_taken, one_of

_KEYS = table_of(ApiKeyRow)
_SECRETS = table_of(SecretRow)
_REQUESTS = table_of(RememberedRequestRow)


class SqlAccess:
    """See `Access`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_key(self, key: ApiKey) -> None:
        """See `Access.add_key`."""
        self._connection.execute(insert(_KEYS), _key_values(key))

    def key_by_prefix(self, prefix: str) -> ApiKey | None:
        """See `Access.key_by_prefix`."""
        row = self._connection.execute(select(_KEYS).where(_KEYS.c.prefix == prefix)).first()
        return None if row is None else _key(row)

    def keys(self, after: str | None, limit: int) -> list[ApiKey]:
        """See `Access.keys`."""
        query = select(_KEYS).where(_KEYS.c.id > (after or "")).order_by(_KEYS.c.id).limit(limit)
        return [_key(row) for row in self._connection.execute(query)]

    def keys_by_id(self, ids: Sequence[str]) -> dict[str, ApiKey]:
        """See `Access.keys_by_id`."""
        query = select(_KEYS).where(one_of(self._connection, _KEYS.c.id, ids))
        return {row.id: _key(row) for row in self._connection.execute(query)}

    def revoke_key(self, key_id: str, at: datetime) -> ApiKey:
        """See `Access.revoke_key`."""
        # Typed by hand: an argument of a function does not take the type of the column beside it.
        first = func.coalesce(_KEYS.c.revoked_at, literal(at, _KEYS.c.revoked_at.type))
        revoked = update(_KEYS).where(_KEYS.c.id == key_id).values(revoked_at=first)
        row = self._connection.execute(revoked.returning(*_KEYS.columns)).first()
        if row is None:
            raise NotFound(f"Key {key_id!r} does not exist")
        return _key(row)

    def note_use(self, key_id: str, at: datetime) -> None:
        """See `Access.note_use`."""
        is_later = or_(_KEYS.c.last_used_at.is_(None), _KEYS.c.last_used_at < at)
        self._connection.execute(update(_KEYS).where(_KEYS.c.id == key_id, is_later).values(last_used_at=at))

    def secret(self, name: str) -> str | None:
        """See `Access.secret`."""
        return self._connection.execute(select(_SECRETS.c.value).where(_SECRETS.c.name == name)).scalar()

    def add_secret(self, name: str, value: str) -> None:
        """See `Access.add_secret`."""
        insert_unless_taken(self._connection, _SECRETS, {"name": name, "value": value})

    def recall(self, key: str) -> tuple[str, str] | None:
        """See `Access.recall`."""
        query = select(_REQUESTS.c.request_hash, _REQUESTS.c.answer).where(_REQUESTS.c.key == key)
        row = self._connection.execute(query).first()
        return None if row is None else (row.request_hash, row.answer)

    def remember(self, key: str, request_hash: str, answer: str, at: datetime) -> bool:
        """See `Access.remember`."""
        values = {"key": key, "request_hash": request_hash, "answer": answer, "remembered_at": at}
        return insert_unless_taken(self._connection, _REQUESTS, values)


def _key_values(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "secret_hash": key.secret_hash,
        "scopes": " ".join(sorted(key.scopes)),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        secret_hash=row.secret_hash,
        scopes=frozenset(map(Scope, row.scopes.split())),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
