"""Serves a fake vendor on loopback, checks every message against the vendor's contract and injects faults."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from tests.vendors.contract import Contract, ContractBroken


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
    UNAUTHORIZED = auto()
    REJECTED = auto()


PASSING = [fault for fault in Fault if fault not in {Fault.SLOW, Fault.UNAUTHORIZED, Fault.REJECTED}]
"""What goes away by itself, and needs no waiting for a time-out."""


class Closed(Exception):
    """The connection is dropped instead of an answer."""


class Refused(Exception):
    """An error that the vendor answers with."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


@dataclass
class Stored:
    """What the vendor remembers under an idempotency key."""

    request: tuple[str, str, str]
    status: int
    body: Any
    at: int


class FakeVendor(Protocol):
    """What a fake knows of its vendor; the server does the rest."""

    now: int
    contract: Contract
    base_path: str
    """What comes before the paths of the contract."""
    key_header: str
    """The header of the idempotency key."""
    replayed_header: str
    """The header that is `true` on an answer given before."""
    throttled_headers: Mapping[str, str]
    """The headers that say when to try again, 7 seconds from now."""

    def is_authorized(self, headers: Mapping[str, str]) -> bool:
        """Whether the credentials are the account's."""

    def error(self, status: int, message: str) -> dict[str, Any]:
        """The body of an error that does not come from a rule of the vendor's."""

    def answer(self, method: str, path: str, params: dict[str, Any]) -> Any:
        """What the vendor answers a request that reached it; None for no body. Raises `Refused`."""

    def once(self, key: str, request: tuple[str, str, str], work: Callable[[], Stored]) -> tuple[Stored, bool]:
        """The answer under an idempotency key, and whether it is one given before."""


V = TypeVar("V", bound=FakeVendor)
L = TypeVar("L", bound="Loopback[Any]")


@dataclass
class Loopback(Generic[V]):
    """A running server: what it holds, what it was asked, and what is to go wrong."""

    fake: V
    url: str = ""
    faults: dict[int, Fault] = field(default_factory=dict)
    """By the number of the request, from 1."""
    write_fault: Fault | None = None
    """What is to go wrong with the next request that makes or changes something."""
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail_next(self, fault: Fault, after: int = 0) -> None:
        """Let a request fail: the next one, or the one `after` some more."""
        self.faults[len(self.requests) + 1 + after] = fault

    def fault_of(self, method: str) -> Fault | None:
        """What is to go wrong with the request that came last."""
        fault = self.faults.pop(len(self.requests), None)
        if fault is None and method != "GET":
            fault, self.write_fault = self.write_fault, None
        return fault

    def writes(self, path: str) -> list[dict[str, Any]]:
        """The bodies that were sent to `path`."""
        return [params for method, asked, params in self.requests if method != "GET" and asked == path]


@contextmanager
def serving(loopback: L) -> Iterator[L]:
    """A server on a free port of loopback. Fails at the end if a message broke the contract."""
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
    loopback: Loopback[Any]

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PUT(self) -> None:
        self._serve("PUT")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def _serve(self, method: str) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path = url.path.removeprefix(self.loopback.fake.base_path)
        try:
            status, answer, headers = self._answer(method, path, url.query, body)
        except Closed:
            self.close_connection = True
            return
        text = answer if isinstance(answer, bytes) else _encoded(answer)
        self.send_response(status)
        standing = {"Content-Type": "application/json", "Content-Length": str(len(text))}
        standing |= {"Request-Id": "req_fake", "X-Request-Id": "req_fake"}
        for name, value in {**standing, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        cut = headers.get("X-Cut")
        self.wfile.write(text[: len(text) // 2] if cut else text)

    def _answer(self, method: str, path: str, query: str, body: str) -> tuple[int, Any, dict[str, str]]:
        loopback = self.loopback
        contract: Contract = loopback.fake.contract
        with loopback.lock:
            try:
                operation = contract.operation(method, path)
                params = contract.read(operation, query, body)
            except ContractBroken as error:
                loopback.violations.append(str(error))
                return 400, loopback.fake.error(400, str(error)), {}
            loopback.requests.append((method, path, params))
            fault = loopback.fault_of(method)
            status, answer, headers = self._apply(operation, (method, path, query + body), params, fault)
            try:
                contract.check_answer(operation, status, answer)
            except ContractBroken as error:
                loopback.violations.append(str(error))
        return self._spoiled(fault, status, answer, headers)

    def _apply(
        self, operation: dict[str, Any], request: tuple[str, str, str], params: dict[str, Any], fault: Fault | None
    ) -> tuple[int, Any, dict[str, str]]:
        fake = self.loopback.fake
        if fault is Fault.UNAUTHORIZED or not fake.is_authorized(self.headers):
            return 401, fake.error(401, "The credentials are not valid"), {}
        if fault is Fault.REJECTED:
            return 400, fake.error(400, "Something in it is not valid"), {}
        if fault is Fault.LOST_REQUEST:
            raise Closed
        if fault is Fault.THROTTLED:
            return 429, fake.error(429, "Too many requests"), dict(fake.throttled_headers)
        if fault is Fault.BUSY:
            return 409, fake.error(409, "A request with this key is under way"), {}

        def work() -> Stored:
            status, answer = _outcome(fake, operation, request, params, fault)
            return Stored(request, status, json.loads(json.dumps(answer)), fake.now)

        key = self.headers.get(fake.key_header)
        if request[0] == "GET" or not key:
            done, is_replayed = work(), False
        else:
            done, is_replayed = fake.once(key, request, work)
        return done.status, done.body, {fake.replayed_header: "true"} if is_replayed else {}

    def _spoiled(
        self, fault: Fault | None, status: int, answer: Any, headers: dict[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        if fault is Fault.LOST_ANSWER:
            raise Closed
        if fault is Fault.SLOW:
            self.loopback.released.wait(10)
            raise Closed
        if fault is Fault.BAD_GATEWAY:
            return 502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}
        if fault is Fault.GARBLED_ANSWER:
            return status, b'{"object": "inv', headers
        if fault is Fault.TRUNCATED_ANSWER:
            return status, answer, headers | {"X-Cut": "1"}
        return status, answer, headers


def _encoded(answer: Any) -> bytes:
    return b"" if answer is None else json.dumps(answer).encode()


def _outcome(
    fake: FakeVendor,
    operation: dict[str, Any],
    request: tuple[str, str, str],
    params: dict[str, Any],
    fault: Fault | None,
) -> tuple[int, Any]:
    if fault is Fault.FAILED_BEFORE_APPLYING:
        return 500, fake.error(500, "Something went wrong")
    try:
        answer = fake.answer(request[0], request[1], params)
    except Refused as refused:
        return refused.status, refused.body
    if fault is Fault.FAILED_AFTER_APPLYING:
        return 500, fake.error(500, "Something went wrong")
    return fake.contract.success_status(operation, answer), answer
