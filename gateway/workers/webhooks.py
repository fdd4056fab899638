"""The sender of webhooks: what is due goes out, to several endpoints at once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from gateway.services.installation import Installation
from gateway.services.send_webhooks import Post, forget_old, send_due, sent_at_once_max

pause_seconds = 1.0
forget_every_seconds = 3_600.0


class Webhooks:
    """The work of sending; `step` is repeated."""

    def __init__(self, installation: Installation, post: Post, seconds: Callable[[], float] = time.monotonic) -> None:
        self._installation = installation
        self._post = post
        self._seconds = seconds
        self._forget_at = seconds()
        self._threads = ThreadPoolExecutor(sent_at_once_max, thread_name_prefix="webhook")

    def step(self) -> float:
        """Send what is due, and forget what is old now and then; the seconds to wait."""
        if self._seconds() >= self._forget_at:
            self._forget_at = self._seconds() + forget_every_seconds
            forget_old(self._installation)
        return 0.0 if send_due(self._installation, self._post, self._threads.map) else pause_seconds
