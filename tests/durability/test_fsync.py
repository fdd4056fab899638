"""Between the write of an event and its answer lies an fsync: seen from outside of the process, by strace.

Killing a process proves nothing about the disk, since the operating system keeps what was written.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.edge.running import Installation
from tests.services.recording import event

pytestmark = pytest.mark.slow

requests = 20
_CALL = re.compile(r"^\d+ +(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_CALLS = "pwrite64,write,fsync,fdatasync,sendto,sendmsg,writev,recvfrom,read"


def test_an_fsync_lies_between_the_write_of_an_event_and_its_answer(installation: Installation, tmp_path: Path):
    assert shutil.which("strace"), "strace is missing: run `make setup-system`"
    key, trace = installation.key("ingest"), tmp_path / "trace"
    headers = {"Authorization": f"Bearer {key}"}
    with (
        installation.served("--no-workers") as server,
        traced(server.process.pid, trace),
        httpx.Client(base_url=server.address, headers=headers) as client,
    ):
        for number in range(requests):
            answer = client.post("/v1/events", json=event(number))
            assert answer.json()["accepted"] == 1

    answers = list(_steps_before_each_answer(trace.read_text(errors="replace")))

    assert len(answers) == requests
    for steps in answers:
        assert "write" in steps, "an event was answered before anything was written"
        assert "fsync" in steps[steps.index("write") :], "an event was answered before it was durable"


@contextmanager
def traced(pid: int, trace: Path) -> Iterator[None]:
    """Write the system calls of a process and its threads to `trace` for as long as the block runs."""
    options = ["-f", "-y", "-s", "24", "-e", f"trace={_CALLS}", "-o", str(trace), "-p", str(pid)]
    with subprocess.Popen(["strace", *options], stderr=subprocess.PIPE) as tracing:
        assert tracing.stderr is not None
        assert b"attached" in tracing.stderr.readline()
        yield
        tracing.terminate()


def _steps_before_each_answer(trace: str) -> Iterator[list[str]]:
    """What happened to the write-ahead log between the arrival of each request and its answer, in order."""
    steps: list[str] = []
    for call, arguments in _finished_calls(trace):
        if call in ("recvfrom", "read") and '"POST /v1/events' in arguments:
            steps = []
        elif call in ("pwrite64", "write") and "gateway.db-wal" in arguments:
            steps.append("write")
        elif call in ("fsync", "fdatasync") and "gateway.db-wal" in arguments:
            steps.append("fsync")
        elif call in ("sendto", "sendmsg", "writev", "write") and '"HTTP/1.1 200' in arguments:
            yield steps


def _finished_calls(trace: str) -> Iterator[tuple[str, str]]:
    """Each call with its arguments at the moment it returned without error; threads interleave."""
    begun: dict[str, str] = {}
    for line in trace.splitlines():
        thread, _, rest = line.partition(" ")
        text = rest.strip()
        if text.endswith("<unfinished ...>"):
            begun[thread] = text.removesuffix("<unfinished ...>")
            continue
        if text.startswith("<..."):
            text = begun.pop(thread, "") + text.partition("resumed>")[2]
        found = _CALL.match(f"{thread} {text}")
        if found and int(found["result"]) >= 0:
            yield found["call"], found["arguments"]
