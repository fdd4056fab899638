"""Has webhooks proven in child processes, one for each connection, so that a plugin that hangs stops nothing else."""

import math
import socket
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from gateway.core.errors import NotFound
from gateway.plugin_api import WebhookRequest
from gateway.services.receive_webhook import Proof, ProofUnavailable
from gateway.workers.proof_messages import read_answer, request_bytes
from gateway.workers.supervisor import Supervisor

call_seconds_max = 5.0
"""How long a plugin may take to verify a webhook, and to parse it: no more than computing is asked of it."""
wait_seconds_max = 10.0
"""How long the sender of a webhook waits, for its process to start among others."""
waiting_max = 32
retry_after_seconds = 5
look_seconds = 0.1
_backlog = 128

Supervise = Callable[[str, int], Supervisor]
"""The process for a connection, which listens at a file number; not started."""


class Provers:
    """The processes that prove webhooks, each started with the first one of its connection."""

    def __init__(self, connections: Collection[str], supervise: Supervise) -> None:
        self._connections = connections
        self._supervise = supervise
        self._started: dict[str, Prover] = {}

    async def prove(self, connection: str, request: WebhookRequest) -> Proof:
        """What a webhook says. Raises `NotFound`, `ProofUnavailable`, `WebhookRefused` and `Unsupported`."""
        if connection not in self._connections:
            raise NotFound(f"There is no connection {connection!r}")
        if connection not in self._started:
            self._started[connection] = Prover(connection, self._supervise)
        return await self._started[connection].prove(request)

    def started(self) -> list["Prover"]:
        """Those that have to be stopped at the end."""
        return list(self._started.values())


class Prover:
    """The process of one connection, and the socket that outlives it."""

    def __init__(self, connection: str, supervise: Supervise) -> None:
        """Start it."""
        self._connection = connection
        self._waiting = 0
        self._folder = TemporaryDirectory(prefix="gateway-")
        self._path = Path(self._folder.name) / "proofs"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen(_backlog)
        self._supervisor = supervise(connection, self._listener.fileno())
        self._supervisor.start()

    async def prove(self, request: WebhookRequest) -> Proof:
        """What a webhook says. Raises `ProofUnavailable`, `WebhookRefused` and `Unsupported`."""
        if self._supervisor.resting_seconds() or self._waiting >= waiting_max:
            raise self._unavailable()
        self._waiting += 1
        try:
            return read_answer(await self._answer(request_bytes(request)))
        except ValueError:
            raise self._unavailable() from None
        finally:
            self._waiting -= 1

    def _unavailable(self) -> ProofUnavailable:
        return ProofUnavailable(self._connection, math.ceil(self._supervisor.resting_seconds()) or retry_after_seconds)

    async def _answer(self, question: bytes) -> bytes:
        """What is answered; nothing if that takes too long, or the process ends meanwhile."""
        answer = b""
        with anyio.move_on_after(wait_seconds_max):
            async with anyio.create_task_group() as asking:
                asking.start_soon(self._give_up, asking.cancel_scope)
                answer = await _ask(self._path, question)
                asking.cancel_scope.cancel()
        return answer

    async def _give_up(self, asking: anyio.CancelScope) -> None:
        """Nobody takes up a question that waits while the process is not there."""
        while not self._supervisor.resting_seconds():
            await anyio.sleep(look_seconds)
        asking.cancel()

    def stop(self) -> None:
        """End it."""
        self._supervisor.stop()
        self._listener.close()
        self._folder.cleanup()


async def _ask(path: Path, question: bytes) -> bytes:
    """What is answered there; nothing if whoever took up the question ends."""
    answer = bytearray()
    with suppress(OSError, anyio.BrokenResourceError):
        async with await anyio.connect_unix(path) as stream:
            await stream.send(question)
            async for part in stream:
                answer += part
    return bytes(answer)
