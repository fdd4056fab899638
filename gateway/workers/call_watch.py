"""Ends a process of ours whose call to a plugin takes too long, whatever the plugin does to the interpreter.

Run as a file it is the process that watches: on standard input it is told, a line each, what begins and that it has
ended. It imports the standard library alone, so that it starts in no time.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Self

_bytes_max = 1 << 16
_SHOW_CURSOR = "\x1b[?25h"
"""A progress bar hides it, and is not asked any more."""


class CallWatch:
    """Watches the calls of this process, one at a time; to be used with `with`."""

    def __enter__(self) -> Self:
        self._watcher = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", __file__], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._watcher.stdin is not None
        self._watcher.stdin.close()
        self._watcher.wait()

    def begin(self, seconds: float, message: str) -> None:
        """End this process with a message on standard error, unless `end` is called in so many seconds."""
        self._tell(json.dumps([seconds, message]).encode())

    def end(self) -> None:
        """What was begun has ended."""
        self._tell(b"")

    def _tell(self, line: bytes) -> None:
        assert self._watcher.stdin is not None
        with suppress(BrokenPipeError):  # somebody killed it; the work goes on
            self._watcher.stdin.write(line + b"\n")


def _watch(watched: int) -> None:
    """Read what is under way until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    deadline, message, received = None, "", b""
    while True:
        remaining = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        if not select.select([sys.stdin], [], [], remaining)[0]:
            _end(watched, message)
            return
        part = os.read(sys.stdin.fileno(), _bytes_max)
        if not part:
            return
        *lines, received = (received + part).split(b"\n")
        for line in lines:
            deadline = None
            if line:
                seconds, message = json.loads(line)
                deadline = time.monotonic() + seconds


def _end(watched: int, message: str) -> None:
    if os.getppid() == watched:  # and nobody else's by now
        os.kill(watched, signal.SIGKILL)
        cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
        print(f"{cursor}error: {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    _watch(os.getppid())
