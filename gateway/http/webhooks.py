"""`POST /webhooks/CONNECTION`: what a provider sends, kept before it is answered."""

import logging
from collections.abc import Awaitable, Callable

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from gateway.core.errors import GatewayError, NotFound
from gateway.core.ports.clock import Clock
from gateway.http.refusals import refused
from gateway.plugin_api import Unsupported, WebhookRefused, WebhookRequest
from gateway.services.receive_webhook import Proof, ProofUnavailable

logger = logging.getLogger(__name__)

Prove = Callable[[str, WebhookRequest], Awaitable[Proof]]
"""Has a webhook of a connection proven; raises `NotFound` where there is no such connection, `ProofUnavailable`."""
Keep = Callable[[str, WebhookRequest, Proof], bool]

body_bytes_max = 1_000_000
at_once_max = 8
retry_after_seconds = 5


class WebhookReceiver:
    """An endpoint that has each webhook proven by its plugin, and keeps it on threads of its own."""

    def __init__(self, prove: Prove, keep: Keep, clock: Clock) -> None:
        self._prove = prove
        self._keep = keep
        self._clock = clock
        self._threads = anyio.CapacityLimiter(at_once_max)

    async def answer(self, request: Request) -> Response:
        """200 once it is kept, or known already; 400 if it is not proven, 503 if it should be sent again."""
        try:
            body = await _body(request)
        except ClientDisconnect:
            return refused(400, "DISCONNECTED", "The body did not come whole.")
        if body is None:
            return refused(413, "CONTENT_TOO_LARGE", f"The body is larger than {body_bytes_max} bytes.")
        arrived = WebhookRequest(dict(request.headers), body, self._clock.now())
        connection = str(request.path_params["connection"])
        try:
            proof = await self._prove(connection, arrived)
            kept = await anyio.to_thread.run_sync(self._keep, connection, arrived, proof, limiter=self._threads)
        except WebhookRefused as error:
            logger.info("A webhook of %s is refused: %s", connection, error)
            # Why is for us to know: it would help who tries to forge one.
            return refused(400, "WEBHOOK_REFUSED", "It is not proven to come from the provider.")
        except (NotFound, Unsupported):
            return refused(404, "NOT_FOUND", "No connection of that name takes webhooks.")
        except GatewayError as error:  # its plugin does not work, or the database is busy
            seconds = error.retry_after_seconds if isinstance(error, ProofUnavailable) else retry_after_seconds
            again = {"Retry-After": str(seconds)}
            return refused(503, "UNAVAILABLE", "It cannot be taken for now; send it again.", again)
        return JSONResponse({"kept": kept})


async def _body(request: Request) -> bytes | None:
    """The raw bytes; None if there are too many."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > body_bytes_max:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
