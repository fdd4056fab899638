"""Proving webhooks in another process: what is asked, what is answered, and what if it is not there."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import anyio
import pytest

from gateway.core.errors import NotFound
from gateway.plugin_api import DocumentKind, Retryable, Unsupported, WebhookEvent, WebhookRefused, WebhookRequest
from gateway.services.receive_webhook import Proof, ProofUnavailable, Unreadable
from gateway.workers import provers
from gateway.workers.proof_messages import answer_bytes, read_answer, read_request, request_bytes
from gateway.workers.provers import Provers
from gateway.workers.proving import Proving
from gateway.workers.supervisor import Supervisor

REQUEST = WebhookRequest({"signature": "\xe9"}, b'{"a":\n1}\xff', datetime(2026, 1, 1, tzinfo=UTC))
EVENT = WebhookEvent("evt_1", "invoice.paid", DocumentKind.INVOICE, "in_1", "7")


class Plugin:
    """Proves with what it is told."""

    capabilities = type("Capabilities", (), {"webhook_auth": "hmac"})
    NAME = "paper"

    def __init__(self, proof: Callable[[], object]) -> None:
        self._proof = proof
        self.verified: list[WebhookRequest] = []

    def verify_webhook(self, request: WebhookRequest) -> None:
        self.verified.append(request)

    def parse_webhook(self, request: WebhookRequest) -> object:
        return self._proof()


class Process:
    """What the supervisor is asked of, with a thread for a process."""

    def __init__(self, listener: int, proof: Callable[[], object] | None) -> None:
        self.rests = 0.0
        self._stop = threading.Event()
        self._run = proof is not None
        self._listener = socket.socket(fileno=os.dup(listener))
        self._step = Proving(self._listener, cast(Any, Plugin(proof or dict)), self._stop).step
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        while self._run and not self._stop.is_set():
            self._step()

    def resting_seconds(self) -> float:
        return self.rests

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._listener.close()


class Site:
    """Provers with one process."""

    def __init__(self, proof: Callable[[], object] | None) -> None:
        self.processes: list[Process] = []
        self._proof = proof
        self.provers = Provers({"main"}, self._supervise)

    def _supervise(self, connection: str, listener: int) -> Supervisor:
        self.processes.append(Process(listener, self._proof))
        return cast(Supervisor, self.processes[-1])

    def prove(self, connection: str = "main") -> Proof:
        return anyio.run(self.provers.prove, connection, REQUEST)


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    site = Site(getattr(request, "param", lambda: EVENT))
    yield site
    for each in site.provers.started():
        each.stop()


async def unavailable(site: Site) -> None:
    with pytest.raises(ProofUnavailable):
        await site.provers.prove("main", REQUEST)


def raising(error: BaseException) -> Callable[[], Proof]:
    def prove() -> Proof:
        raise error

    return prove


@pytest.mark.parametrize("proof", [EVENT, WebhookEvent("evt_2", "plan.changed"), Unreadable("no JSON")])
def test_what_is_proven_arrives_as_it_was(proof: Proof) -> None:
    assert read_answer(answer_bytes(lambda: proof)) == proof


@pytest.mark.parametrize("error", [WebhookRefused("the signature is wrong"), Unsupported("webhooks")])
def test_what_is_refused_arrives_as_it_was(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        read_answer(answer_bytes(raising(error)))


def test_a_webhook_arrives_byte_for_byte() -> None:
    here, there = socket.socketpair()
    with here, there:
        here.sendall(request_bytes(REQUEST))
        assert read_request(there) == REQUEST


@pytest.mark.parametrize("sent", [b"", request_bytes(REQUEST)[:-1], request_bytes(REQUEST)])
def test_nothing_is_proven_for_who_has_hung_up(sent: bytes) -> None:
    here, there = socket.socketpair()
    with there:
        here.sendall(sent)
        here.close()
        assert read_request(there) is None


def test_the_process_starts_with_the_first_webhook_and_proves_one_after_another(site: Site) -> None:
    assert site.processes == []
    assert [site.prove(), site.prove()] == [EVENT, EVENT]
    assert len(site.processes) == 1


def test_no_process_is_started_for_a_connection_that_there_is_not(site: Site) -> None:
    with pytest.raises(NotFound, match="There is no connection 'other'"):
        site.prove("other")
    assert site.processes == []


def test_a_process_that_has_ended_is_not_waited_for(site: Site) -> None:
    site.prove()
    site.processes[0].rests = 3.2

    with pytest.raises(ProofUnavailable) as raised:
        site.prove()

    assert raised.value.retry_after_seconds == 4


@pytest.mark.parametrize("site", [None], indirect=True)
def test_a_process_that_does_not_answer_is_waited_for_a_while(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provers, "wait_seconds_max", 0.05)
    with pytest.raises(ProofUnavailable, match="Webhooks of 'main' cannot be checked for now"):
        site.prove()


@pytest.mark.parametrize("site", [None], indirect=True)
def test_nobody_waits_for_a_process_that_has_ended_meanwhile(site: Site) -> None:
    async def prove() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(unavailable, site)
            await anyio.sleep(0.02)
            site.processes[0].rests = 2.0

    anyio.run(prove)


@pytest.mark.parametrize("site", [raising(Retryable("not now"))], indirect=True)
def test_what_cannot_be_proven_for_now_is_sent_again(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    anyio.run(unavailable, site)
    assert "A webhook cannot be proven for now: Retryable" in caplog.text


@pytest.mark.parametrize("site", [raising(KeyboardInterrupt())], indirect=True)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_process_that_ends_in_between_has_answered_nothing(site: Site) -> None:
    with pytest.raises(ProofUnavailable):
        site.prove()


@pytest.mark.parametrize("site", [None], indirect=True)
def test_only_so_many_wait_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provers, "waiting_max", 2)
    monkeypatch.setattr(provers, "wait_seconds_max", 0.1)
    ended: list[int] = []

    async def one(number: int) -> None:
        with pytest.raises(ProofUnavailable):
            await site.provers.prove("main", REQUEST)
        ended.append(number)

    async def three() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(3):
                tasks.start_soon(one, number)

    anyio.run(three)
    assert ended[0] == 2
