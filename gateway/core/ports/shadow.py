"""What the services ask of storage about the shadow run."""

from datetime import datetime
from typing import Protocol

from gateway.core.shadow import ShadowQuote


class Shadow(Protocol):
    """The invoices to quote at a shadow connection, and what came of it."""

    def add(self, quote: ShadowQuote) -> None:
        """Queue an invoice; one that is queued there already stays as it is."""
        ...

    def claim(self, connection: str, now: datetime, until: datetime) -> ShadowQuote | None:
        """Take the one that is due longest; it is due again at `until`, and counted as tried."""
        ...

    def settle(self, quote: ShadowQuote) -> None:
        """Store what came of it."""
        ...

    def since(
        self,
        connection: str,
        since: datetime,
        after: tuple[datetime, str] | None,
        limit: int,
        only_different: bool = False,
    ) -> list[ShadowQuote]:
        """Those of invoices finalized since then, by that time and id, behind a place in that order.

        `only_different` leaves out those that are the same or wait.
        """
        ...
