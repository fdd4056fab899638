"""The pipes between a worker process and the process that started it.

The settings come in on standard input, which then stays open: its end means that the parent has ended or wants the
worker to. On standard output the worker says when it is at its work, and when a call to a provider begins and ends.
"""

import os
import signal
import sys
import threading
from typing import BinaryIO

AT_WORK = b"work\n"
LOAD_BEGAN = b"load\n"
CALL_BEGAN = b"call\n"
CALL_ENDED = b"done\n"
FAULT = b"flaw\n"
"""What follows, up to the end of the line, is why the worker cannot work."""
fault_length_max = 1_000
stop_seconds_max = 5.0
_bytes_max = 4_096


class Lifeline:
    """A worker's side of the pipes; to be made once, at its start."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        """Set once the parent is gone or wants the worker to end."""
        self._reports = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
        # Whatever else prints must not be taken for a report.
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._inherited: BinaryIO = sys.stdin.buffer
        # A terminal sends SIGINT to the whole group; the parent decides when its workers end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self.stop.set())

    def read_settings(self) -> bytes:
        """The line that the parent sends first; from then on its end is watched."""
        line = self._inherited.readline()
        threading.Thread(target=self._await_end, name="lifeline", daemon=True).start()
        return line

    def report_at_work(self) -> None:
        """Say that the worker has made its first step."""
        self._report(AT_WORK)

    def report_loading(self) -> None:
        """Say that a plugin is being loaded; its end is that of a call."""
        self._report(LOAD_BEGAN)

    def report(self, call: str | None) -> None:
        """Say that a call to a provider begins, or with None that it has ended."""
        self._report(CALL_ENDED if call is None else CALL_BEGAN)

    def report_fault(self, fault: str) -> None:
        """Say why the worker cannot work."""
        self._report(FAULT + " ".join(fault.split())[:fault_length_max].encode() + b"\n")

    def _report(self, line: bytes) -> None:
        try:
            self._reports.write(line)
        except BrokenPipeError:
            self.stop.set()

    def _await_end(self) -> None:
        # Not the buffered `read`: an interpreter that ends by itself meanwhile would abort for its lock.
        while os.read(self._inherited.fileno(), _bytes_max):
            pass
        self.stop.set()
        threading.Event().wait(stop_seconds_max)
        # Still in a call that does not return. Its journal says how far it came.
        os._exit(1)
