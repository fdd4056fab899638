"""One server per SQLite file: a second one is refused, because each would believe that it owns the writer."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.core.errors import GatewayError


class AlreadyServed(GatewayError):
    """Another process serves this database."""

    code = "ALREADY_SERVED"


@contextmanager
def sole_server_of(database: Path) -> Iterator[None]:
    """Be the only server of a SQLite file for as long as the block runs. Raises `AlreadyServed`.

    The lock belongs to the open file, so it ends with the process, however that ends.
    """
    descriptor = os.open(f"{database}-server", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
            raise AlreadyServed(f"{database} is served by process {pid} already; stop that one first") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)
