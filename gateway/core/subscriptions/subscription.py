"""Customers and their subscriptions: who is billed by which plan, and to whom an event belongs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from gateway.core.addressee import Addressee, envelope_faults
from gateway.core.errors import InvalidValue
from gateway.core.faults import Fault, require_none, text_fault
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.periods.period import BillingPeriod, BillingSchedule, Interval
from gateway.core.time import instant_text, read_zone, utc

payment_days_default = 30
payment_days_max = 366


@dataclass(frozen=True, slots=True)
class Customer:
    """Who uses and pays; `key` is the company's own name for them, the one that events carry.

    `legal_entity` issues the invoices that are drafted from now on. `connection` is where invoices that are finalized
    from now on go; None for wherever the deployment's go. They are due `payment_days` after they are, or as many as the
    installation says.
    """

    id: str
    key: str
    name: str
    email: str | None = None
    legal_entity: str = DEFAULT_ENTITY
    connection: str | None = None
    address: tuple[str, ...] = ()
    country: str | None = None
    tax_ids: tuple[str, ...] = ()
    payment_days: int | None = None

    def __post_init__(self) -> None:
        require_none(self._faults())

    def _faults(self) -> Iterator[Fault]:
        for path, text in (("key", self.key), ("name", self.name), ("email", self.email)):
            if text is not None and (fault := text_fault(text)):
                yield path, fault
        yield from envelope_faults(self.address, self.country, self.tax_ids)
        if self.payment_days is not None and not 0 <= self.payment_days <= payment_days_max:
            yield "payment_days", f"{self.payment_days} is not 0 to {payment_days_max}"

    @property
    def addressee(self) -> Addressee:
        """Whom the documents are for that are issued today."""
        return Addressee(self.name, self.email, self.address, self.country, self.tax_ids)


class SubscriptionStatus(StrEnum):
    """What a phase of a subscription bills."""

    TRIAL = "trial"
    USAGE_TRIAL = "usage_trial"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


TRIALS = frozenset({SubscriptionStatus.TRIAL, SubscriptionStatus.USAGE_TRIAL})
"""The phases that no fees are billed for."""

IDLE = frozenset({SubscriptionStatus.PAUSED, SubscriptionStatus.ENDED})
"""The phases that no event belongs to and that nothing is billed for."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A customer on a plan version in `[starts_at, ends_at)`, billed around `anchor` in `time_zone`.

    A change makes another phase of it, which counts and bills like a subscription of its own: `phase_of` is the id of
    the first one, which began at `begun_at`. A phase that `is_cut` ends where the next begins. It was agreed until
    `agreed_ends_at`, and fees in advance are billed until then all the same; what is left of them comes back unless
    `keeps_fees`.
    """

    id: str
    key: str
    customer: str
    plan: str
    plan_version: int
    interval: Interval
    starts_at: datetime
    ends_at: datetime | None
    anchor: datetime
    time_zone: str
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    phase_of: str | None = None
    begun_at: datetime | None = None
    is_cut: bool = False
    agreed_ends_at: datetime | None = None
    keeps_fees: bool = False

    def __post_init__(self) -> None:
        for name, text in (("key", self.key), ("customer", self.customer), ("plan", self.plan)):
            if fault := text_fault(text):
                raise InvalidValue(f"A subscription's {name} {fault}")
        read_zone(self.time_zone)
        for instant in (self.starts_at, self.ends_at, self.anchor):
            if instant is not None:
                utc(instant)
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise InvalidValue(f"Subscription {self.key!r} must end after it starts at {instant_text(self.starts_at)}")

    @property
    def zone(self) -> ZoneInfo:
        """The zone that its boundaries and days are computed in."""
        return ZoneInfo(self.time_zone)

    @property
    def schedule(self) -> BillingSchedule:
        """The periods it is billed by, before they are clipped to its life."""
        return BillingSchedule(self.anchor, self.interval, self.zone)

    @property
    def whole_id(self) -> str:
        """The id of the subscription that it is, or is a phase of."""
        return self.phase_of or self.id

    @property
    def carries_from(self) -> datetime:
        """Since when meters that carry on what came before read events: the start of its first phase."""
        return self.begun_at or self.starts_at

    @property
    def fees_until(self) -> datetime | None:
        """Until when fees in advance are billed; None for no end."""
        return self.agreed_ends_at if self.is_cut else self.ends_at

    def is_active_at(self, instant: datetime) -> bool:
        """Whether it covers `instant`."""
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)

    def overlaps(self, starts_at: datetime, ends_at: datetime | None) -> bool:
        """Whether it is active at any instant of `[starts_at, ends_at)`."""
        ends_before = self.ends_at is not None and self.ends_at <= starts_at
        starts_after = ends_at is not None and ends_at <= self.starts_at
        return not (ends_before or starts_after)

    def period_at(self, instant: datetime) -> BillingPeriod | None:
        """The billing period that contains `instant`, clipped to its life; None outside of it."""
        if not self.is_active_at(instant):
            return None
        return self.schedule.period(self.schedule.index_at(instant)).clip(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class Boundary:
    """An instant at which a subscription is billed: the period that ends there and the one that starts there.

    The `whole` periods are the schedule's own, before clipping to the subscription's life; prorating divides by them.
    `unused` is what is left of the period that fees in advance were billed for, where a phase is cut in its middle.
    """

    at: datetime
    ended: BillingPeriod | None
    ended_whole: BillingPeriod | None
    started: BillingPeriod | None
    started_whole: BillingPeriod | None
    unused: BillingPeriod | None = None


def boundaries(subscription: Subscription, until: datetime) -> Iterator[Boundary]:
    """The billing boundaries of `subscription` at or before `until`, in order, the first at its start."""
    schedule = subscription.schedule
    at = subscription.starts_at
    ended: BillingPeriod | None = None
    ended_whole: BillingPeriod | None = None
    paid: BillingPeriod | None = None
    while at <= until:
        # Looked up rather than counted: a local day that a zone skipped altogether is no period.
        whole = schedule.period(schedule.index_at(at))
        started = whole.clip(at, subscription.ends_at)
        if started is None:
            unused = None if paid is None or subscription.keeps_fees else paid.clip(at, None)
            yield Boundary(at, ended, ended_whole, None, None, unused)
            return
        paid = whole.clip(at, subscription.fees_until)
        yield Boundary(at, ended, ended_whole, paid, whole)
        at, ended, ended_whole = started.end, started, whole
