"""The program under test: how it is configured, started and stopped. Nothing else here knows its command line."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
start_max_seconds = 30
stop_max_seconds = 30


class BenchmarkFailed(Exception):
    """A number that would mean nothing: the program failed, or answered other than it should."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is ready."""

    port: int
    pid: int


def serve_command(config: Path, port: int) -> list[str]:
    """The command that serves a store."""
    return [*_gateway, "serve", "--config", str(config), "--no-workers", "--port", str(port)]


def demo_command() -> list[str]:
    """The command that loads and bills the flights."""
    return [*_gateway, "demo", "--no-serve", "--json"]


def config_text(database: Path, has_group_commit: bool) -> str:
    """The configuration of a server on `database`."""
    group_commit = "true" if has_group_commit else "false"
    return f'[storage]\nurl = "sqlite:///{database}"\n\n[ingest]\ngroup_commit = {group_commit}\n'


def environment() -> dict[str, str]:
    """Ours, without settings of the gateway that would override the configuration, and able to import from the root."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


@contextmanager
def serving(database: Path, has_group_commit: bool = True) -> Iterator[Server]:
    """A server on `database` for as long as the block runs. Raises `BenchmarkFailed` if it does not start or stop."""
    config, log = database.with_suffix(".toml"), database.with_suffix(".log")
    config.write_text(config_text(database, has_group_commit))
    port = _free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            serve_command(config, port), stdout=output, stderr=output, cwd=database.parent, env=environment()
        )
        try:
            _await_ready(process, port, log)
            try:
                yield Server(port, process.pid)
            finally:
                _require_alive(process, log)
        finally:
            _stop(process)


_gateway = [sys.executable, "-m", "gateway.cli"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + start_max_seconds
    while time.monotonic() < deadline:
        _require_alive(process, log)
        if _is_ready(port):
            return
        time.sleep(0.05)
    raise BenchmarkFailed(f"The server was not ready within {start_max_seconds} s: {_last_lines(log)}")


def _require_alive(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.poll() is not None:
        raise BenchmarkFailed(f"The server ended with code {process.returncode}: {_last_lines(log)}")


def _is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(stop_max_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise BenchmarkFailed(f"The server did not stop within {stop_max_seconds} s of SIGTERM") from None


def _last_lines(log: Path) -> str:
    return log.read_text(errors="replace")[-2_000:]
