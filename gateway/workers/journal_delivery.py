"""Delivery to one accounting system: journals that are due go out, and what was sent is compared, once a day."""

import logging
import time
from collections.abc import Callable

from gateway.plugin_api import JournalTarget
from gateway.services.bind_connection import bind_books
from gateway.services.compare_journals import compare_next, schedule_comparisons
from gateway.services.connected import is_out_of_order
from gateway.services.connection_holds import probe_held_books
from gateway.services.deliver import deliver_next_journal
from gateway.services.installation import Installation
from gateway.workers.delivery import pause_seconds

look_every_seconds = 60
"""How often the worker looks for months that nobody has compared for a day."""

logger = logging.getLogger(__name__)


class JournalDelivery:
    """The work of one connection; `step` is repeated."""

    def __init__(
        self,
        installation: Installation,
        connection: str,
        target: JournalTarget,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._installation = installation
        self._connection = connection
        self._target = target
        self._is_new = True
        self._is_bound = False
        self._seconds = seconds
        self._comparing_due_at = seconds()

    def step(self) -> float:
        """Deliver the next journal, or compare what is due; the seconds to wait."""
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
        self._ask_to_compare()
        return 0.0 if compare_next(self._installation, self._connection, self._target) else pause_seconds

    def _ask_to_compare(self) -> None:
        """Now and then, look whether months are to be compared again."""
        if self._seconds() >= self._comparing_due_at:
            self._comparing_due_at = self._seconds() + look_every_seconds
            schedule_comparisons(self._installation, self._connection)
