"""The gateway as people run it: its command line in a process of its own, and its server on a free port."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx

from gateway.cli import asked_command, run

start_seconds_max = 90
stop_seconds_max = 15


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with the settings and the database of a gateway."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, sent: bytes = b"") -> Finished:
        """Run `gateway` with these arguments in the folder; in this process, because starting one takes a second."""
        out, err = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
        with (
            chdir(self.folder),
            patch.dict(os.environ, self._environment, clear=True),
            patch.object(sys, "argv", ["gateway", *arguments]),
            patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(sent))),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                run(asked_command())
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        return Finished(code, _written(out), _written(err))

    def json(self, *arguments: str, sent: bytes = b"") -> Any:
        """What `gateway ARGUMENTS --json` prints; it has to succeed."""
        done = self.run(*arguments, "--json", sent=sent)
        assert done.code == 0, done.err
        return json.loads(done.out)

    def key(self, *scopes: str) -> str:
        """A new API key."""
        return str(self.json("keys", "create", *(word for scope in scopes for word in ("--scope", scope)))["key"])

    @contextmanager
    def served(self, *options: str) -> Iterator["Server"]:
        """A server on the folder's database, told to stop at the end; it has to stop well, unless a test killed it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with (self.folder / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                command("serve", "--port", str(port), *options),
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        server = Server(process, f"http://127.0.0.1:{port}", self.folder / "serve.log")
        try:
            server.await_ready()
            yield server
            if process.returncode != -signal.SIGKILL:  # a test that killed it knows
                server.stop()
        finally:
            process.kill()
            process.wait()

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        return {**kept, "COLUMNS": "200", "NO_COLOR": "1", **self.environment}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    process: "subprocess.Popen[bytes]"
    address: str
    log: Path

    def await_ready(self) -> None:
        """Wait until it can work."""
        deadline = time.monotonic() + start_seconds_max
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if httpx.get(f"{self.address}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready in time: {self.log.read_text()}")

    def stop(self) -> None:
        """Tell it to stop (SIGTERM) and wait; it has to end by itself, with code 0."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(stop_seconds_max) == 0, self.log.read_text()

    def kill(self) -> None:
        """End it at once, as a lost machine would."""
        self.process.kill()
        self.process.wait()

    def send(self, key: str, events: Sequence[dict[str, Any]]) -> httpx.Response:
        """Send events."""
        return httpx.post(f"{self.address}/v1/events", json=list(events), headers={"Authorization": f"Bearer {key}"})

    def metrics(self) -> dict[str, float]:
        """Every metric by its name and labels."""
        lines = httpx.get(f"{self.address}/metrics").text.splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def command(*arguments: str) -> list[str]:
    """The command line of the gateway."""
    return [sys.executable, "-m", "gateway.cli", *arguments]
