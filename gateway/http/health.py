"""Whether the process is alive, and whether it can do its work."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.core.errors import GatewayError

logger = logging.getLogger(__name__)


async def healthz(_request: Request) -> Response:
    """200 for as long as the process answers at all."""
    return JSONResponse({"status": "alive"})


def readyz(check: Callable[[], Mapping[str, Sequence[str]]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that answers 200 if `check` (run on a thread) passes, else 503 with what is wrong.

    `check` answers with the connections that do not work, by why: the gateway works without them, and says so.
    """

    async def answer(_request: Request) -> Response:
        try:
            others = await run_in_threadpool(check)
        except GatewayError as error:
            return JSONResponse({"status": "not ready", "reason": str(error)}, 503)
        except Exception as error:  # a driver may raise anything, and its message may hold an address or a name
            logger.warning("Not ready: %s", type(error).__name__)
            return JSONResponse({"status": "not ready", "reason": "The database cannot be reached"}, 503)
        return JSONResponse({"status": "ready", **{why: list(names) for why, names in others.items() if names}})

    return answer
