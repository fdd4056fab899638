"""Credit grants: prepaid or promotional value, and the order in which it is used."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gateway.core.errors import InvalidValue
from gateway.core.numbers import plain
from gateway.core.periods.period import BillingSchedule
from gateway.core.time import LATEST

priority_first = 1
priority_last = 255
priority_default = 50


class CreditCategory(StrEnum):
    """Whether credit was paid for: promotional credit is a discount before tax, paid credit a payment after it."""

    PROMOTIONAL = "promotional"
    PAID = "paid"


_REVOKED = "revoked:"
_CATEGORY_ORDER = {CreditCategory.PROMOTIONAL: 0, CreditCategory.PAID: 1}


class Ending(StrEnum):
    """How a grant ends."""

    EXPIRED = "expired"
    VOIDED = "voided"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class RollOver:
    """How much of a grant goes on after a reset: what is left, but at most `maximum` and at least `minimum`."""

    maximum: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum:
            bounds = f"at least {plain(self.minimum)} and at most {plain(self.maximum)}"
            raise InvalidValue(f"Nothing can roll over as {bounds}; give 0 <= minimum <= maximum")

    def of(self, balance: Decimal) -> Decimal:
        """What a balance becomes: min(maximum, max(minimum, balance))."""
        return min(self.maximum, max(self.minimum, balance))


@dataclass(frozen=True, slots=True)
class CreditGrant:
    """`amount` of credit, usable in `[effective_at, ends_at)`, in the unit of its wallet.

    A lower `priority` is used first. With `refills` the grant is full again at each of the schedule's boundaries, and
    what was left of it is gone. `roll_over` says what a reset leaves; a grant without it is not touched by resets.
    One that is revoked is taken back whole: what was used of it is owed by the next grant. `paid` is what the customer
    pays for all of it, in minor units, where that is less than it gives.
    """

    id: str
    amount: Decimal
    effective_at: datetime
    expires_at: datetime | None = None
    voided_at: datetime | None = None
    revoked_at: datetime | None = None
    priority: int = priority_default
    category: CreditCategory = CreditCategory.PAID
    created_at: datetime | None = None
    refills: BillingSchedule | None = None
    roll_over: RollOver | None = None
    paid: Decimal | None = None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise InvalidValue(f"Grant {self.id!r} of {plain(self.amount)} gives nothing; grant more than 0")
        self._check_paid()
        if not priority_first <= self.priority <= priority_last:
            wrong = f"priority {self.priority} is not {priority_first} (used first) to {priority_last}"
            raise InvalidValue(f"Grant {self.id!r}: {wrong}")

    @property
    def cost(self) -> Decimal:
        """What was paid for all of it: what it gives, unless something else was said; nothing if promotional."""
        if self.category is CreditCategory.PROMOTIONAL:
            return Decimal(0)
        return self.amount if self.paid is None else self.paid

    @property
    def ends_at(self) -> datetime | None:
        """When it expires, is voided or revoked, whichever is first; never before it is effective. None: it stays."""
        ends = [end for end in (self.expires_at, self.voided_at, self.revoked_at) if end is not None]
        return max(self.effective_at, min(ends)) if ends else None

    @property
    def ending(self) -> Ending:
        """How it ends, if it does: of two ends at one instant, by expiry before voiding before revocation."""
        ends = {Ending.EXPIRED: self.expires_at, Ending.VOIDED: self.voided_at, Ending.REVOKED: self.revoked_at}
        return min(ends, key=lambda ending: ends[ending] or LATEST)

    def is_usable(self, instant: datetime) -> bool:
        """Whether `instant` lies in its half-open span: at the very instant of its expiry it counts no more."""
        return self.effective_at <= instant and (self.ends_at is None or instant < self.ends_at)

    def refilled_at(self, until: datetime) -> Iterator[datetime]:
        """The boundaries up to and at `until` at which it is full again, in order; its first amount is no refill."""
        if self.refills is None:
            return
        number = self.refills.index_at(self.effective_at) + 1
        while (instant := self.refills.boundary(number)) <= until and self.is_usable(instant):
            yield instant
            number += 1

    def _check_paid(self) -> None:
        if self.paid is None:
            return
        if self.category is CreditCategory.PROMOTIONAL:
            raise InvalidValue(f"Grant {self.id!r} is promotional: nobody pays for it; leave out what was paid")
        if not 0 <= self.paid <= self.amount:
            wrong = f"{plain(self.paid)} is paid for {plain(self.amount)}"
            raise InvalidValue(f"Grant {self.id!r}: {wrong}; pay at least 0 and at most what it gives")


def revocation_of(grant: str) -> str:
    """What movements say they are for when a grant is taken back whole."""
    return f"{_REVOKED}{grant}"


def revoked_grant(cause: str | None) -> str | None:
    """The id of the grant for whose revocation something moved; None if it was for something else."""
    return cause.removeprefix(_REVOKED) if cause is not None and cause.startswith(_REVOKED) else None


def burn_order(grant: CreditGrant) -> tuple[int, datetime, int, datetime, datetime, str]:
    """The key by which grants are used, smallest first.

    Priority, then earliest expiry (none last), then promotional before paid, then earliest effective, then earliest
    created, then id. (OpenMeter and Stigg use this order; Lago knows no expiry in it.)
    """
    created = grant.created_at or grant.effective_at
    expires = grant.expires_at or LATEST
    return grant.priority, expires, _CATEGORY_ORDER[grant.category], grant.effective_at, created, grant.id
