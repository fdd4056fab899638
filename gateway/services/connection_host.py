"""What the gateway does for a provider: it keeps the state and the pace of the connection."""

from dataclasses import dataclass

from gateway.core.ports.storage import Storage
from gateway.plugin_api import ConnectionState, RatePolicy
from gateway.services.clocks import SystemClock
from gateway.services.connection_state import NoState, SealedState
from gateway.services.pace import OwnTurns, Pacer, SharedTurns
from gateway.services.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Host:
    """See `ConnectionHost`."""

    state: ConnectionState
    pacer: Pacer

    def pace(self) -> None:
        """See `ConnectionHost.pace`."""
        self.pacer.wait()


def host_of(connection: str, rate: RatePolicy, storage: Storage | None, sealer: Sealer | None) -> Host:
    """The host of a connection; what is asked of its state without storage or a key is answered with a remedy.

    All processes on one storage keep to one pace.
    """
    turns = OwnTurns() if storage is None else SharedTurns(connection, storage)
    return Host(_state_of(connection, storage, sealer), Pacer(rate, turns, SystemClock().now))


def _state_of(connection: str, storage: Storage | None, sealer: Sealer | None) -> ConnectionState:
    if sealer is None:
        return NoState(
            f"Connection {connection!r} has secrets to keep, and there is no key to seal them with",
            "set `secrets.key` (GATEWAY_SECRETS__KEY) to what `openssl rand -base64 32` prints",
        )
    if storage is None:
        return NoState(f"Connection {connection!r} keeps its state in a database", "run `gateway migrate` first")
    return SealedState(connection, storage, sealer)
