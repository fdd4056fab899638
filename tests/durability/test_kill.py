"""`kill -9` at any moment loses nothing that was acknowledged, and counts nothing twice."""

import random
import threading

import httpx
import pytest

from tests.edge.running import Installation, Server, wait_until
from tests.services.recording import event

senders = 4
events_per_request = 20


class Sender(threading.Thread):
    """Sends batch after batch until the server is gone, and remembers what was acknowledged."""

    def __init__(self, name: str, server: Server, key: str) -> None:
        super().__init__()
        self._name = name
        self._server = server
        self._key = key
        self.sent: list[str] = []
        self.acknowledged: list[str] = []

    def run(self) -> None:
        """Send until a request fails."""
        with httpx.Client(base_url=self._server.address, headers={"Authorization": f"Bearer {self._key}"}) as client:
            while True:
                ids = [f"{self._name}-{len(self.sent) + n}" for n in range(events_per_request)]
                self.sent += ids
                try:
                    answer = client.post("/v1/events", json=[event(one) for one in ids])
                except httpx.HTTPError:
                    return
                assert answer.json()["accepted"] == events_per_request
                self.acknowledged += ids


@pytest.mark.parametrize("seed", [pytest.param(n, marks=[] if n < 1 else pytest.mark.slow) for n in range(12)])
def test_what_was_acknowledged_survives_a_kill(installation: Installation, seed: int):
    key = installation.key("ingest")
    with installation.served("--no-workers") as server:
        running = [Sender(f"s{number}", server, key) for number in range(senders)]
        for sender in running:
            sender.start()
        wait_until(lambda: any(sender.acknowledged for sender in running))
        threading.Event().wait(random.Random(seed).uniform(0.0, 1.0))
        server.kill()
        for sender in running:
            sender.join()
        with installation.served("--no-workers") as restarted:
            again = [_send_again(restarted, key, sender) for sender in running]
            head = restarted.metrics()["gateway_log_head_position"]

    assert sum(len(sender.acknowledged) for sender in running) > 0
    for sender, outcomes in zip(running, again, strict=True):
        assert {outcomes[one] for one in sender.acknowledged} <= {"duplicate"}
        assert set(outcomes.values()) <= {"accepted", "duplicate"}
    assert head == sum(len(sender.sent) for sender in running)


def _send_again(server: Server, key: str, sender: Sender) -> dict[str, str]:
    """The outcome of each event that the sender sent, when it is sent once more."""
    outcomes: dict[str, str] = {}
    with httpx.Client(base_url=server.address, headers={"Authorization": f"Bearer {key}"}) as client:
        for start in range(0, len(sender.sent), 1000):
            ids = sender.sent[start : start + 1000]
            answer = client.post("/v1/events", json=[event(one) for one in ids])
            outcomes |= dict(zip(ids, [one["outcome"] for one in answer.json()["events"]], strict=True))
    return outcomes
