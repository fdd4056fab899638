"""What single documents still have on the accounts of a kind."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Debits less credits of one account that stem from one document, in minor units.

    `document` is the id of an invoice, a credit note or a wallet, or names a period that runs.
    """

    account: str
    document: str
    currency: str
    amount_minor: int
