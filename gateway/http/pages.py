"""The web pages: static files of our own, with headers that let a page load nothing from anywhere else."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = Path(__file__).parent / "static"

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    # Chart and editor libraries place their elements by style attributes.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}
_ENCODED = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]


class Guarded:
    """An ASGI application whose answers, errors too, carry the headers that protect a page."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_ENCODED]
            await send(message)

        await self._application(scope, receive, send_guarded)


async def usage_page(_request: Request) -> Response:
    """The usage page."""
    return _page("index.html")


async def graphiql_page(_request: Request) -> Response:
    """GraphiQL, for deployments that are not in production."""
    return _page("graphiql.html")


class PageOrAnswer:
    """One address for both: a browser that opens it gets the page, any other client its answer."""

    def __init__(self, page: ASGIApp, endpoint: ASGIApp) -> None:
        self._page = page
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = dict(scope["headers"]).get(b"accept", b"")
        is_browser = scope["method"] == "GET" and b"text/html" in accepted
        await (self._page if is_browser else self._endpoint)(scope, receive, send)


def _page(name: str) -> Response:
    path = FOLDER / name
    if not path.is_file():
        return PlainTextResponse("This installation has no web page.", 404)
    return FileResponse(path, media_type="text/html; charset=utf-8")
