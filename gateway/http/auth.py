"""Who sends a request: the bearer in its Authorization header, and nothing else."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Scope

from gateway.core.access import Caller
from gateway.http.graphql_request import Unauthenticated
from gateway.services.keys import Authenticator, Unauthorized

bearer_length_max = 4_096

CallerOf = Callable[[Request], Awaitable[Caller]]
BearersCaller = Callable[[str], Awaitable[Caller]]


def caller_of(authenticator: Authenticator) -> CallerOf:
    """A function that says who sends a request, or raises `Unauthenticated` (401 with `WWW-Authenticate`)."""
    identify = bearers_caller(authenticator)

    async def identify_sender(request: Request) -> Caller:
        return await identify(bearer_of(request.scope))

    return identify_sender


def bearers_caller(authenticator: Authenticator) -> BearersCaller:
    """A function that says whose a bearer is, or raises `Unauthenticated`; it asks the database on another thread."""

    async def identify(bearer: str) -> Caller:
        remembered = authenticator.remembered(bearer)
        if remembered is not None:
            return remembered
        try:
            return await run_in_threadpool(authenticator.caller, bearer)
        except Unauthorized as error:
            raise Unauthenticated(str(error)) from None

    return identify


def bearer_of(scope: Scope) -> str:
    """The key or token in the Authorization header; in a URL it would end up in logs, so it is never looked for there.

    Raises `Unauthenticated` without exactly one header of the scheme Bearer.
    """
    sent = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, rest = sent[0].partition(b" ") if len(sent) == 1 else (b"", b"", b"")
    bearer = rest.strip()
    if scheme.lower() != b"bearer" or not 0 < len(bearer) <= bearer_length_max:
        raise Unauthenticated("Send an API key or customer token as `Authorization: Bearer KEY`.")
    return str(bearer, "latin-1")
