"""The direct road: a small request that came whole is answered without a task.

uvicorn starts a task for each request, and ASGI hands body and answer over in messages: a third of what the event loop
does for a single event. Who is on this road gets the request in one call, and calls back once.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.http.metrics import RequestCounts
from gateway.http.replies import Headers, Reply

OnReply = Callable[[Reply], None]
Take = Callable[[Headers, bytes, OnReply], bool]
"""Takes a POST by its headers and body and calls back once, on the event loop; False if it does not, and nothing
happened: then the request goes to the ASGI application, which refuses it or takes its time."""

# What the layers around the application read, and what says that the bytes of the body are not the body.
_not_direct = frozenset((b"origin", b"expect", b"upgrade", b"transfer-encoding", b"content-encoding"))


def is_plain(headers: Headers) -> bool:
    """Whether headers ask for nothing but an answer: each is there once, and none is about more than the request."""
    names = {name for name, _ in headers}
    return len(names) == len(headers) and b"content-length" in names and names.isdisjoint(_not_direct)


def counted(take: Take, route: str, counts: RequestCounts) -> Take:
    """`take`, with its answers in the counts as those of the application are."""

    def take_counted(headers: Headers, body: bytes, answer: OnReply) -> bool:
        def answer_counted(reply: Reply) -> None:
            counts.add(route, "POST", reply.status)
            answer(reply)

        return take(headers, body, answer_counted)

    return take_counted


class DirectCycle:
    """Stands where uvicorn's protocol looks for the request under way; it came whole and is not answered yet."""

    __slots__ = ("disconnected", "keep_alive", "response_complete")

    more_body: ClassVar[bool] = False
    response_started: ClassVar[bool] = False

    def __init__(self) -> None:
        self.disconnected = False
        self.keep_alive = True
        self.response_complete = False

    @property
    def message_event(self) -> "DirectCycle":
        """What is told of a lost connection; nobody waits."""
        return self

    def set(self) -> None:
        """See `asyncio.Event.set`."""


def reply_bytes(reply: Reply, default_headers: Headers, keep_alive: bool) -> bytes:
    """A whole answer as HTTP/1.1, as uvicorn writes it."""
    closing = b"" if keep_alive else b"connection: close\r\n"
    return b"%b%bcontent-length: %d\r\n%b\r\n%b" % (
        STATUS_LINE[reply.status] + _lines(default_headers),
        _known_lines(reply.headers),
        len(reply.body),
        closing,
        reply.body,
    )


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


_known_lines = lru_cache(maxsize=64)(_lines)
