"""The second process of a long recount: it counts the blocks that it is sent, and sends back what it gathered.

It opens no database: the blocks come through a pipe, so that both processes count on one snapshot.
"""

import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import Full, Queue
from typing import IO, Self, cast

from gateway.core.metering.gathering import Gathered
from gateway.core.ports.event_log import EventBlock
from gateway.services.block_recount import BlockRecount, RecountOrder, collecting_rarely

waiting_max = 2


class SecondRecountEnded(RuntimeError):
    """The second process ended before it sent what it had counted."""


class SecondRecount:
    """A process that counts beside the caller's, for as long as this context lasts."""

    def __init__(self, order: RecountOrder) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gateway.services.second_recount"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._waiting: Queue[RecountOrder | list[EventBlock] | None] = Queue(waiting_max)
        self._waiting.put(order)
        self._sender = threading.Thread(target=self._send, name="second recount", daemon=True)
        self._sender.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        if self._sender.is_alive():
            self._waiting.put(None)
        self._sender.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait()

    def offer(self, blocks: list[EventBlock]) -> bool:
        """Have blocks counted there; False where enough are waiting, so that the caller counts these."""
        try:
            self._waiting.put_nowait(blocks)
        except Full:
            return False
        return True

    def gathered(self) -> dict[str, Gathered]:
        """What it counted in all; nothing can be offered any more. Raises `SecondRecountEnded`."""
        self._waiting.put(None)
        self._sender.join()
        assert self._process.stdout is not None
        try:
            return cast(dict[str, Gathered], pickle.load(self._process.stdout))  # noqa: S301 - from our own process
        except EOFError:
            code = self._process.wait()
            raise SecondRecountEnded(f"The second process of a recount ended with code {code}; count again") from None

    def _send(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        is_open = True
        while (item := self._waiting.get()) is not None:
            # What waits is taken away also after the process has ended, so that nobody waits for room.
            is_open = is_open and _is_sent(item, pipe)
        with suppress(BrokenPipeError):
            pipe.close()


def _is_sent(item: object, pipe: IO[bytes]) -> bool:
    try:
        # In one piece: after each, this thread waits for the one that counts to let it go on.
        pipe.write(pickle.dumps(item, pickle.HIGHEST_PROTOCOL))
        pipe.flush()
    except BrokenPipeError:
        return False
    return True


def main() -> None:
    """Count what comes on standard input, until its end, and write what was gathered on standard output."""
    # A terminal interrupts the whole group; the process that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with collecting_rarely():
        recount = BlockRecount(pickle.load(sys.stdin.buffer))  # noqa: S301 - from our own process
        for blocks in _received():
            recount.count(blocks)
        pickle.dump(recount.gathered, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)


def _received() -> Iterator[list[EventBlock]]:
    while True:
        try:
            yield pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
        except EOFError:
            return


if __name__ == "__main__":
    main()
