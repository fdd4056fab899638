"""What the services ask of the storage of feeds."""

from typing import Protocol

from gateway.core.feeds import Feed, InvoiceChange, NumberedTransfer


class Feeds(Protocol):
    """What was committed, numbered from 1 without gaps: what is read up to the head never changes, and is complete."""

    def head(self, feed: Feed) -> int:
        """The last number of a feed; 0 for an empty one."""
        ...

    def transfers(self, after: int, through: int) -> list[NumberedTransfer]:
        """The transfers of the entries at positions in `(after, through]`, in order."""
        ...

    def invoice_changes(self, after: int, through: int) -> list[tuple[int, InvoiceChange]]:
        """The changes of invoices at positions in `(after, through]`, in order, with their positions."""
        ...
