"""Refusals outside GraphQL, in JSON: what is wrong, for programs and for people."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


def refused(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that is not served."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


async def refused_by_router(request: Request, error: Exception) -> Response:
    """The answer where no route fits a request, or not its method."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    message = status.description or status.phrase
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "another method")
        message = f"{request.method} is not taken here; use {allowed}"
    return refused(status, status.name, f"{message}.", error.headers)
