"""Who sends a request: the bearer in its Authorization header, and nothing else."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from gateway.core.access import Caller
from gateway.http.graphql_request import Unauthenticated
from gateway.services.keys import Authenticator, Unauthorized

bearer_length_max = 4_096

CallerOf = Callable[[Request], Awaitable[Caller]]


class Callers(Protocol):
    """Says whose a bearer is."""

    def remembered(self, bearer: str) -> Caller | None:
        """The caller, if that is known without asking the database."""

    async def identify(self, bearer: str) -> Caller:
        """The caller. Raises `Unauthenticated`."""


@dataclass(frozen=True, slots=True)
class KnownCallers:
    """See `Callers`; asks the database on another thread."""

    authenticator: Authenticator

    def remembered(self, bearer: str) -> Caller | None:
        """See `Callers.remembered`."""
        return self.authenticator.remembered(bearer)

    async def identify(self, bearer: str) -> Caller:
        """See `Callers.identify`."""
        remembered = self.remembered(bearer)
        if remembered is not None:
            return remembered
        try:
            return await run_in_threadpool(self.authenticator.caller, bearer)
        except Unauthorized as error:
            raise Unauthenticated(str(error)) from None


def caller_of(authenticator: Authenticator) -> CallerOf:
    """A function that says who sends a request, or raises `Unauthenticated` (401 with `WWW-Authenticate`)."""
    callers = KnownCallers(authenticator)

    async def identify_sender(request: Request) -> Caller:
        return await callers.identify(bearer_of(request.scope["headers"]))

    return identify_sender


def bearer_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The key or token in the Authorization header; in a URL it would end up in logs, so it is never looked for there.

    Raises `Unauthenticated` without exactly one header of the scheme Bearer.
    """
    sent = [value for name, value in headers if name == b"authorization"]
    scheme, _, rest = sent[0].partition(b" ") if len(sent) == 1 else (b"", b"", b"")
    bearer = rest.strip()
    if scheme.lower() != b"bearer" or not 0 < len(bearer) <= bearer_length_max:
        raise Unauthenticated("Send an API key or customer token as `Authorization: Bearer KEY`.")
    return str(bearer, "latin-1")
