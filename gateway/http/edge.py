"""The outermost layer: exact paths straight to their application, every answer counted, no error unanswered."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.metrics import RequestCounts
from gateway.http.replies import internal_error, send_reply

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
            reply = internal_error(error)
            if not has_begun:
                await send_reply(reply, send_counted)
