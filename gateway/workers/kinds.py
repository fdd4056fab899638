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
    OBSERVER = "observer"


def worker_command(kind: WorkerKind, of: str, settings: bytes, listener: int | None = None) -> WorkerCommand:
    """How to start a worker of a connection, of a plugin that observes, or of nothing in particular.

    One of proofs is asked over the socket `listener`.
    """
    inherited = () if listener is None else (listener,)
    return WorkerCommand(
        worker_name(kind, of),
        [sys.executable, "-m", "gateway.worker", kind, of, *map(str, inherited)],
        settings,
        "" if kind is WorkerKind.OBSERVER else of,
        is_awaited=kind is WorkerKind.PROJECTION,
        inherited=inherited,
    )


def worker_name(kind: WorkerKind, of: str) -> str:
    """What a worker is called in logs and faults."""
    return f"{kind} {of}".strip()
