"""uvicorn's protocol, but for four things: gathered writes, whole requests in time, patient closing, a direct road.

uvicorn writes the head and the body of an answer one after the other, each a system call that wakes the receiver; at
thousands of small answers a second those are a fifth of the work. It waits for ever for a request that has begun. And
it closes on a request that it refuses while that is still coming, upon which the kernel discards the answer. The direct
road is told of in `gateway.http.direct`.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.http.direct import DirectCycle, Fields, Take, plain_fields, reply_bytes
from gateway.http.replies import Reply

request_seconds_max = 30.0


class GatewayProtocol(HttpToolsProtocol):
    """HTTP/1.1 over connections whose writes are gathered, closed when a request takes too long to come.

    A POST to a path in `direct` is offered there if it comes whole in one read while no other is under way.
    """

    seconds_max = request_seconds_max
    direct: ClassVar[Mapping[bytes, Take]] = {}
    _held: Take | None = None
    _held_fields: Fields
    _held_body = b""
    _receiving_since: float | None = None
    _watch: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol.connection_made`."""
        gathering = GatheringTransport(transport, self.loop, self._is_body_coming)
        super().connection_made(gathering)  # type: ignore[arg-type]
        self._receiving_since = self.loop.time()
        self._watch = self.loop.call_later(self.seconds_max, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol.connection_lost`."""
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol.data_received`."""
        super().data_received(data)
        self._release()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._receiving_since = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head of a request has come; what becomes of it is open while it may go the direct road."""
        take = self.direct.get(self.url)
        fields = plain_fields(self.headers) if take is not None and self._may_be_direct() else None
        if take is None or fields is None:
            super().on_headers_complete()
        else:
            self._held = take
            self._held_fields = fields

    def on_body(self, body: bytes) -> None:
        """A part of a request's body has come."""
        if self._held is None:
            super().on_body(body)
        else:
            self._held_body += body

    def on_message_complete(self) -> None:
        """A request has come whole."""
        self._receiving_since = None
        if self._held is not None and self._is_taken(self._held):
            return
        self._release()
        super().on_message_complete()
        if self.transport.is_closing():
            self.transport.close()

    def _may_be_direct(self) -> bool:
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
        )

    def _is_taken(self, take: Take) -> bool:
        cycle = DirectCycle()

        def answer(reply: Reply) -> None:
            cycle.response_complete = True
            if cycle.disconnected:
                return
            whole = reply_bytes(reply, self.server_state.default_headers, cycle.keep_alive)
            self.transport.write_whole(whole)  # type: ignore[attr-defined]
            if not cycle.keep_alive:
                self.transport.close()
            self.on_response_complete()

        if not take(self._held_fields, self._held_body, answer):
            return False
        self.cycle = cycle  # type: ignore[assignment]
        self._held, self._held_body = None, b""
        return True

    def _release(self) -> None:
        """Let a request that was held go to the application, with as much as has come of it."""
        if self._held is None:
            return
        body, self._held, self._held_body = self._held_body, None, b""
        super().on_headers_complete()
        if body:
            super().on_body(body)

    def _is_body_coming(self) -> bool:
        return self._receiving_since is not None and self.cycle is not None and self.cycle.more_body

    def _look(self) -> None:
        # One timer a connection that looks now and then: one a request would be a twelfth of the work for a small one.
        since = self.loop.time() if self._receiving_since is None else self._receiving_since
        seconds_left = since + self.seconds_max - self.loop.time()
        if seconds_left > 0:
            self._watch = self.loop.call_later(seconds_left, self._look)
            return
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            self.transport.write(_too_slow(self.seconds_max))
        self._receiving_since = None
        self.transport.close()


def protocol_with(direct: Mapping[bytes, Take]) -> type[GatewayProtocol]:
    """The protocol of a server whose requests may be taken directly, by their path."""
    return type("GatewayProtocol", (GatewayProtocol,), {"direct": direct})


def _too_slow(seconds_max: float) -> bytes:
    message = f"The request did not come whole within request_seconds_max = {seconds_max:g}."
    body = json.dumps({"error": {"code": "REQUEST_TIMEOUT", "message": message}}).encode()
    head = (
        b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
        b"connection: close\r\ncontent-length: %d\r\n\r\n"
    )
    return head % len(body) + body


class GatheringTransport:
    """A transport that writes what it was given when the event loop has nothing else to do in this turn.

    While `is_body_coming`, closing is in two steps: the answer ends, and the next `close` ends the connection.
    """

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, is_body_coming: Callable[[], bool]
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._is_body_coming = is_body_coming
        self._gathered: list[bytes] = []
        self._has_ended = False

    def write(self, data: bytes) -> None:
        """See `asyncio.WriteTransport.write`; nothing is written once the answer has ended."""
        if self._has_ended:
            return
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append(data)

    def write_whole(self, answer: bytes) -> None:
        """Write an answer that needs no gathering, behind what is gathered."""
        if not self._has_ended:
            self._flush()
            self._transport.write(answer)

    def is_closing(self) -> bool:
        """Whether nothing more will be written."""
        return self._has_ended or self._transport.is_closing()

    def close(self) -> None:
        """Write what is gathered, then close."""
        self._flush()
        if self._has_ended or self._transport.is_closing() or not self._is_body_coming():
            self._transport.close()
            return
        self._has_ended = True
        try:
            self._transport.write_eof()
        except OSError:  # the other side is gone already
            self._transport.close()
        else:
            self._transport.resume_reading()

    def _flush(self) -> None:
        if self._gathered:
            self._transport.write(b"".join(self._gathered))
            self._gathered.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
