"""What the machine is, what its disk does, and what processes use; read from Linux's /proc."""

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

_fsyncs = 200
_page_bytes = 4_096
_ticks_per_second = os.sysconf("SC_CLK_TCK")


def describe() -> str:
    """Processor, cores, memory, Python and SQLite, in one line."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB; {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def fsync_p50_ms(folder: Path) -> float:
    """The median time to append a page to a file in `folder` and make it durable."""
    file = folder / "fsync"
    times = []
    with file.open("wb", buffering=0) as opened:
        for _ in range(_fsyncs):
            started = time.perf_counter()
            opened.write(bytes(_page_bytes))
            os.fsync(opened.fileno())
            times.append(time.perf_counter() - started)
    file.unlink()
    return statistics.median(times) * 1_000


def cpu_seconds(pid: int) -> float:
    """Processor time used so far by a process and those that descend from it and live."""
    return sum(_ticks(process) for process in _tree(pid)) / _ticks_per_second


def own_cpu_seconds(pid: int) -> float:
    """Processor time used so far by a process alone, all its threads together."""
    return _ticks(pid) / _ticks_per_second


def peak_memory_mb(pid: int) -> float:
    """The most memory that a process and its living descendants have held, each at its own peak, added up."""
    return sum(_peak_kib(process) for process in _tree(pid)) * 1_024 / 1e6


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(children).split():
            yield from _tree(int(child))


def _ticks(pid: int) -> int:
    # The name in parentheses may hold spaces; user and system time are fields 14 and 15, counted from the pid.
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) if fields else 0


def _peak_kib(pid: int) -> int:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def _read(file: Path) -> str:
    """The text of a file in /proc; empty once the process has ended."""
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
