"""Delivery to one connection: what is due goes out, and what changed there comes in."""

import logging
import time
from collections.abc import Callable, Iterator

from gateway.core.received_webhooks import ReceivedStatus
from gateway.plugin_api import BillingProvider, ProviderError
from gateway.services.apply_webhooks import apply_next_webhook
from gateway.services.bind_connection import bind
from gateway.services.connected import is_out_of_order
from gateway.services.connection_holds import hold_if_refused, probe_held
from gateway.services.deliver import deliver_next
from gateway.services.follow_provider import apply_changes
from gateway.services.installation import Installation
from gateway.services.reconcile_provider import is_reconciliation_due, reconciling
from gateway.services.shadow_run import quote_next
from gateway.services.stored_plans import making_plan

logger = logging.getLogger(__name__)

pause_seconds = 1.0
changes_every_seconds = 30.0
deliveries_first_seconds = 30.0
"""How long a new worker reads nothing while there is something to deliver."""


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
        # A worker that was ended in a call that reads would else come to the same call again before any delivery.
        self._reads_from = seconds() + deliveries_first_seconds
        self._is_new = True
        self._is_bound = False
        self._reconciling: Iterator[None] | None = None
        self._planning: Iterator[None] | None = None

    def step(self) -> float:
        """Apply the next webhook, deliver the next document, read what changed there; the seconds to wait."""
        is_new, self._is_new = self._is_new, False
        if probe_held(self._installation, self._connection, self._provider, is_new):
            logger.info("The provider of %s takes the credentials again", self._connection)
        if is_out_of_order(self._installation, self._connection):
            return pause_seconds
        if not self._is_bound:
            self._is_bound = bind(self._installation, self._connection, self._provider)
            if not self._is_bound:
                logger.warning("%s is not to be talked to for now", self._connection)
                return pause_seconds
        applied = apply_next_webhook(self._installation, self._connection, self._provider)
        if applied is not None and applied.status is ReceivedStatus.PARKED:
            logger.warning("A webhook of %s is parked: %s", self._connection, applied.webhook.event_id)
        report = deliver_next(self._installation, self._connection, self._provider)
        if report is not None:
            logger.info("Delivery to %s: %s", self._connection, report)
        is_idle = applied is None and report is None
        if is_idle or self._seconds() >= self._reads_from:
            is_idle &= not self._read()
        if is_idle and quote_next(self._installation, self._connection, self._provider) is not None:
            return 0.0
        return pause_seconds if is_idle else 0.0

    def _read(self) -> bool:
        """Look for changes now and then, and go on with comparing and planning; whether there is more to read."""
        if self._seconds() >= self._changes_due_at:
            self._changes_due_at = self._seconds() + changes_every_seconds
            self._follow()
        self._begin_reconciling()
        return self._reconcile() | self._plan()

    def _follow(self) -> None:
        try:
            apply_changes(self._installation, self._connection, self._provider)
        except ProviderError as error:
            # Deliveries must not wait for this; the next look begins where this one did.
            self._note_unreadable(error)

    def _begin_reconciling(self) -> None:
        """Begin to compare documents, if that is due and not under way."""
        if self._reconciling is not None:
            return
        last = self._installation.storage.read(lambda unit: unit.differences.reconciliation(self._connection))
        if is_reconciliation_due(last, self._installation.system_clock.now()):
            self._reconciling = reconciling(self._installation, self._connection, self._provider, last.requested_since)

    def _reconcile(self) -> bool:
        """Compare a few documents more; whether there was anything to do."""
        if self._reconciling is None:
            return False
        try:
            next(self._reconciling)
        except StopIteration:
            self._reconciling = None
        except ProviderError as error:
            self._reconciling = None
            self._note_unreadable(error)
        return True

    def _plan(self) -> bool:
        """Go on with a plan of a switch that somebody has asked for; whether there is one."""
        if self._planning is None:
            self._planning = making_plan(self._installation, self._connection, self._provider)
        if self._planning is None:
            return False
        if next(self._planning, self) is self:
            self._planning = None
        return True

    def _note_unreadable(self, error: ProviderError) -> None:
        logger.warning("Documents at %s cannot be read now: %s", self._connection, type(error).__name__)
        self._installation.storage.transact(
            lambda unit: hold_if_refused(unit, self._installation, self._connection, error)
        )
