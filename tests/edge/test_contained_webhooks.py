"""Plugins that misbehave when a webhook comes, in real processes: the API and the other connections go on."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from gateway.sandbox.webhooks import signed
from tests.edge.bad_plugins import HOLDS_THE_INTERPRETER, PROVIDER, install
from tests.edge.running import Installation, Server, wait_until

BAD_DAY = b"bad day"
VERIFIES = """def verify_webhook(self, request):
        if request.body == {body!r}:
            {work}
        super().verify_webhook(request)"""
BAD = {
    "ends": "import os; os._exit(3)",
    "holds": HOLDS_THE_INTERPRETER,
    "raises": "raise RuntimeError('a secret')",
    "spins": "exec('while True: pass')",
}
SAID = {
    "ends": "its process ended with code 3",
    "holds": "a call to its plugin took over 2 s; its process was ended",
    "spins": "a call to its plugin took over 2 s; its process was ended",
}
answer_seconds_max = 8.0
"""Far more than an answer takes, and less than a hung plugin would."""


@pytest.fixture
def installation(tmp_path: Path, sqlite_template: Path) -> Installation:
    site = tmp_path / "site"
    for name, work in BAD.items():
        install(site, name, PROVIDER.format(name=name, body=VERIFIES.format(body=BAD_DAY, work=work)))
    tables = [f'[connections.{name}]\nprovider = "{name}"\nfile = "{tmp_path}/{name}.db"\n' for name in BAD]
    main = f'[connections.main]\nprovider = "sandbox"\nfile = "{tmp_path}/main.db"\n'
    (tmp_path / "gateway.toml").write_text("".join([main, *tables, "[plugins]\ncall_seconds = 2\n"]))
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    return Installation(tmp_path, {"PYTHONPATH": str(site)})


def post(server: Server, connection: str, body: bytes | None = None) -> httpx.Response:
    genuine = signed("in_1", 1, datetime.now(UTC), "sandbox")
    url = f"{server.address}/webhooks/{connection}"
    return httpx.post(url, content=body or genuine.body, headers=dict(genuine.headers), timeout=30)


def answers(server: Server, connection: str, body: bytes | None = None) -> int:
    """What it answers in the end, sent again as providers do where it says when."""
    deadline = time.monotonic() + 60
    while (answer := post(server, connection, body)).status_code == 503 and time.monotonic() < deadline:
        time.sleep(min(float(answer.headers["retry-after"]), 1))
    return answer.status_code


def until_faulty(server: Server, connection: str) -> httpx.Response:
    """The answer to what a plugin fails at, once that is known."""
    deadline = time.monotonic() + 60
    while connection not in faulty(server) and time.monotonic() < deadline:
        answer = post(server, connection, BAD_DAY)
    return answer


def faulty(server: Server) -> list[str]:
    return list(httpx.get(f"{server.address}/readyz").json().get("faulty_connections", []))


@pytest.mark.slow
def test_a_plugin_that_fails_at_a_webhook_stops_nothing_else(installation: Installation) -> None:
    key = installation.key("read")
    with installation.served("--no-workers") as server, ThreadPoolExecutor() as senders:
        assert answers(server, "main") == 200
        sent = {name: senders.submit(until_faulty, server, name) for name in SAID}
        while not all(each.done() for each in sent.values()):
            assert httpx.get(f"{server.address}/healthz", timeout=answer_seconds_max).status_code == 200
            assert post(server, "main").json() == {"kept": False}
            time.sleep(0.2)

        assert {each.result().status_code for each in sent.values()} == {503}
        assert all(int(each.result().headers["retry-after"]) >= 1 for each in sent.values())
        assert faulty(server) == [*SAID]
        assert answers(server, "raises", BAD_DAY) == 400
        query = {"query": "{ connections { name fault } }"}
        told = httpx.post(f"{server.address}/graphql", json=query, headers={"Authorization": f"Bearer {key}"}).json()
        metrics = server.metrics()

        # What is sent again and does no harm is proven, and nothing is wrong any more.
        assert {name: answers(server, name) for name in SAID} == dict.fromkeys(SAID, 200)
        wait_until(lambda: not faulty(server))

    assert {each["name"]: each["fault"] for each in told["data"]["connections"] if each["fault"]} == SAID
    assert [metrics[f'gateway_connection_faulty{{connection="{name}"}}'] for name in ("main", "spins")] == [0, 1]
    log = installation.folder.joinpath("serve.log").read_text()
    assert "Worker proof spins: a call to its plugin took over 2 s; killed" in log
    assert "Worker proof ends ended with code 3" in log
    assert "A webhook of raises is refused: Plugin 'raises', asked to verify_webhook, raised RuntimeError" in log
    assert "a secret" not in log
