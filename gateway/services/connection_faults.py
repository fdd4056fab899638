"""What is wrong with the plugins of connections, as far as this process knows: the server, of its workers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ConnectionFaults:
    """The faults of each connection, one for each of its workers at most; safe to use from any thread."""

    _faults: dict[tuple[str, str], str] = field(default_factory=dict)

    def tell(self, connection: str, worker: str, fault: str | None) -> None:
        """Note the fault of a worker of a connection, or that it has none any more."""
        if fault is None:
            self._faults.pop((connection, worker), None)
        else:
            self._faults[connection, worker] = fault

    def known(self) -> Mapping[str, str]:
        """The faults by connection, as they are now; those of several workers in one text."""
        found: dict[str, str] = {}
        for (connection, _), fault in sorted(self._faults.copy().items()):
            found[connection] = f"{found[connection]}; {fault}" if connection in found else fault
        return found
