"""Doing one thing again and again until told to stop, whatever happens in between."""

import logging
import threading
import traceback
from collections.abc import Callable

logger = logging.getLogger(__name__)

retry_seconds_max = 60.0

Step = Callable[[], float]
"""Does a piece of work; the seconds to wait before the next one."""


def repeat(step: Step, stop: threading.Event, name: str, on_first: Callable[[], None] = lambda: None) -> None:
    """Run `step` until `stop` is set; after a failure wait, at first a second, then twice as long each time.

    `on_first` is called after the first step, whether it failed or not.
    """
    failures, is_first = 0, True
    while not stop.is_set():
        try:
            pause = step()
            failures = 0
        except Exception as error:  # a worker that ends by itself would stop billing without anyone knowing
            pause = min(2.0**failures, retry_seconds_max)
            failures += 1
            # Without its message, which may quote what customers sent.
            frames = "".join(traceback.format_tb(error.__traceback__))
            logger.error("%s failed, again in %.0f s: %s\n%s", name, pause, type(error).__qualname__, frames)
        if is_first:
            on_first()
            is_first = False
        stop.wait(pause)
