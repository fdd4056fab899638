"""What is wrong with the plugins of connections, as far as this process knows: the server, of its workers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ConnectionFaults:
    """The fault of each connection that has one; safe to use from any thread."""

    _faults: dict[str, str] = field(default_factory=dict)

    def tell(self, connection: str, fault: str | None) -> None:
        """Note the fault of a connection, or that it has none any more."""
        if fault is None:
            self._faults.pop(connection, None)
        else:
            self._faults[connection] = fault

    def known(self) -> Mapping[str, str]:
        """The faults by connection, as they are now."""
        return dict(sorted(self._faults.copy().items()))
