"""Delivery to one connection: what is due goes out, and what changed there comes in."""

import logging
import time
from collections.abc import Callable

from gateway.plugin_api import BillingProvider, ProviderError
from gateway.services.deliver import deliver_next
from gateway.services.follow_provider import apply_changes
from gateway.services.installation import Installation

logger = logging.getLogger(__name__)

pause_seconds = 1.0
changes_every_seconds = 30.0


class Delivery:
    """The work of one connection; `step` is repeated."""

    def __init__(
        self,
        installation: Installation,
        connection: str,
        provider: BillingProvider,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._installation = installation
        self._connection = connection
        self._provider = provider
        self._seconds = seconds
        self._changes_due_at = seconds()

    def step(self) -> float:
        """Deliver the next document that is due, and look for changes now and then; the seconds to wait."""
        if self._seconds() >= self._changes_due_at:
            self._changes_due_at = self._seconds() + changes_every_seconds
            self._follow()
        report = deliver_next(self._installation, self._connection, self._provider)
        if report is None:
            return pause_seconds
        logger.info("Delivery to %s: %s", self._connection, report)
        return 0.0

    def _follow(self) -> None:
        try:
            apply_changes(self._installation, self._connection, self._provider)
        except ProviderError as error:
            # Deliveries must not wait for this; the next look begins where this one did.
            logger.warning("Changes at %s cannot be read now: %s", self._connection, type(error).__name__)
