"""Answers that are whole before their first byte is sent: what is said, whichever road it takes to the socket."""

import json
import logging
import traceback
from collections.abc import Sequence
from typing import NamedTuple
from uuid import uuid4

from starlette.types import Send

logger = logging.getLogger(__name__)

Headers = Sequence[tuple[bytes, bytes]]


class Reply(NamedTuple):
    """A status with a body, and the headers of the answer but for those that every answer has."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


async def send_reply(reply: Reply, send: Send) -> None:
    """Say it on ASGI."""
    headers = [*reply.headers, (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def internal_error(error: BaseException) -> Reply:
    """The answer to a request that failed for a reason nobody expected, which is logged and not told.

    Logged are types and frames, without messages (which may quote what was sent), and the id to find them by.
    """
    correlation_id = uuid4().hex
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("Internal error %s: %s\n%s", correlation_id, type(error).__qualname__, frames)
    told = {"code": "INTERNAL", "message": "Internal error", "correlationId": correlation_id}
    return Reply(500, json.dumps({"error": told}).encode(), ((b"content-type", b"application/json"),))
