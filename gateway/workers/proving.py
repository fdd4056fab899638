"""Proving the webhooks of one connection, in a process that may be ended when the plugin hangs."""

import socket
import threading
from contextlib import suppress

from gateway.plugin_api import BillingProvider
from gateway.services.receive_webhook import prove_webhook
from gateway.workers.proof_messages import answer_bytes, read_request

look_seconds = 0.5
"""How often it is looked whether to stop."""
exchange_seconds_max = 5.0


class Proving:
    """Answers what the server asks over a socket; `step` is repeated."""

    def __init__(self, listener: socket.socket, provider: BillingProvider, stop: threading.Event) -> None:
        listener.settimeout(look_seconds)
        self._listener = listener
        self._provider = provider
        self._stop = stop

    def step(self) -> float:
        """Wait for a webhook and prove it; the seconds to wait."""
        while not self._stop.is_set():
            with suppress(TimeoutError):
                asked, _ = self._listener.accept()
                # Whoever asked may be gone at any time, and then asks again.
                with asked, suppress(OSError):
                    asked.settimeout(exchange_seconds_max)
                    self._answer(asked)
                break
        return 0.0

    def _answer(self, asked: socket.socket) -> None:
        request = read_request(asked)
        if request is not None:
            asked.sendall(answer_bytes(lambda: prove_webhook(self._provider, request)))
