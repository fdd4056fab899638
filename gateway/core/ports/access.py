"""What the services ask of the storage of keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.core.access import ApiKey


class Access(Protocol):
    """API keys, signing secrets and remembered requests."""

    def add_key(self, key: ApiKey) -> None:
        """Store a key, which holds only the hash of its secret."""
        ...

    def key_by_prefix(self, prefix: str) -> ApiKey | None:
        """The key whose public part is `prefix`."""
        ...

    def keys(self, after: str | None, limit: int) -> list[ApiKey]:
        """Keys by id, after the id `after`."""
        ...

    def keys_by_id(self, ids: Sequence[str]) -> dict[str, ApiKey]:
        """Those of `ids` that exist."""
        ...

    def revoke_key(self, key_id: str, at: datetime) -> ApiKey:
        """End a key. Raises `NotFound`."""
        ...

    def note_use(self, key_id: str, at: datetime) -> None:
        """Remember when a key was last used."""
        ...

    def secret(self, name: str) -> str | None:
        """A secret of the installation."""
        ...

    def add_secret(self, name: str, value: str) -> None:
        """Store a secret of the installation unless it exists."""
        ...

    def recall(self, key: str) -> tuple[str, str] | None:
        """The request hash and the answer remembered for an idempotency key."""
        ...

    def remember(self, key: str, request_hash: str, answer: str, at: datetime) -> bool:
        """Remember an answer for ever; False if the key is taken."""
        ...
