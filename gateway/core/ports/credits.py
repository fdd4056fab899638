"""What the services ask of the storage of wallets, grants and their movements."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from gateway.core.credits.grant import CreditGrant, Ending
from gateway.core.credits.movements import CreditMovement
from gateway.core.credits.wallet import Wallet, WalletAccount


class Credits(Protocol):
    """Wallets with their grants, and what moved.

    A wallet comes without its spent grants, so that what is read does not grow with its past.
    """

    def add_wallet(self, wallet: Wallet) -> bool:
        """Store a new wallet without grants; False if the customer has one with its key."""
        ...

    def lock_wallet(self, wallet_id: str, grants: Iterable[str] = ()) -> WalletAccount:
        """One wallet, locked until the transaction ends; of its spent grants those named. Raises `NotFound`."""
        ...

    def lock_wallets(self, customer: str) -> list[WalletAccount]:
        """A customer's wallets by id, locked until the transaction ends."""
        ...

    def wallets_of(self, customers: Sequence[str]) -> dict[str, list[WalletAccount]]:
        """The wallets of customers that have any, by id."""
        ...

    def wallets_before(self, customers: Sequence[str], instant: datetime) -> dict[str, list[WalletAccount]]:
        """The wallets of customers as they were right before `instant`, by id; grants of later have yet to begin."""
        ...

    def wallets_by_id(self, ids: Sequence[str]) -> dict[str, WalletAccount]:
        """Those of `ids` that exist."""
        ...

    def wallet_of_grant(self, grant_id: str) -> str:
        """The id of the wallet that a grant belongs to. Raises `NotFound`."""
        ...

    def due_wallets(self, now: datetime, limit: int) -> list[str]:
        """The ids of wallets in which something was due by `now`, longest due first."""
        ...

    def add_grant(self, wallet_id: str, grant: CreditGrant, reason: str) -> None:
        """Store a grant of a locked wallet, which has not begun, and what it was given for."""
        ...

    def end_grant(self, grant_id: str, at: datetime, ending: Ending) -> None:
        """Note that a grant of a locked wallet is voided or revoked from an instant on."""
        ...

    def used_of(self, wallet_id: str, grant_id: str) -> int:
        """What was used of a grant in minor units, less what was returned to it."""
        ...

    def grants(self, wallet_ids: Sequence[str], after: str, limit: int) -> dict[str, list[CreditGrant]]:
        """The grants of wallets in the order of their ids, after the id `after`, the spent ones too."""
        ...

    def grant_counts(self, wallet_ids: Sequence[str]) -> dict[str, int]:
        """How many there are."""
        ...

    def reasons(self, grant_ids: Sequence[str]) -> dict[str, str]:
        """What grants were given for."""
        ...

    def record(self, account: WalletAccount, movements: Sequence[CreditMovement], at: datetime) -> int:
        """Append movements of a locked wallet and store the balances they led to; the ordinal of the first."""
        ...

    def movements(
        self, wallet_ids: Sequence[str], after: int, limit: int
    ) -> dict[str, list[tuple[int, CreditMovement]]]:
        """The movements of wallets with their ordinals, from 1 without gaps, after the ordinal `after`."""
        ...

    def movement_counts(self, wallet_ids: Sequence[str]) -> dict[str, int]:
        """How many there are."""
        ...

    def movements_for(self, cause: str) -> dict[str, list[CreditMovement]]:
        """What moved for a cause, by wallet, in order."""
        ...

    def paid_for(self, causes: Sequence[str]) -> dict[str, int]:
        """What paid credit and overage paid, in minor units, of each cause that they paid for."""
        ...
