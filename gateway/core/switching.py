"""Switching customers to another connection: what a switch is, and what it would come to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class Switch:
    """That customers were to go to `target`, as `actor` has asked at `begun_at`."""

    id: str
    target: str
    actor: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """One customer of a switch on its way; it ends when the customer has moved, or a later switch takes its place."""

    id: str
    switch_id: str
    customer: str
    from_connection: str
    to_connection: str
    ended_at: datetime | None = None
    is_moved: bool = False


@dataclass(frozen=True, slots=True)
class SwitchProgress:
    """How far a switch is: customers that moved, that a later switch took over, and that are still to move."""

    moved: int = 0
    given_up: int = 0
    pending: int = 0
    parked: int = 0

    def __add__(self, other: "SwitchProgress") -> "SwitchProgress":
        return SwitchProgress(
            self.moved + other.moved,
            self.given_up + other.given_up,
            self.pending + other.pending,
            self.parked + other.parked,
        )

    @property
    def total(self) -> int:
        """All customers of the switch."""
        return self.moved + self.given_up + self.pending + self.parked

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.pending or self.parked)


class Severity(StrEnum):
    """What a problem means: it blocks the customer's switch, or it is a warning."""

    BLOCKS = "blocks"
    WARNS = "warns"


class ProblemKind(StrEnum):
    """What stands in the way of a customer's switch; unknown is what the provider does not say."""

    LOOK_UP_FAILED = "look_up_failed"
    CURRENCY_NOT_ENABLED = "currency_not_enabled"
    CURRENCY_UNKNOWN = "currency_unknown"
    PAYMENT_METHOD_MISSING = "payment_method_missing"
    PAYMENT_METHOD_UNUSABLE = "payment_method_unusable"
    PAYMENT_METHOD_UNKNOWN = "payment_method_unknown"
    BALANCE_STAYS = "balance_stays"
    BALANCE_UNKNOWN = "balance_unknown"


_BLOCKING = {ProblemKind.LOOK_UP_FAILED, ProblemKind.CURRENCY_NOT_ENABLED}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to know before a customer is switched, and what to do about it, in one sentence."""

    kind: ProblemKind
    message: str
    remedy: str

    @property
    def severity(self) -> Severity:
        """Whether it blocks."""
        return Severity.BLOCKS if self.kind in _BLOCKING else Severity.WARNS


class Presence(StrEnum):
    """Whether a customer is at a provider: known to us, found there, to be made there, or not known."""

    KNOWN = "known"
    FOUND = "found"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PlannedCustomer:
    """What would happen to a customer: from where it goes, whether it is there already, and what is in the way."""

    customer: str
    from_connection: str
    presence: Presence
    ref: str | None = None
    currencies: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def blocking(self) -> tuple[Problem, ...]:
        """The problems that keep it from being switched."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.BLOCKS)

    @property
    def is_blocked(self) -> bool:
        """Whether it cannot be switched yet."""
        return bool(self.blocking)


class OpenState(StrEnum):
    """What is still to happen to an invoice where it is."""

    PENDING = "pending"
    PARKED = "parked"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that is not done with: it stays at its connection and is followed there."""

    invoice_id: str
    number: str
    customer: str
    connection: str
    total: Money
    state: OpenState


@dataclass(frozen=True, slots=True)
class CreditThatStays:
    """What a customer has: in a wallet of the gateway (no connection), which goes on as before, or at a provider."""

    customer: str
    balance: Money
    connection: str | None = None


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """What a switch would come to, customer by customer; nothing of it is done."""

    target: str
    customers: tuple[PlannedCustomer, ...] = ()
    invoices: tuple[OpenInvoice, ...] = ()
    credits: tuple[CreditThatStays, ...] = field(default=())

    @property
    def blocked(self) -> Sequence[PlannedCustomer]:
        """Those that cannot be switched yet."""
        return [each for each in self.customers if each.is_blocked]

    @property
    def warned(self) -> Sequence[PlannedCustomer]:
        """Those that can be switched, with something to know before."""
        return [each for each in self.customers if each.problems and not each.is_blocked]

    def count_of(self, presence: Presence) -> int:
        """How many customers are there in that way."""
        return sum(each.presence is presence for each in self.customers)
