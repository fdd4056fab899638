"""Two processes that renew tokens at once: each token is good once, and the good one is kept."""

import json
import subprocess
import sys
from pathlib import Path

from plugins.quickbooks.tests.connecting import told
from plugins.quickbooks.tests.fake_quickbooks import company, serving

renewals = 10
PROGRAM = f"""
import fcntl, json, sys, time
from dataclasses import dataclass
from gateway_quickbooks import QuickBooksSettings
from gateway_quickbooks.client import QuickBooksApi
from gateway.plugin_api import Retryable, StoredState


class Stored:
    def locked(self, work):
        with open(sys.argv[1], "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            version, values = json.loads(file.read() or "[0, {{}}]")
            kept = work(version, values)
            if kept is not None:
                file.seek(0)
                file.write(json.dumps(kept))
                file.truncate()
            return StoredState(version, values)

    def read(self):
        return self.locked(lambda *_: None)

    def replace(self, version, values):
        return self.locked(lambda now, _: [now + 1, values] if now == version else None).version == version


@dataclass
class Host:
    state: Stored

    def pace(self):
        pass


keeper = QuickBooksApi(QuickBooksSettings.model_validate(json.loads(sys.argv[2])), Host(Stored()))._tokens
had = set()
while len(had) < {renewals}:
    try:
        had.add(keeper.access_token())
    except Retryable:
        time.sleep(0.005)
"""


def test_processes_that_renew_at_once_lose_no_token(tmp_path: Path) -> None:
    """Every access token ends at once, so that every request renews; a token that is spent twice would end consent."""
    state = tmp_path / "state.json"
    state.touch()
    with serving(company(access_seconds=0)) as loopback:
        # A process that a busy machine holds up must not look like one that died while it renewed.
        settings = json.dumps(told(loopback) | {"timeout_seconds": 20})
        arguments = [sys.executable, "-c", PROGRAM, str(state), settings]
        processes = [subprocess.Popen(arguments) for _ in range(2)]
        assert [process.wait() for process in processes] == [0, 0]
        sent = [params["refresh_token"] for params in loopback.token_requests]
    assert len(sent) == len(set(sent)) >= 2 * renewals
    assert json.loads(state.read_text())[1]["refresh"] == loopback.fake.refresh_token
