"""The direct road: a small request that came whole is answered without a task.

uvicorn starts a task for each request, and ASGI hands body and answer over in messages: a third of what the event loop
does for a single event. Who is on this road gets the request in one call, and calls back once.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.http.metrics import RequestCounts
from gateway.http.replies import Headers, Reply

OnReply = Callable[[Reply], None]
Fields = dict[bytes, bytes]
"""Headers that are there once each, by their names in lower case."""

Take = Callable[[Fields, bytes, OnReply], bool]
"""Takes a POST by its headers and body and calls back once, on the event loop; False if it does not, and nothing
happened: then the request goes to the ASGI application, which refuses it or takes its time."""

# What the layers around the application read, and what says that the bytes of the body are not the body.
_not_direct = frozenset((b"origin", b"expect", b"upgrade", b"transfer-encoding", b"content-encoding"))


def plain_fields(headers: Headers) -> Fields | None:
    """Headers that ask for nothing but an answer; None if one is there twice, or is about more than the request."""
    fields = dict(headers)
    is_plain = len(fields) == len(headers) and b"content-length" in fields and fields.keys().isdisjoint(_not_direct)
    return fields if is_plain else None


def counted(take: Take, route: str, counts: RequestCounts) -> Take:
    """`take`, with its answers in the counts as those of the application are."""

    def take_counted(fields: Fields, body: bytes, answer: OnReply) -> bool:
        def answer_counted(reply: Reply) -> None:
            counts.add(route, "POST", reply.status)
            answer(reply)

        return take(fields, body, answer_counted)

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
    head = _head(reply.status, tuple(default_headers), reply.headers)
    closing = b"" if keep_alive else b"connection: close\r\n"
    return b"%bcontent-length: %d\r\n%b\r\n%b" % (head, len(reply.body), closing, reply.body)


@lru_cache(maxsize=64)
def _head(status: int, *headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """The lines that many answers have in common for as long as the date is the same."""
    return STATUS_LINE[status] + b"".join([b"%b: %b\r\n" % header for header in chain(*headers)])
