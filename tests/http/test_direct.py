"""What goes the direct road is answered as the application would; what does not fit there goes to the application."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.types import Receive, Scope, Send

from gateway.http.direct import Fields, OnReply
from gateway.http.protocol import protocol_with
from gateway.http.replies import Reply, send_reply
from tests.http.serving import served

PLAIN = b"POST /here HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b"
TEXT = ((b"content-type", b"text/plain"),)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await send_reply(Reply(200, body, TEXT), send)


class Taking:
    """Takes requests and answers with their bodies at once, but for what it is told to refuse, or to keep waiting."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self._waiting: list[tuple[asyncio.AbstractEventLoop, OnReply]] = []

    def take(self, fields: Fields, body: bytes, answer: OnReply) -> bool:
        """See `Take`."""
        if body == b"refuse":
            return False
        self.taken.append(body)
        if body == b"wait":
            self._waiting.append((asyncio.get_running_loop(), answer))
        else:
            answer(Reply(200, body, TEXT))
        return True

    def answer_waiting(self, body: bytes) -> None:
        """Answer what was told to wait, when it has come."""
        while not self._waiting:
            time.sleep(0.01)
        loop, answer = self._waiting.pop()
        loop.call_soon_threadsafe(answer, Reply(200, body, TEXT))


@contextmanager
def connected(taking: Taking | None) -> Iterator[socket.socket]:
    """A connection to a server of `echo`, whose protocol offers requests to `taking`."""
    protocol = protocol_with({} if taking is None else {b"/here": taking.take})
    with served(echo, protocol) as address, socket.create_connection(address, timeout=10) as connection:
        yield connection


def answers(connection: socket.socket, number: int) -> bytes:
    """What comes until so many bodies are there, or the connection is closed; without dates."""
    received = b""
    while received.count(b"HTTP/1.1 2") < number or not re.search(rb"\r\n\r\n[^\r]+$", received):
        arrived = connection.recv(4096)
        if not arrived:
            break
        received += arrived
    return re.sub(rb"date: [^\r]*\r\n", b"", received)


WHOLE = {
    "plain": PLAIN % (5, b"plain"),
    "keeps the connection": b"POST /here HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nk",
    "two at once": PLAIN % (5, b"first") + PLAIN % (6, b"second"),
    "refused, and one more": PLAIN % (6, b"refuse") + PLAIN % (5, b"later"),
}
FOR_THE_APPLICATION = {
    "another path": b"POST /there HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nt",
    "a query": b"POST /here?a=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nq",
    "another method": b"PUT /here HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\np",
    "HTTP/1.0": b"POST /here HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\n\r\nold",
    "closes": b"POST /here HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nclose",
    "chunked": b"POST /here HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "a page of elsewhere": b"POST /here HTTP/1.1\r\nHost: h\r\nOrigin: http://o\r\nContent-Length: 1\r\n\r\no",
    "encoded": b"POST /here HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\ne",
    "a header twice": b"POST /here HTTP/1.1\r\nHost: h\r\nA: 1\r\nA: 2\r\nContent-Length: 1\r\n\r\n2",
    "expects": b"POST /here HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
}


@pytest.mark.parametrize("sent", WHOLE.values(), ids=WHOLE)
def test_an_answer_is_the_same_on_both_roads(sent: bytes) -> None:
    number, taking = sent.count(b"POST"), Taking()
    with connected(None) as connection:
        connection.sendall(sent)
        usual = answers(connection, number)
    with connected(taking) as connection:
        connection.sendall(sent)
        direct = answers(connection, number)

    assert direct == usual
    assert direct.count(b"HTTP/1.1 200 OK\r\n") == number
    assert bool(taking.taken) == (b"refuse" not in sent)


@pytest.mark.parametrize("sent", FOR_THE_APPLICATION.values(), ids=FOR_THE_APPLICATION)
def test_what_asks_for_more_than_an_answer_goes_to_the_application(sent: bytes) -> None:
    taking = Taking()
    with connected(taking) as connection:
        connection.sendall(sent)
        assert b"HTTP/1.1 200 OK\r\n" in answers(connection, 1)
    assert not taking.taken


@pytest.mark.parametrize("cut", [60, 52, 20], ids=["in the body", "before the body", "in the head"])
def test_only_a_body_that_comes_with_the_end_of_its_head_is_direct(cut: int) -> None:
    taking, sent = Taking(), PLAIN % (21, b"comes in two portions")
    with connected(taking) as connection:
        connection.sendall(sent[:cut])
        time.sleep(0.1)
        connection.sendall(sent[cut:])
        assert answers(connection, 1).endswith(b"comes in two portions")
    assert bool(taking.taken) == (cut == 20)


def test_what_comes_while_a_direct_answer_is_awaited_is_answered_after_it() -> None:
    taking = Taking()
    with connected(taking) as connection:
        connection.sendall(PLAIN % (4, b"wait") + PLAIN % (5, b"after") + PLAIN % (4, b"last"))
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(10)
        taking.answer_waiting(b"first")
        received = answers(connection, 3)
    assert re.findall(rb"\r\n\r\n(first|after|last)", received) == [b"first", b"after", b"last"]


def test_a_direct_answer_that_is_awaited_is_given_before_the_server_stops() -> None:
    taking = Taking()
    with served(echo, protocol_with({b"/here": taking.take})) as address:
        connection = socket.create_connection(address, timeout=10)
        connection.sendall(PLAIN % (4, b"wait"))
        threading.Timer(0.3, taking.answer_waiting, [b"done"]).start()
        time.sleep(0.1)
    with connection:
        received = answers(connection, 2)
    assert b"\r\nconnection: close\r\n" in received
    assert received.endswith(b"\r\n\r\ndone")


def test_who_leaves_before_a_direct_answer_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    taking = Taking()
    with served(echo, protocol_with({b"/here": taking.take})) as address:
        with socket.create_connection(address, timeout=10) as gone:
            gone.sendall(PLAIN % (4, b"wait"))
        time.sleep(0.1)
        taking.answer_waiting(b"late")
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(PLAIN % (4, b"next"))
            assert answers(connection, 1).endswith(b"next")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
