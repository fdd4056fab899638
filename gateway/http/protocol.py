"""uvicorn's protocol, but for three things: gathered writes, requests that have to come whole in time, patient closing.

uvicorn writes the head and the body of an answer one after the other, each a system call that wakes the receiver; at
thousands of small answers a second those are a fifth of the work. It waits for ever for a request that has begun. And
it closes on a request that it refuses while that is still coming, upon which the kernel discards the answer.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

request_seconds_max = 30.0


class GatewayProtocol(HttpToolsProtocol):
    """HTTP/1.1 over connections whose writes are gathered, closed when a request takes too long to come."""

    seconds_max = request_seconds_max
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

    def on_message_begin(self) -> None:
        """A request begins."""
        self._receiving_since = self.loop.time()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """A request has come whole."""
        self._receiving_since = None
        super().on_message_complete()
        if self.transport.is_closing():
            self.transport.close()

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
