"""What a provider says of its account and of its customers: what a switch to it, or away from it, depends on."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.core.faults import Fault, require_none
from gateway.core.money import Money

account_id_length_max = 255


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """The account that a connection's credentials belong to.

    `id` is its name there, the same for as long as the account lives; empty where these credentials may not ask.
    """

    id: str
    currencies: frozenset[str] | None = None
    """The currencies that it has enabled; None for all that the plugin declares."""

    def __post_init__(self) -> None:
        require_none(self._faults())

    def _faults(self) -> Iterator[Fault]:
        if not isinstance(self.id, str) or len(self.id) > account_id_length_max:
            yield "id", f"is no text of at most {account_id_length_max} characters"
        if not isinstance(self.currencies, frozenset | None):
            yield "currencies", f"is of type {type(self.currencies).__name__}"


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """What a customer would be charged by; `type` is the provider's word for it, such as `card`."""

    type: str
    is_usable: bool | None = True
    """Whether it can be charged; None where the provider does not say, as of a mandate that it does not show."""
    reason: str = ""
    """Why it cannot, or why nobody knows."""


@dataclass(frozen=True, slots=True)
class CustomerStanding:
    """How a customer stands at the provider: by what it pays, and what the provider owes it, by currency."""

    payment_method: PaymentMethod | None
    balances: tuple[Money, ...] = ()
    """Credit that the provider keeps for the customer, above zero; nothing for a currency without any."""

    def __post_init__(self) -> None:
        require_none(self._faults())

    def _faults(self) -> Iterator[Fault]:
        if not isinstance(self.payment_method, PaymentMethod | None):
            yield "payment_method", f"is of type {type(self.payment_method).__name__}"
        for balance in self.balances:
            if not isinstance(balance, Money) or balance.amount_minor <= 0:
                yield "balances", f"has {balance}; it has to be an amount above zero"
