"""The state of a connection: secrets that change by themselves, sealed at rest and replaced one after the other."""

import json
from collections.abc import Mapping

from gateway.core.ports.storage import Storage
from gateway.plugin_api import NeedsAttention, StoredState
from gateway.services.sealing import CannotUnseal, Sealer

values_length_max = 64_000


class SealedState:
    """See `ConnectionState`."""

    def __init__(self, connection: str, storage: Storage, sealer: Sealer) -> None:
        self._connection = connection
        self._storage = storage
        self._sealer = sealer

    def read(self) -> StoredState:
        """See `ConnectionState.read`."""
        kept = self._storage.read(lambda unit: unit.connections.state(self._connection))
        if kept is None:
            return StoredState()
        try:
            content = self._sealer.unseal(kept.sealed, self._place(kept.version))
        except CannotUnseal as error:
            remedy = "set `secrets.previous_key` to the key that sealed it, or authorize the connection anew"
            raise NeedsAttention(str(error), remedy) from None
        return StoredState(kept.version, json.loads(content))

    def replace(self, version: int, values: Mapping[str, str]) -> bool:
        """See `ConnectionState.replace`."""
        content = json.dumps(dict(values), sort_keys=True).encode()
        if len(content) > values_length_max:
            raise NeedsAttention(
                f"Connection {self._connection!r} stores {len(content)} bytes of state",
                f"keep to {values_length_max}; state is for secrets, not for documents",
            )
        sealed = self._sealer.seal(content, self._place(version + 1))
        return self._storage.transact(lambda unit: unit.connections.replace_state(self._connection, version, sealed))

    def _place(self, version: int) -> str:
        return f"connection {self._connection}, version {version}"


class NoState:
    """The state of a connection where nothing can be sealed; it says what is missing."""

    def __init__(self, reason: str, remedy: str) -> None:
        self._reason = reason
        self._remedy = remedy

    def read(self) -> StoredState:
        """Raises `NeedsAttention`."""
        raise NeedsAttention(self._reason, self._remedy)

    def replace(self, version: int, values: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Raises `NeedsAttention`."""
        raise NeedsAttention(self._reason, self._remedy)
