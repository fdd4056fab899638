"""uvicorn's protocol, but for one thing: what one turn of the event loop writes to a connection goes out at once.

uvicorn writes the head and the body of an answer one after the other, each a system call that wakes the receiver; at
thousands of small answers a second those are a fifth of the work.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class OneWriteProtocol(HttpToolsProtocol):
    """HTTP/1.1 over connections whose writes are gathered."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol.connection_made`."""
        super().connection_made(GatheringTransport(transport, self.loop))  # type: ignore[arg-type]


class GatheringTransport:
    """A transport that writes what it was given when the event loop has nothing else to do in this turn."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes] = []

    def write(self, data: bytes) -> None:
        """See `asyncio.WriteTransport.write`."""
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append(data)

    def close(self) -> None:
        """Write what is gathered, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._gathered:
            self._transport.write(b"".join(self._gathered))
            self._gathered.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
