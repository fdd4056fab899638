"""Answers go out whole, in order, and none is lost when a connection closes; who sends too slowly is let go."""

import asyncio
import errno
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.types import Receive, Scope, Send

from gateway.http.protocol import GatewayProtocol, GatheringTransport
from tests.http.serving import served

seconds_max = 0.3


class Written:
    """A transport that remembers what was written to it."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.writes.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    is_there = True


class Gone(Written):
    """A transport whose other side has broken the connection off."""

    def write_eof(self) -> None:
        raise OSError(errno.ENOTCONN, "not connected")


def test_what_one_turn_writes_goes_out_at_once() -> None:
    async def run() -> list[bytes]:
        inner = Written()
        transport = GatheringTransport(inner, asyncio.get_running_loop(), bool)  # type: ignore[arg-type]
        transport.write(b"head ")
        transport.write(b"body")
        await asyncio.sleep(0)
        transport.write(b"next")
        await asyncio.sleep(0)
        return inner.writes

    assert asyncio.run(run()) == [b"head body", b"next"]


def test_what_was_written_before_a_connection_closes_goes_out() -> None:
    async def run() -> Written:
        inner = Written()
        transport = GatheringTransport(inner, asyncio.get_running_loop(), bool)  # type: ignore[arg-type]
        transport.write(b"last words")
        transport.close()
        await asyncio.sleep(0)
        return inner

    closed = asyncio.run(run())
    assert closed.writes == [b"last words"]
    assert closed.is_closed


def test_all_else_is_the_transports_own() -> None:
    async def run() -> bool:
        transport = GatheringTransport(Written(), asyncio.get_running_loop(), bool)  # type: ignore[arg-type]
        return bool(transport.is_there)

    assert asyncio.run(run()) is True


def test_an_answer_that_nobody_waits_for_any_more_ends_its_connection() -> None:
    async def run() -> Written:
        inner = Gone()
        transport = GatheringTransport(inner, asyncio.get_running_loop(), lambda: True)  # type: ignore[arg-type]
        transport.close()
        return inner

    assert asyncio.run(run()).is_closed


class Impatient(GatewayProtocol):
    """The protocol with a limit that a test can wait for."""

    seconds_max = seconds_max


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body, to `/slow` after more than the time that a request may take to come; refuse `/refused`."""
    if scope["path"] == "/refused":
        headers = [(b"content-length", b"7"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": b"refused"})
        return
    message = await receive()
    body = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    if scope["path"] == "/slow":
        await asyncio.sleep(2 * seconds_max)
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def connected() -> Iterator[socket.socket]:
    """A connection to a server of `echo`."""
    with (
        served(echo, Impatient) as address,
        socket.create_connection(address, timeout=10) as connection,
    ):
        yield connection


def all_of(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    received = b""
    while arrived := connection.recv(4096):
        received += arrived
    return received


def is_broken_off(connection: socket.socket, sent: bytes) -> bool:
    """Whether the server takes no more of this, soon."""
    for _ in range(100):
        try:
            connection.sendall(sent)
        except ConnectionError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST / HT", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf"],
    ids=["nothing", "half a head", "half a body"],
)
def test_a_request_that_does_not_come_whole_is_given_up(sent: bytes) -> None:
    with connected() as connection:
        began = time.monotonic()
        connection.sendall(sent)
        answer = all_of(connection)
        assert time.monotonic() - began >= seconds_max * 0.9
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"REQUEST_TIMEOUT"' in answer
    assert b"request_seconds_max = 0.3" in answer


def test_neither_a_slow_answer_nor_a_pause_between_requests_ends_a_connection() -> None:
    with connected() as connection:
        for text in (b"first", b"again"):
            connection.sendall(b"POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n" + text)
            received = b""
            while not received.endswith(text):
                received += connection.recv(4096)
            assert received.startswith(b"HTTP/1.1 200 ")
            time.sleep(2 * seconds_max)


def test_who_sends_all_of_a_refused_body_can_read_why() -> None:
    with connected() as connection:
        body = b" " * 5_000_000
        connection.sendall(b"POST /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n" + body)
        answer = all_of(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"refused")


def test_a_refused_body_that_never_ends_is_read_no_longer_than_any() -> None:
    with connected() as connection:
        connection.sendall(b"POST /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 999\r\n\r\nhalf")
        assert all_of(connection).endswith(b"refused")
        time.sleep(2 * seconds_max)
        assert is_broken_off(connection, b"o")


def test_a_refused_body_that_breaks_off_in_disorder_ends_the_connection() -> None:
    with connected() as connection:
        connection.sendall(b"POST /refused HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        assert all_of(connection).endswith(b"refused")
        assert is_broken_off(connection, b"no length\r\n")
