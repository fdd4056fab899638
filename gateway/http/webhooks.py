"""`POST /webhooks/CONNECTION`: what a provider sends, kept before it is answered."""

from collections.abc import Callable

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from gateway.core.errors import GatewayError, NotFound
from gateway.core.ports.clock import Clock
from gateway.plugin_api import ProviderError, Unsupported, WebhookRefused, WebhookRequest

Receive = Callable[[str, WebhookRequest], bool]
"""Keeps a webhook; raises `NotFound` where there is no such connection, another `GatewayError` while it is at fault."""

body_bytes_max = 1_000_000
seconds_max = 10.0
at_once_max = 8


class WebhookReceiver:
    """An endpoint that has the plugin prove each webhook, on threads of its own: one that hangs stops nothing else."""

    def __init__(self, receive: Receive, clock: Clock) -> None:
        self._receive = receive
        self._clock = clock
        self._threads = anyio.CapacityLimiter(at_once_max)

    async def answer(self, request: Request) -> Response:
        """200 once it is kept, or known already; 400 if it is not proven, 503 if it should be sent again."""
        try:
            body = await _body(request)
        except ClientDisconnect:
            return _refused(400, "DISCONNECTED", "The body did not come whole.")
        if body is None:
            return _refused(413, "CONTENT_TOO_LARGE", f"The body is larger than {body_bytes_max} bytes.")
        arrived = WebhookRequest(dict(request.headers), body, self._clock.now())
        connection = str(request.path_params["connection"])
        try:
            with anyio.fail_after(seconds_max):
                kept = await anyio.to_thread.run_sync(
                    self._receive, connection, arrived, abandon_on_cancel=True, limiter=self._threads
                )
        except (TimeoutError, GatewayError, ProviderError) as error:
            return _answer_to(error)
        return JSONResponse({"kept": kept})


def _answer_to(error: Exception) -> Response:
    match error:
        case NotFound() | Unsupported():
            return _refused(404, "NOT_FOUND", "No connection of that name takes webhooks.")
        case WebhookRefused():
            # Why is for us to know: it would help who tries to forge one.
            return _refused(400, "WEBHOOK_REFUSED", "It is not proven to come from the provider.")
        case TimeoutError():
            return _refused(503, "UNAVAILABLE", "It could not be checked in time; send it again.")
    # Its settings or its plugin are at fault, and the log says how.
    return _refused(503, "UNAVAILABLE", "The connection does not work now; send it again.")


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


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)
