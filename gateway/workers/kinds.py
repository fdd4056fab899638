"""The kinds of worker processes, and how each is started."""

import sys
from enum import StrEnum

from gateway.workers.supervisor import WorkerCommand


class WorkerKind(StrEnum):
    """What a worker does."""

    PROJECTION = "projection"
    BILLING = "billing"
    DELIVERY = "delivery"
    WEBHOOKS = "webhooks"
    PROOF = "proof"


def worker_command(kind: WorkerKind, connection: str, settings: bytes, listener: int | None = None) -> WorkerCommand:
    """How to start a worker; one of proofs is asked over the socket `listener`."""
    inherited = () if listener is None else (listener,)
    return WorkerCommand(
        worker_name(kind, connection),
        [sys.executable, "-m", "gateway.worker", kind, connection, *map(str, inherited)],
        settings,
        connection,
        is_awaited=kind is WorkerKind.PROJECTION,
        inherited=inherited,
    )


def worker_name(kind: WorkerKind, connection: str) -> str:
    """What a worker is called in logs and faults."""
    return f"{kind} {connection}".strip()
