"""The web pages: static files of our own, with headers that let a page load nothing from anywhere else."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

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
SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_ENCODED = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


async def usage_page(_request: Request) -> Response:
    """The usage page."""
    return _page("index.html")


async def graphiql_page(_request: Request) -> Response:
    """GraphiQL, for deployments that are not in production."""
    return _page("graphiql.html")


class StaticPages:
    """The files that the pages load; an ASGI application."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_ENCODED]
            await send(message)

        await self._files(scope, receive, send_guarded)


def asks_for_page(method: str, accept: bytes) -> bool:
    """Whether a request is a browser's for a page, not a client's for an answer."""
    return method == "GET" and b"text/html" in accept


def _page(name: str) -> Response:
    path = FOLDER / name
    if not path.is_file():
        return Response("This installation has no web page.", 404, SECURITY_HEADERS, "text/plain")
    return FileResponse(path, headers=SECURITY_HEADERS, media_type="text/html; charset=utf-8")
