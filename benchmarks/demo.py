"""The demo without serving: how long it takes and how much memory it holds."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.machine import peak_memory_mb
from benchmarks.server import BenchmarkFailed, demo_command, environment

flights = 336_776
_demo_max_seconds = 300
_sample_seconds = 0.05


@dataclass(frozen=True, slots=True)
class DemoRun:
    """One demo, from the start of the process to its end."""

    seconds: float
    peak_memory_mb: float


def run_demo(folder: Path) -> DemoRun:
    """Run the demo in an empty `folder`. Raises `BenchmarkFailed` if it fails or did not take every flight."""
    folder.mkdir()
    answer, log = folder / "demo.json", folder / "demo.log"
    started = time.monotonic()
    with answer.open("wb") as output, log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603
            demo_command(), stdout=output, stderr=errors, cwd=folder, env=environment()
        )
        try:
            peak_mb = _watch(process, started + _demo_max_seconds)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    seconds = time.monotonic() - started
    if process.returncode:
        raise BenchmarkFailed(f"The demo ended with code {process.returncode}: {log.read_text()[-2_000:]}")
    accepted = msgspec.json.decode(answer.read_bytes())["events"]["accepted"]
    if accepted != flights:
        raise BenchmarkFailed(f"The demo took {accepted} events; there are {flights} flights")
    return DemoRun(seconds, peak_mb)


def _watch(process: subprocess.Popen[bytes], deadline: float) -> float:
    """The most memory the process and its children held until it ended; returns early at the deadline."""
    peak_mb = 0.0
    while process.poll() is None and time.monotonic() < deadline:
        peak_mb = max(peak_mb, peak_memory_mb(process.pid))
        time.sleep(_sample_seconds)
    return peak_mb
