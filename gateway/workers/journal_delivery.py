"""Delivery to one accounting system: journals that are due go out, and what somebody asked for is compared."""

import logging

from gateway.plugin_api import JournalTarget
from gateway.services.bind_connection import bind_books
from gateway.services.compare_journals import compare_next
from gateway.services.connected import is_out_of_order
from gateway.services.connection_holds import probe_held_books
from gateway.services.deliver import deliver_next_journal
from gateway.services.installation import Installation
from gateway.workers.delivery import pause_seconds

logger = logging.getLogger(__name__)


class JournalDelivery:
    """The work of one connection; `step` is repeated."""

    def __init__(self, installation: Installation, connection: str, target: JournalTarget) -> None:
        self._installation = installation
        self._connection = connection
        self._target = target
        self._is_new = True
        self._is_bound = False

    def step(self) -> float:
        """Deliver the next journal, or compare what is asked for; the seconds to wait."""
        is_new, self._is_new = self._is_new, False
        if probe_held_books(self._installation, self._connection, self._target, is_new):
            logger.info("The accounting system of %s takes the credentials again", self._connection)
        if is_out_of_order(self._installation, self._connection):
            return pause_seconds
        self._is_bound = self._is_bound or bind_books(self._installation, self._connection, self._target)
        if not self._is_bound:
            logger.warning("%s is not to be talked to for now", self._connection)
            return pause_seconds
        report = deliver_next_journal(self._installation, self._connection, self._target)
        if report is not None:
            logger.info("Delivery to %s: %s", self._connection, report)
            return 0.0
        return 0.0 if compare_next(self._installation, self._connection, self._target) else pause_seconds
