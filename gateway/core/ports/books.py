"""What the services ask of the storage of the books."""

from typing import Protocol

from gateway.core.ledger import JournalEntry, Transfer


class Books(Protocol):
    """The ledger."""

    def post(self, entry: JournalEntry) -> bool:
        """Append an entry; False if its key was posted before."""
        ...

    def transfers(self, source_prefix: str) -> list[Transfer]:
        """The transfers whose source starts so, in order of posting."""
        ...

    def balances(self, legal_entity: str | None = None) -> dict[tuple[str, str], int]:
        """Debits less credits in minor units by (account, currency); in the books of all, or of one legal entity."""
        ...
