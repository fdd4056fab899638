"""The load generator, a process of its own: reads a `LoadPlan` as JSON from standard input, writes a `LoadResult`.

Closed loop: every connection sends its next request when the last one is answered. Any answer but 200 ends the run.
"""

import gc
import re
import select
import socket
import sys
import time
from array import array
from collections import Counter
from dataclasses import dataclass

import msgspec
import numpy as np

from benchmarks.sending import Sending

OUTCOMES = ("accepted", "duplicate", "conflict", "quarantined", "rejected")

answer_wait_max_seconds = 30
_receive_bytes = 1 << 16
_send_buffer_bytes = 1 << 18
_poll_seconds = 1
_head_end = b"\r\n\r\n"
_content_length = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_counts_end = b'"events"'
_count = re.compile(rb'"(\w+)": ?(\d+)')


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What to send where, with which key, for how long or how often, whichever ends first."""

    port: int
    key: str
    sending: Sending
    connections: int
    seconds_max: float
    requests_max: int = 1 << 62


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What was sent and answered. Clock times are of the monotonic clock, which all processes share."""

    started_ns: int
    ended_ns: int
    cpu_seconds: float
    requests: int
    outcomes: dict[str, int]
    latency_p50_ms: float
    latency_p99_ms: float
    latency_max_ms: float

    @property
    def seconds(self) -> float:
        """From the first byte sent to the last answer."""
        return (self.ended_ns - self.started_ns) / 1e9

    @property
    def cpu_share(self) -> float:
        """The part of one core that the generator used; near 1 the generator itself would be the limit."""
        return self.cpu_seconds / self.seconds


class LoadFailed(Exception):
    """An answer other than 200, a closed connection or no answer at all: what was stored is then unknown."""


class Connection:
    """One keep-alive connection with at most one request in flight."""

    __slots__ = ("received", "sent_at", "socket", "unsent")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _send_buffer_bytes)
        self.socket.setblocking(False)
        self.sent_at = 0
        self.unsent: memoryview | None = None
        self.received = b""

    def send(self, request: memoryview) -> bool:
        """Send as much as the socket takes; False if a rest is left in `unsent`."""
        try:
            sent = self.socket.send(request)
        except BlockingIOError:
            sent = 0
        self.unsent = request[sent:] if sent < len(request) else None
        return self.unsent is None

    def receive(self) -> bytes | None:
        """The counts that lead the body of a complete answer; None while it is incomplete. Raises `LoadFailed`."""
        arrived = self.socket.recv(_receive_bytes)
        if not arrived:
            raise LoadFailed("The server closed a connection before it answered")
        answer = self.received + arrived if self.received else arrived
        head_ends = answer.find(_head_end)
        if head_ends < 0 or len(answer) < head_ends + 4 + _body_length(answer, head_ends):
            self.received = answer
            return None
        self.received = b""
        if not answer.startswith(b"HTTP/1.1 200"):
            raise LoadFailed(answer[:600].decode(errors="replace"))
        return answer[head_ends + 4 : answer.find(_counts_end, head_ends)]


class Load:
    """One run: connections, what is left to send, and what came back."""

    def __init__(self, plan: LoadPlan) -> None:
        self._requests = plan.sending.requests(_request_head(plan))
        self._requests_left = plan.requests_max
        self._seconds_max = plan.seconds_max
        self._epoll = select.epoll()
        self._connections = {
            connection.socket.fileno(): connection
            for connection in [Connection(plan.port) for _ in range(min(plan.connections, plan.requests_max))]
        }
        self._deadline = 0
        self._in_flight = 0
        self._latencies = array("Q")
        self._counts = Counter[bytes]()

    def run(self) -> LoadResult:
        """Send until time or requests are used up and everything is answered. Raises `LoadFailed`."""
        cpu_seconds = -time.process_time()
        started_ns = time.monotonic_ns()
        self._deadline = started_ns + int(self._seconds_max * 1e9)
        for descriptor, connection in self._connections.items():
            self._epoll.register(descriptor, select.EPOLLIN)
            self._send_next(connection)
        while self._in_flight:
            self._turn()
        return self._result(started_ns, time.monotonic_ns(), cpu_seconds + time.process_time())

    def _turn(self) -> None:
        ready = self._epoll.poll(_poll_seconds)
        for descriptor, events in ready:
            connection = self._connections[descriptor]
            if events & ~select.EPOLLOUT:
                self._receive(connection)
            elif connection.unsent and connection.send(connection.unsent):
                self._epoll.modify(descriptor, select.EPOLLIN)
        if not ready and time.monotonic_ns() > self._deadline + answer_wait_max_seconds * 1_000_000_000:
            raise LoadFailed(f"{self._in_flight} requests were not answered within {answer_wait_max_seconds} s")

    def _receive(self, connection: Connection) -> None:
        counts = connection.receive()
        if counts is None:
            return
        now = time.monotonic_ns()
        self._in_flight -= 1
        self._latencies.append(now - connection.sent_at)
        self._counts[counts] += 1
        if now < self._deadline and self._requests_left:
            self._send_next(connection)

    def _send_next(self, connection: Connection) -> None:
        request = next(self._requests)
        self._requests_left -= 1
        self._in_flight += 1
        connection.sent_at = time.monotonic_ns()
        if not connection.send(request):
            self._epoll.modify(connection.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _result(self, started_ns: int, ended_ns: int, cpu_seconds: float) -> LoadResult:
        latency_ms = np.array(self._latencies, np.float64) / 1e6
        p50, p99 = np.percentile(latency_ms, [50, 99])
        return LoadResult(
            started_ns=started_ns,
            ended_ns=ended_ns,
            cpu_seconds=cpu_seconds,
            requests=len(self._latencies),
            outcomes=_outcomes(self._counts),
            latency_p50_ms=float(p50),
            latency_p99_ms=float(p99),
            latency_max_ms=float(latency_ms.max()),
        )


def _request_head(plan: LoadPlan) -> bytes:
    body_bytes = plan.sending.body_bytes
    return (
        f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\nAuthorization: Bearer {plan.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {body_bytes}\r\n\r\n"
    ).encode()


def _body_length(answer: bytes, head_ends: int) -> int:
    found = _content_length.search(answer, 0, head_ends)
    if found is None:
        raise LoadFailed(f"An answer without Content-Length: {answer[:head_ends].decode(errors='replace')}")
    return int(found[1])


def _outcomes(counts: Counter[bytes]) -> dict[str, int]:
    """Events by outcome: every distinct beginning of a body is read once, however often it came."""
    outcomes = dict.fromkeys(OUTCOMES, 0)
    for beginning, times in counts.items():
        for outcome, number in _count.findall(beginning):
            outcomes[outcome.decode()] += int(number) * times
    return outcomes


def main() -> int:
    """Run the plan on standard input."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=LoadPlan)
    load = Load(plan)
    gc.disable()
    try:
        result = load.run()
    except (LoadFailed, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
