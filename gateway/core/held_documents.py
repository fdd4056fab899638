"""What a provider holds of our documents, as it was seen last, beside what was agreed when they were delivered."""

from dataclasses import dataclass
from datetime import datetime

from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document of ours at the provider of a connection. `status` is in our words and `status_there` in theirs.

    `agreed_total` and `agreed_tax` are what both sides came to when it was delivered, at `delivered_at`; the rest is
    as of `seen_at`.
    """

    connection: str
    kind: str
    our_id: str
    ref: str
    status: str
    status_there: str
    total: Money
    tax: Money | None
    agreed_total: Money
    agreed_tax: Money | None
    delivered_at: datetime
    seen_at: datetime
    number: str | None = None
    pay_url: str | None = None
