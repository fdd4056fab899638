"""Serves a fake vendor on loopback, checks every message against the vendor's contract and injects faults."""

import json
import sys
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
    """What can go wrong with one request. A slow one is carried out and not answered, one in a black hole neither."""

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
    BLACK_HOLE = auto()
    UNAUTHORIZED = auto()
    REJECTED = auto()


_WAITED_FOR = {Fault.SLOW, Fault.BLACK_HOLE}
PASSING = [fault for fault in Fault if fault not in _WAITED_FOR | {Fault.UNAUTHORIZED, Fault.REJECTED}]
"""What goes away by itself, and needs no waiting for a time-out."""


class Closed(Exception):
    """The connection is dropped instead of an answer."""


class Unheard(Closed):
    """Nothing is answered for so long that whoever asked has given up."""


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
    out_of_reach_from: int | None = None
    """From this request on, by its number, connections are refused, until the server is brought back."""
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    listener: "_Listener | None" = None

    def fail_next(self, fault: Fault, after: int = 0) -> None:
        """Let a request fail: the next one, or the one `after` some more."""
        self.faults[len(self.requests) + 1 + after] = fault

    def fault_of(self, method: str) -> Fault | None:
        """What is to go wrong with the request that came last."""
        fault = self.faults.pop(len(self.requests), None)
        if fault is None and method != "GET":
            fault, self.write_fault = self.write_fault, None
        return fault

    def go_away(self) -> None:
        """Refuse connections from now on."""
        assert self.listener is not None
        self.listener.close()

    def come_back(self) -> None:
        """Take connections again."""
        assert self.listener is not None
        self.out_of_reach_from = None
        self.listener.open()

    def is_last_within_reach(self) -> bool:
        """Whether the request that came last is the last one before connections are refused."""
        return self.out_of_reach_from == len(self.requests) + 1

    def writes(self, path: str) -> list[dict[str, Any]]:
        """The bodies that were sent to `path`."""
        return [params for method, asked, params in self.requests if method != "GET" and asked == path]


@contextmanager
def serving(loopback: L) -> Iterator[L]:
    """A server on a free port of loopback. Fails at the end if a message broke the contract."""
    listener = loopback.listener = _Listener(type("BoundHandler", (_Handler,), {"loopback": loopback}))
    listener.open()
    loopback.url = f"http://127.0.0.1:{listener.port}"
    try:
        yield loopback
    finally:
        loopback.released.set()
        listener.close()
    assert not loopback.violations, loopback.violations


class _Listener:
    """A server that can be closed and opened again at the same port; every request has a thread."""

    def __init__(self, handler: "type[_Handler]") -> None:
        self._handler = handler
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    def open(self) -> None:
        """Take connections, unless it does so already."""
        if self._server is None:
            self._server = _Server(("127.0.0.1", self.port), self._handler)
            self.port = self._server.server_address[1]
            self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
            self._thread.start()

    def close(self) -> None:
        """Refuse connections from now on."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    RequestHandlerClass: "type[_Handler]"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked may be gone, as clients that end or give up are; anything else is a fault of the fake's."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self.RequestHandlerClass.loopback.violations.append(f"The fake raised {error!r}")


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
        except Closed as closed:
            self.close_connection = True
            if isinstance(closed, Unheard):
                self.loopback.released.wait(10)
            return
        finally:
            if self.loopback.is_last_within_reach():
                self.loopback.go_away()
        text = answer if isinstance(answer, bytes) else _encoded(answer)
        self.send_response(status)
        standing = {"Content-Type": "application/json", "Content-Length": str(len(text))}
        standing |= {"Request-Id": "req_fake", "X-Request-Id": "req_fake", "intuit_tid": "req_fake"}
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
        if fault is Fault.BLACK_HOLE:
            raise Unheard
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
            raise Unheard
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
