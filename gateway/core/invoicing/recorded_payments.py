"""Money for an invoice that came by another way than the provider."""

from dataclasses import dataclass
from datetime import date, datetime

from gateway.core.errors import InvalidValue
from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    """A payment of `amount` when `due` was to be paid; kept for ever, and told to the provider."""

    id: str
    invoice_id: str
    amount: Money
    due: Money
    received_on: date
    method: str
    reference: str
    actor: str
    recorded_at: datetime

    def __post_init__(self) -> None:
        if not 0 < self.amount.amount_minor <= self.due.amount_minor or self.amount.currency != self.due.currency:
            paid, due = (f"{money} {money.currency}" for money in (self.amount, self.due))
            raise InvalidValue(f"{paid} is not above zero and at most the {due} that are due; record what is due")
