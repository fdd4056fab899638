"""A gateway for the tests of a plugin: state in memory, and no waiting."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.plugin_api import ConnectionState, StoredState


@dataclass
class MemoryState:
    """See `ConnectionState`; kept in this object only, and not sealed."""

    stored: StoredState = field(default_factory=StoredState)

    def read(self) -> StoredState:
        """See `ConnectionState.read`."""
        return self.stored

    def replace(self, version: int, values: Mapping[str, str]) -> bool:
        """See `ConnectionState.replace`."""
        if version != self.stored.version:
            return False
        self.stored = StoredState(version + 1, dict(values))
        return True


@dataclass
class FakeHost:
    """See `ConnectionHost`; `requests` counts how often a provider asked for its turn."""

    state: ConnectionState = field(default_factory=MemoryState)
    requests: int = 0

    def pace(self) -> None:
        """See `ConnectionHost.pace`."""
        self.requests += 1
