"""Posting webhooks: to real servers on loopback, allowed for the test, and to nobody else."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network

import pytest

from gateway.core.webhooks import WebhookAnswer
from gateway.workers.posting import Poster

LOOPBACK = (ip_network("127.0.0.0/8"),)
POST = Poster(LOOPBACK, answer_seconds=0.5)
Serve = Callable[[socket.socket], None]


@contextmanager
def server(serve: Serve) -> Iterator[tuple[str, list[bytes]]]:
    """A server of one kind of answer, and what it was sent."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    requests.append(_request(connection))
                    serve(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hooks", requests
        listening.shutdown(socket.SHUT_RDWR)


def _request(connection: socket.socket) -> bytes:
    text = b""
    while b"\r\n\r\n" not in text or not text.endswith(b"}"):
        text += connection.recv(65_536)
    return text


def answering(*parts: bytes, pause: float = 0.0) -> Serve:
    def serve(connection: socket.socket) -> None:
        for part in parts:
            time.sleep(pause)
            try:
                connection.sendall(part)
            except OSError:
                return

    return serve


def post(url: str, post: Poster = POST) -> WebhookAnswer:
    return post(url, {"content-type": "application/json", "webhook-id": "msg_1"}, b'{"type":"x"}')


def test_a_message_reaches_a_server_with_its_headers() -> None:
    with server(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as (url, requests):
        assert post(url) == WebhookAnswer(status_code=204)

    (request,) = requests
    assert request.startswith(b"POST /hooks HTTP/1.1\r\n")
    assert b"webhook-id: msg_1\r\n" in request
    assert request.endswith(b'\r\n\r\n{"type":"x"}')


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with server(answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")) as (url, requests):
        assert post(url) == WebhookAnswer(status_code=302)
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(b"120", 120), (b"Wed, 01 Jan 2020 00:00:00 GMT", 0), (b"soon", None), (b"-5", None), (b"9" * 30, None)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: bytes, seconds: int | None) -> None:
    with server(answering(b"HTTP/1.1 429 Slow\r\nRetry-After: " + text + b"\r\n\r\n")) as (url, _):
        answer = post(url)

    assert answer.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_an_answer_that_never_ends_is_not_read() -> None:
    endless = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", *[b"x" * 1_000] * 100, pause=0.01)
    with server(endless) as (url, _):
        began = time.monotonic()
        assert post(url).status_code == 200
    assert time.monotonic() - began < 3


def test_an_answer_that_comes_drop_by_drop_is_given_up_in_time() -> None:
    with server(answering(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 100, pause=0.1)) as (url, _):
        began = time.monotonic()
        answer = post(url)

    assert answer.status_code is None
    assert answer.failure is not None
    assert answer.failure.startswith("ReadTimeout")
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("garbage", [b"", b"\x00\x01\x02", b"HTTP/1.1 2OO\r\n\r\n"])
def test_what_is_no_answer_is_a_failure(garbage: bytes) -> None:
    with server(answering(garbage)) as (url, _):
        answer = post(url)

    assert (answer.status_code, answer.is_success) == (None, False)
    assert answer.failure


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert "ConnectError" in str(post(f"http://127.0.0.1:{port}/").failure)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
def test_what_is_not_on_the_internet_is_never_connected_to(host: str) -> None:
    with server(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as (url, requests):
        answer = post(url.replace("127.0.0.1", host), Poster())

    assert "is not on the public internet" in str(answer.failure)
    assert requests == []


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []

    def rebinding(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        """A name that is public when first asked for, and private after that."""
        looked_up.append(host)
        address = "93.184.215.14" if len(looked_up) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]

    connected: list[object] = []

    def connect(address: object, *_: object, **__: object) -> socket.socket:
        connected.append(address)
        raise OSError("not in a test")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", connect)

    assert "ConnectError" in str(post("http://rebind.example/", Poster()).failure)
    assert (looked_up, connected) == (["rebind.example"], [("93.184.215.14", 80)])


def test_a_name_that_does_not_exist_is_a_failure() -> None:
    assert "cannot be resolved" in str(post("http://name.invalid/").failure)
