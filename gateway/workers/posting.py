"""Posting to addresses that somebody else chose: resolved once, checked, and given up in time."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import httpcore

from gateway.core.addresses import Network, may_be_sent_to
from gateway.core.webhooks import WebhookAnswer

connect_seconds_max = 5.0
answer_seconds_max = 20.0
_TIMEOUTS = {"timeout": {"connect": connect_seconds_max}}


class Poster:
    """Posts messages, each on a connection of its own. What is answered beyond the headers is never read."""

    def __init__(self, allowed: Sequence[Network] = (), answer_seconds: float = answer_seconds_max) -> None:
        self._allowed = allowed
        self._answer_seconds = answer_seconds

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """What was answered in time, a redirect among it: it is not followed."""
        backend = _PublicOnly(self._allowed, time.monotonic() + self._answer_seconds)
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._trust, network_backend=backend) as pool,
                pool.stream("POST", url, headers=[*headers.items()], content=body, extensions=_TIMEOUTS) as response,
            ):
                return WebhookAnswer(response.status, retry_after=_retry_after(response.headers))
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ssl.SSLError) as error:
            return WebhookAnswer(failure=f"{type(error).__name__}: {error}")

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context()


class _PublicOnly(httpcore.NetworkBackend):
    """Connects to what a name resolves to, once, if all of it may be sent to; never past the deadline."""

    def __init__(self, allowed: Sequence[Network], deadline: float) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the address that was checked: a second look-up might find another."""
        addresses = _resolved(host, port)
        refused = [each for each in addresses if not may_be_sent_to(each, self._allowed)]
        if refused:
            raise httpcore.ConnectError(f"{host} is at {refused[0]}, which is not on the public internet")
        seconds = _left(self._deadline, timeout)
        return _InTime(
            self._sockets.connect_tcp(addresses[0], port, seconds, local_address, socket_options), self._deadline
        )


class _InTime(httpcore.NetworkStream):
    """A connection of which every use ends by the deadline, however slowly the other side goes on."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come."""
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it."""
        self._stream.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted, with the certificate of the name and not of the address."""
        return _InTime(
            self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline, timeout)), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        """What the socket knows."""
        return self._stream.get_extra_info(info)


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _left(deadline: float, timeout: float | None) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("no answer in time")
    return seconds if timeout is None else min(seconds, timeout)


def _retry_after(headers: Sequence[tuple[bytes, bytes]], now: Callable[[], float] = time.time) -> timedelta | None:
    """What `Retry-After` asks for, as seconds or as a date; None for anything else."""
    text = next((value.decode("latin-1") for name, value in headers if name.lower() == b"retry-after"), "")
    if text.isdecimal() and len(text) <= 9:
        return timedelta(seconds=int(text))
    try:
        return timedelta(seconds=max(0.0, parsedate_to_datetime(text).timestamp() - now()))
    except (ValueError, OverflowError):
        return None
