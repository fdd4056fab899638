"""How the interpreter is set for processes that hold many events."""

import gc
import sys


def tune_the_interpreter() -> None:
    """Look for garbage rarely, and let threads hand the interpreter lock on soon."""
    # Events come and go by the hundred thousand and hold no cycles; looking for some every 700 objects costs a third.
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    # The writer asks for the lock after every statement; by default it would wait 5 ms for it each time.
    sys.setswitchinterval(0.001)
