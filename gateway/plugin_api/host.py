"""What the gateway does for a connection: it keeps its secrets that change, and its pace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredState:
    """What a connection has stored: `version` is 0 before anything was, and grows with every replacement."""

    version: int = 0
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


class ConnectionState(Protocol):
    """Secrets of a connection that change by themselves, such as refresh tokens: encrypted at rest, and versioned.

    Both methods raise `NeedsAttention` where the gateway has no key to seal with.
    """

    def read(self) -> StoredState:
        """What is stored now."""
        ...

    def replace(self, version: int, values: Mapping[str, str]) -> bool:
        """Store `values` in place of what has this version; False, with nothing stored, if that is not there any more.

        Whoever is refused reads again, and uses what another process has stored. What is stored is durable.
        """
        ...


class ConnectionHost(Protocol):
    """The gateway, as a provider sees it."""

    @property
    def state(self) -> ConnectionState:
        """The connection's own sealed state."""
        ...

    def pace(self) -> None:
        """Wait until the declared rate allows for one more request: call it before every request, once.

        Raises `Retryable` where that would take too long, or where the provider has lately been out of order.
        """
        ...
