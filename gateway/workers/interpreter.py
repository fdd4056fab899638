"""How the interpreter is set: for a quick start, and for processes that hold many events."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Load what the process needs as long as it runs."""
    # Looking for garbage among it would be in vain, and takes a fifth of the time to start.
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def tune_the_interpreter() -> None:
    """Look for garbage rarely, and let threads hand the interpreter lock on soon."""
    # Events come and go by the hundred thousand and hold no cycles; looking for some every 700 objects costs a third.
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    # The writer asks for the lock after every statement; by default it would wait 5 ms for it each time.
    sys.setswitchinterval(0.001)
