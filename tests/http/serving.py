"""A server in a thread of this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from gateway.http.protocol import GatewayProtocol


@contextmanager
def served(application: ASGIApp, protocol: type[GatewayProtocol]) -> Iterator[tuple[str, int]]:
    """A server of `application` for as long as the block runs, and where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(application, http=protocol, lifespan="off", log_config=None, server_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            server.should_exit = True
            thread.join()
