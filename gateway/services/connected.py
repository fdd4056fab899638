"""The configured connections, and how each of them is getting on."""

from datetime import datetime, timedelta

from gateway.core.circuit import CLOSED, Circuit
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import Ambiguous, Retryable
from gateway.services.connection_holds import hold_if_refused
from gateway.services.delivery_failures import reason_length_max
from gateway.services.installation import Installation


def is_out_of_order(installation: Installation, connection: str) -> bool:
    """Whether the provider is to be left alone for now: it does not answer, or it refuses the credentials."""
    circuit, hold = installation.storage.read(
        lambda unit: (unit.connections.circuit(connection), unit.connections.hold(connection))
    )
    return hold is not None or circuit.is_open(installation.system_clock.now())


class UnderWay(Retryable):
    """An earlier request of ours may be under way: nothing that the provider did wrong."""


def circuit_after(circuit: Circuit, error: Exception | None, now: datetime) -> Circuit:
    """The circuit after an attempt that ended well, or with `error`; whatever a provider answers closes it."""
    if isinstance(error, UnderWay):
        return circuit
    if isinstance(error, Retryable | Ambiguous):
        seconds = error.retry_after_seconds if isinstance(error, Retryable) else None
        wait = timedelta(seconds=min(seconds, 10**6)) if seconds else None
        return circuit.after_failure(now, str(error)[:reason_length_max], wait)
    return CLOSED


def note_attempt(unit: UnitOfWork, installation: Installation, connection: str, error: Exception | None) -> None:
    """Keep what an attempt says of its connection."""
    hold_if_refused(unit, installation, connection, error)
    before = unit.connections.circuit(connection)
    after = circuit_after(before, error, installation.system_clock.now())
    if after != before:
        unit.connections.set_circuit(connection, after)
