"""Serves a `FakeStripe` on loopback, checks every message against the contract and injects faults."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from plugins.stripe.tests.contract import Contract, ContractBroken, stripe_contract
from plugins.stripe.tests.fake_stripe import FakeStripe, Refused, Stored


class Fault(Enum):
    """What can go wrong with one request."""

    LOST_REQUEST = auto()
    LOST_ANSWER = auto()
    TRUNCATED_ANSWER = auto()
    GARBLED_ANSWER = auto()
    BAD_GATEWAY = auto()
    FAILED_AFTER_APPLYING = auto()
    FAILED_BEFORE_APPLYING = auto()
    THROTTLED = auto()
    BUSY = auto()
    SLOW = auto()


class Closed(Exception):
    """The connection is dropped instead of an answer."""


@dataclass
class Loopback:
    """A running server: what it holds, what it was asked, and what is to go wrong."""

    stripe: FakeStripe
    contract: Contract
    url: str = ""
    faults: dict[int, Fault] = field(default_factory=dict)
    """By the number of the request, from 1."""
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail_next(self, fault: Fault, after: int = 0) -> None:
        """Let a request fail: the next one, or the one `after` some more."""
        self.faults[len(self.requests) + 1 + after] = fault

    def writes(self, path: str) -> list[dict[str, Any]]:
        """The bodies that were posted to `path`."""
        return [params for method, asked, params in self.requests if method == "POST" and asked == path]


@contextmanager
def serving(stripe: FakeStripe) -> Iterator[Loopback]:
    """A server on a free port of loopback. Fails at the end if a message broke the contract."""
    loopback = Loopback(stripe, stripe_contract())
    handler = type("BoundHandler", (_Handler,), {"loopback": loopback})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    loopback.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield loopback
    finally:
        loopback.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
    assert not loopback.violations, loopback.violations


class _Handler(BaseHTTPRequestHandler):
    loopback: Loopback

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _serve(self, method: str) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        try:
            status, answer, headers = self._answer(method, url.path, body if method == "POST" else url.query)
        except Closed:
            self.close_connection = True
            return
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text)), "Request-Id": "req_fake", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        cut = headers.get("X-Cut")
        self.wfile.write(text[: len(text) // 2] if cut else text)

    def _answer(self, method: str, path: str, encoded: str) -> tuple[int, Any, dict[str, str]]:
        loopback = self.loopback
        with loopback.lock:
            try:
                operation = loopback.contract.operation(method, path)
                read = loopback.contract.read_form if method == "POST" else loopback.contract.read_query
                params = read(operation, encoded)
            except ContractBroken as error:
                loopback.violations.append(str(error))
                return 400, Refused(400, str(error)).body, {}
            loopback.requests.append((method, path, params))
            fault = loopback.faults.pop(len(loopback.requests), None)
            status, answer, headers = self._apply(method, path, encoded, params, fault)
            try:
                loopback.contract.check_answer(operation, status, answer)
            except ContractBroken as error:
                loopback.violations.append(str(error))
        return self._spoiled(fault, status, answer, headers)

    def _apply(
        self, method: str, path: str, encoded: str, params: dict[str, Any], fault: Fault | None
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        stripe = self.loopback.stripe
        if self.headers.get("Authorization") != f"Bearer {stripe.api_key}":
            return 401, Refused(401, "Invalid API Key provided").body, {}
        if fault is Fault.LOST_REQUEST:
            raise Closed
        if fault is Fault.THROTTLED:
            return 429, Refused(429, "Too many requests").body, {"Retry-After": "7"}
        if fault is Fault.BUSY:
            return 409, Refused(409, "A request with this key is under way", "idempotency_error").body, {}

        def work() -> Stored:
            status, answer = _outcome(stripe, method, path, params, fault)
            return Stored((method, path, encoded), status, json.loads(json.dumps(answer)), stripe.now)

        key = self.headers.get("Idempotency-Key")
        if method == "GET" or not key:
            done, is_replayed = work(), False
        else:
            done, is_replayed = stripe.once(key, (method, path, encoded), work)
        return done.status, done.body, {"Idempotent-Replayed": "true"} if is_replayed else {}

    def _spoiled(
        self, fault: Fault | None, status: int, answer: Any, headers: dict[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        if fault is Fault.LOST_ANSWER:
            raise Closed
        if fault is Fault.SLOW:
            self.loopback.released.wait(10)
            raise Closed
        if fault is Fault.BAD_GATEWAY:
            return 502, b"<html>Bad gateway</html>", {}
        if fault is Fault.GARBLED_ANSWER:
            return status, b'{"object": "inv', headers
        if fault is Fault.TRUNCATED_ANSWER:
            return status, answer, headers | {"X-Cut": "1"}
        return status, answer, headers


def _outcome(
    stripe: FakeStripe, method: str, path: str, params: dict[str, Any], fault: Fault | None
) -> tuple[int, dict[str, Any]]:
    if fault is Fault.FAILED_BEFORE_APPLYING:
        return 500, Refused(500, "Something went wrong", "api_error").body
    try:
        answer = stripe.answer(method, path, params)
    except Refused as refused:
        return refused.status, refused.body
    if fault is Fault.FAILED_AFTER_APPLYING:
        return 500, Refused(500, "Something went wrong", "api_error").body
    return 200, answer
