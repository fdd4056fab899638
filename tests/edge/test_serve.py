"""`gateway serve` in a process of its own: starting, stopping, and its workers."""

import json
import shutil
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.edge.running import Installation, wait_until
from tests.edge.test_command_line import PLAN, SETTINGS, event

WORKERS = 4
"""The projector, the billing clock, the sender of webhooks, and one for the connection."""


@pytest.fixture
def acme(tmp_path: Path, sqlite_template: Path) -> Installation:
    """A customer on a plan, whose January is over."""
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    sandbox = f'[connections.main]\nprovider = "sandbox"\nfile = "{tmp_path}/sandbox.db"\n'
    (tmp_path / "gateway.toml").write_text(SETTINGS + sandbox)
    (tmp_path / "plan.toml").write_text(PLAN)
    installation = Installation(tmp_path)
    installation.json("plans", "apply", "plan.toml")
    installation.json("customers", "create", "acme", "--name", "Acme")
    installation.json("subscriptions", "create", "acme", "basic", "--from", "2026-01-01T00:00:00Z")
    return installation


def test_a_server_records_beside_a_command_counts_and_stops_when_told_to(acme: Installation) -> None:
    key = acme.key("ingest")

    with acme.served("--no-workers") as server:
        answer = server.send(key, [event(1), event(2)])
        second = acme.run("serve", "--no-workers", "--port", "0")
        beside = acme.json("ingest", "-", sent=json.dumps([event(2), event(3)]).encode())
        wait_until(lambda: server.metrics()["gateway_projection_position"] == 3)

    assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
    assert (beside["accepted"], beside["duplicate"]) == (1, 1)
    assert second.code == 1
    assert "is served by process" in second.err


@pytest.mark.slow
def test_a_request_under_way_is_answered_before_the_server_stops(acme: Installation) -> None:
    key = acme.key("ingest")
    body = json.dumps([event(1)]).encode()
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    with acme.served("--no-workers") as server:
        with socket.create_connection(("127.0.0.1", httpx.URL(server.address).port or 0)) as connection:
            connection.sendall(head.encode() + body[:10])
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "Shutting down" in server.log.read_text())
            connection.sendall(body[10:])
            answer = connection.recv(10_000)
        server.stop()

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b'"accepted":1' in answer
    assert acme.json("doctor")["checks"][2]["found"].startswith("1 events")


def test_what_is_due_is_billed_and_delivered_by_the_workers(acme: Installation) -> None:
    acme.json(
        "ingest",
        "-",
        sent=b'{"source":"app","id":"1","type":"call","customer":"acme","occurred_at":"2026-01-15T00:00:00Z"}',
    )

    with acme.served() as server:
        wait_until(lambda: server.metrics()['gateway_deliveries{status="delivered"}'] == 1)
        children = _children(server.process.pid)

    [invoice] = acme.json("invoices")
    assert (invoice["status"], invoice["total"]) == ("finalized", "0.50")
    assert len(children) == WORKERS
    assert not any(map(_is_running, children))


@pytest.mark.slow
def test_workers_end_with_a_server_that_is_killed(acme: Installation) -> None:
    with acme.served() as server:
        wait_until(lambda: len(_children(server.process.pid)) == WORKERS)
        children = _children(server.process.pid)

        server.process.kill()
        server.process.wait()

        wait_until(lambda: not any(map(_is_running, children)))


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    tasks = [Path(task) / "children" for task in Path(f"/proc/{pid}/task").iterdir()] if listed.exists() else []
    return [int(child) for task in tasks for child in task.read_text().split()]


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
