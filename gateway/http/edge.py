"""The outermost layer: exact paths straight to their application, every answer counted, no error unanswered."""

import json
import logging
import traceback
from collections.abc import Mapping
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.metrics import RequestCounts

logger = logging.getLogger(__name__)

_OTHER = "other"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Edge:
    """An ASGI application in front of the others.

    Paths in `direct` are looked up in a dict: at thousands of requests a second the layers of a router count.
    """

    def __init__(self, direct: Mapping[str, ASGIApp], others: ASGIApp, counts: RequestCounts) -> None:
        self._direct = direct
        self._others = others
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._others(scope, receive, send)
            return
        path = scope["path"]
        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        application = self._direct.get(path)
        route = _OTHER if application is None else path
        has_begun = False

        async def send_counted(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._counts.add(route, method, message["status"])
            await send(message)

        try:
            await (application or self._others)(scope, receive, send_counted)
        except Exception as error:
            correlation_id = _log(error)
            if not has_begun:
                await _answer_500(send_counted, correlation_id)


def _log(error: Exception) -> str:
    """Log types and frames, without messages (which may quote what was sent); the id to find them by."""
    correlation_id = uuid4().hex
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("Internal error %s: %s\n%s", correlation_id, type(error).__qualname__, frames)
    return correlation_id


async def _answer_500(send: Send, correlation_id: str) -> None:
    error = {"code": "INTERNAL", "message": "Internal error", "correlationId": correlation_id}
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
