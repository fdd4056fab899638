"""What is asked of credit, as GraphQL sends it."""

from datetime import datetime
from decimal import Decimal

import strawberry

from gateway.core.credits.grant import CreditCategory, RollOver, priority_default
from gateway.core.credits.settlement import CreditScope, LineKind
from gateway.core.credits.terms import Term, TermUnit
from gateway.core.periods.period import BillingPeriod, BillingSchedule, Interval, IntervalUnit
from gateway.core.time import read_zone, utc
from gateway.services.grant_credit import GrantRequest, WalletRequest


@strawberry.input
class TermInput:
    """How long something lasts."""

    count: Decimal = strawberry.field(description="How many units; whole for months and years.")
    unit: TermUnit = strawberry.field(description="What is counted.")

    def to_core(self) -> Term:
        """The same term."""
        return Term(self.count, self.unit)


@strawberry.input
class IntervalInput:
    """How often something happens."""

    unit: IntervalUnit = strawberry.field(description="What is counted.")
    count: int = strawberry.field(default=1, description="Every how many of them.")

    def to_core(self) -> Interval:
        """The same interval."""
        return Interval(self.unit, self.count)


@strawberry.input
class RollOverInput:
    """What a reset of the wallet leaves of a grant: what it has, within these bounds."""

    maximum: Decimal = strawberry.field(description="At most so many credits.")
    minimum: Decimal = strawberry.field(default=Decimal(0), description="At least so many; promotional grants only.")

    def to_core(self) -> RollOver:
        """The same bounds."""
        return RollOver(self.maximum, self.minimum)


@strawberry.input
class SpanInput:
    """A span of time, half-open."""

    start: datetime = strawberry.field(description="The first instant in it.")
    end: datetime = strawberry.field(description="The first instant after it.")

    def to_core(self) -> BillingPeriod:
        """The same span."""
        return BillingPeriod(utc(self.start), utc(self.end))


@strawberry.input
class ResetsInput:
    """When the grants of a wallet roll over."""

    every: IntervalInput = strawberry.field(description="How often.")
    anchor: datetime = strawberry.field(description="One of these instants; the others are counted from it.")
    time_zone: str = strawberry.field(default="UTC", description="The IANA zone in which it has the same time of day.")

    def to_core(self) -> BillingSchedule:
        """The same instants."""
        return BillingSchedule(utc(self.anchor), self.every.to_core(), read_zone(self.time_zone))


@strawberry.input
class OpenWalletInput:
    """A wallet, and what it may pay."""

    customer: str = strawberry.field(description="The customer's key.")
    currency: str = strawberry.field(description="The ISO 4217 code of all its amounts.")
    key: str | None = strawberry.field(default=None, description="Your own name for it; the currency's without it.")
    name: str = strawberry.field(default="Credit", description="The name that people read.")
    priority: int = strawberry.field(default=priority_default, description="A lower one pays first: 1 to 255.")
    line_kinds: list[LineKind] | None = strawberry.field(default=None, description="The lines it pays.")
    meters: list[str] | None = strawberry.field(default=None, description="The meters whose lines it pays too.")
    rate: Decimal = strawberry.field(default=Decimal(1), description="The money that one credit stands for.")
    resets: ResetsInput | None = strawberry.field(default=None, description="When its grants roll over; never without.")
    overage_max: Decimal = strawberry.field(default=Decimal(0), description="How far it may be overdrawn, in money.")

    def to_core(self) -> WalletRequest:
        """The same request."""
        return WalletRequest(
            customer=self.customer,
            currency=self.currency,
            key=self.key,
            name=self.name,
            priority=self.priority,
            scope=CreditScope(frozenset(self.line_kinds or ()), frozenset(self.meters or ())),
            rate=self.rate,
            resets=None if self.resets is None else self.resets.to_core(),
            overage_max=self.overage_max,
        )


@strawberry.input
class GrantCreditInput:
    """How much credit to grant to whom, for what and for how long."""

    customer: str = strawberry.field(description="The customer's key.")
    currency: str = strawberry.field(description="The currency of the wallet.")
    amount: Decimal = strawberry.field(description="How many credits; with a rate of 1, the money.")
    reason: str = strawberry.field(description="What for; kept for ever.")
    category: CreditCategory = strawberry.field(
        default=CreditCategory.PROMOTIONAL, description="Whether the customer pays for it."
    )
    wallet: str | None = strawberry.field(
        default=None, description="The wallet's key; the one called after the currency, opened if needed, without it."
    )
    priority: int = strawberry.field(default=priority_default, description="A lower one is used first: 1 to 255.")
    effective_at: datetime | None = strawberry.field(default=None, description="When it begins; now without it.")
    expires_at: datetime | None = strawberry.field(default=None, description="When it ends; never without it.")
    expires_after: TermInput | None = strawberry.field(default=None, description="How long it lasts, instead.")
    refill_every: IntervalInput | None = strawberry.field(
        default=None, description="How often it is full again; promotional grants only."
    )
    roll_over: RollOverInput | None = strawberry.field(default=None, description="What a reset of the wallet leaves.")
    prorated_over: SpanInput | None = strawberry.field(
        default=None, description="A span that the amount is for: what is left of it at the beginning is granted."
    )

    paid: Decimal | None = strawberry.field(
        default=None,
        description="The money that the customer pays for all of it, if that is less than it gives; paid grants only.",
    )

    def to_core(self) -> GrantRequest:
        """The same request."""
        return GrantRequest(
            customer=self.customer,
            currency=self.currency,
            amount=self.amount,
            reason=self.reason,
            category=self.category,
            key=self.wallet,
            priority=self.priority,
            effective_at=self.effective_at,
            expires_at=self.expires_at,
            expires_after=None if self.expires_after is None else self.expires_after.to_core(),
            refill_every=None if self.refill_every is None else self.refill_every.to_core(),
            roll_over=None if self.roll_over is None else self.roll_over.to_core(),
            prorated_over=None if self.prorated_over is None else self.prorated_over.to_core(),
            paid=self.paid,
        )
