"""Wallets: a customer's grants in one currency, what they may pay, and what is due to happen to them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from gateway.core.credits.burn_down import (
    BurnDown,
    CreditReset,
    CreditUse,
    CreditVoid,
    burn_down,
    revoke,
    take,
)
from gateway.core.credits.cost_basis import CostBasis
from gateway.core.credits.funding import funding, last_of
from gateway.core.credits.grant import (
    CreditCategory,
    CreditGrant,
    priority_default,
    priority_first,
    priority_last,
)
from gateway.core.credits.movements import CreditBalances, CreditMovement, MovementKind, balances_after, balances_before
from gateway.core.credits.settlement import CreditScope, credit_worth
from gateway.core.faults import key_fault, require, text_fault
from gateway.core.money import Money, minor_unit_places
from gateway.core.numbers import plain, price_places_max, quantity_places, round_half_up
from gateway.core.periods.period import BillingSchedule
from gateway.core.time import MICROSECOND


def own_wallet_key(currency: str) -> str:
    """The key of the wallet for everything that each customer has in a currency, opened where it is missing."""
    return currency.lower()


@dataclass(frozen=True, slots=True)
class Wallet:
    """A customer's grants in `currency`; `key` is the company's own name for it, unique for the customer.

    A lower `priority` pays first. `rate` is the money, in major units, that one credit stands for. At each boundary of
    `resets` the grants roll over. `overage_max` is how far, in minor units, the wallet may be overdrawn.
    """

    id: str
    customer: str
    key: str
    currency: str
    created_at: datetime
    name: str = "Credit"
    priority: int = priority_default
    scope: CreditScope = field(default_factory=CreditScope)
    rate: Decimal = Decimal(1)
    resets: BillingSchedule | None = None
    overage_max: int = 0

    def __post_init__(self) -> None:
        minor_unit_places(self.currency)
        is_in_order = priority_first <= self.priority <= priority_last
        require(
            ("key", key_fault(self.key)),
            ("name", text_fault(self.name)),
            ("priority", None if is_in_order else f"{self.priority} is not {priority_first} to {priority_last}"),
            ("rate", _rate_fault(self.rate)),
            ("overage_max", None if self.overage_max >= 0 else f"{self.overage_max} is below 0"),
        )

    def worth(self, amount: Decimal) -> Money:
        """What an amount of credits comes to, rounded once, half-up."""
        return Money.rounded(credit_worth(amount, self.rate), self.currency)

    def worth_of_named(self, amount: Decimal) -> Money:
        """The same of credits that somebody names.

        Raises `InvalidValue` for parts of a minor unit where a credit is money, with a rate of 1.
        """
        return Money.named(amount, self.currency) if self.rate == 1 else self.worth(amount)


@dataclass(frozen=True, slots=True)
class WalletAccount:
    """A wallet with its grants and what they had left at an instant, all in minor units.

    Grants that are spent may be missing: nothing happens to them any more by itself.
    """

    wallet: Wallet
    grants: tuple[CreditGrant, ...]
    balances: CreditBalances

    @property
    def balance(self) -> Money:
        """All that is left of grants that have started."""
        return self.money(self.balances.balance)

    @property
    def overage(self) -> Money:
        """What was paid beyond the grants, and waits for the next of them."""
        return self.money(self.balances.overage)

    def balance_of(self, category: CreditCategory) -> Money:
        """What is left of the grants of a category."""
        left = (self.balances.of(grant.id) for grant in self.grants if grant.category is category)
        return self.money(sum(left, Decimal(0)))

    def is_spent(self, grant: CreditGrant) -> bool:
        """Whether a grant gives nothing any more by itself: nothing is left, and nothing will refill or lift it."""
        if self.balances.of(grant.id):
            return False
        if grant.ends_at is not None and (grant.ends_at <= self.balances.at or grant.ends_at == grant.effective_at):
            return True
        has_begun = grant.id in self.balances.by_grant
        return has_begun and grant.refills is None and grant.roll_over is None

    def granted(self, grant: CreditGrant) -> "WalletAccount":
        """The wallet with one more grant, which begins when it is brought up to date."""
        return replace(self, grants=(*self.grants, grant))

    def without(self, grant: str) -> "WalletAccount":
        """The wallet whose grant gives nothing any more from the instant of its balances on."""
        ended = (replace(one, voided_at=self.balances.at) if one.id == grant else one for one in self.grants)
        return replace(self, grants=tuple(ended))

    def before(self, instant: datetime, since: Iterable[CreditMovement]) -> "WalletAccount":
        """The wallet as it was right before `instant`, given all that moved at it or later.

        Grants that began since then begin again, and expire and are refilled again, when it is brought to later.
        """
        if self.balances.at < instant:
            return self
        then = balances_before(self.balances, since, instant - MICROSECOND)
        begun = {grant.id for grant in self.grants if grant.effective_at < instant}
        left = {name: balance for name, balance in then.by_grant.items() if name in begun}
        return replace(self, balances=replace(then, by_grant=left))

    def brought_to(self, instant: datetime) -> tuple["WalletAccount", BurnDown]:
        """The wallet after all that was due up to an instant: grants, refills, resets and expiries."""
        resets = [CreditReset(boundary) for boundary in _boundaries(self.wallet.resets, self.balances.at, instant)]
        return self._after(burn_down(self.grants, resets, max(instant, self.balances.at), self.balances))

    def used(self, use: CreditUse, category: CreditCategory | None = None) -> tuple["WalletAccount", BurnDown]:
        """The wallet after a use at the instant of its balances, of the grants of a category if that is given."""
        return self._after(take(self._of(category), self.balances, use))

    def voided(self, void: CreditVoid, grant: str | None = None) -> tuple["WalletAccount", BurnDown]:
        """The wallet after a void, of one grant if that is given; beyond the balance it is refused."""
        return self._after(take(self._only(grant), self.balances, void))

    def revoked(self, grant: str, used: Decimal) -> tuple["WalletAccount", BurnDown]:
        """The wallet after a grant was taken back whole, of which so much was used. See `revoke`."""
        ended = (replace(one, revoked_at=self.balances.at) if one.id == grant else one for one in self.grants)
        account = replace(self, grants=tuple(ended))
        return account._after(revoke(account.grants, self.balances, grant, used))

    def given_back(
        self, cause: str, movements: Iterable[CreditMovement], amount: Decimal | None = None
    ) -> tuple["WalletAccount", BurnDown]:
        """The wallet after what `movements` took for a cause came back; what a grant that has ended gets is gone.

        Where only an `amount` comes back it goes to those first that were taken from last.
        """
        now, taken = self.balances.at, funding(movements)
        back = [
            CreditMovement(now, MovementKind.RETURNED, returned, grant, cause)
            for grant, returned in (taken if amount is None else last_of(taken, amount)).items()
            if returned
        ]
        ended = {grant.id for grant in self.grants if not grant.is_usable(now)}
        lost = [replace(one, kind=MovementKind.EXPIRED, cause=None) for one in back if one.grant in ended]
        closing = balances_after(self.balances, (*back, *lost), now)
        return self._after(BurnDown(self.balances, (*back, *lost), closing))

    def cost_basis(self, grant: CreditGrant) -> Decimal:
        """What one credit of a grant is worth as revenue when it is used, in major units; half-up to 12 places."""
        basis = CostBasis.of_grant(grant).per_credit * Fraction(self.wallet.rate)
        return Decimal(plain(round_half_up(basis, quantity_places)))

    def unearned(self, grant: CreditGrant) -> Money:
        """What was paid for that which a grant has left: it is owed to the customer until it is used or expires."""
        return self.money(CostBasis.of_grant(grant).of(self.balances.of(grant.id)))

    def next_due_at(self) -> datetime | None:
        """When something happens by itself the next time: a grant begins, is refilled or ends, or the wallet resets."""
        after = self.balances.at
        dues = [resets.first_boundary_after(after)] if (resets := self._felt_resets) else []
        for grant in (one for one in self.grants if one.ends_at != one.effective_at):
            dues += [due for due in _dues(grant, after) if due > after or grant.id not in self.balances.by_grant]
        return min(dues, default=None)

    @property
    def _felt_resets(self) -> BillingSchedule | None:
        """The resets, where they find anything: grants that roll over, or overage that they forgive."""
        return self.wallet.resets if self.grants or self.balances.overage else None

    def _of(self, category: CreditCategory | None) -> list[CreditGrant]:
        return [grant for grant in self.grants if category is None or grant.category is category]

    def _only(self, name: str | None) -> Sequence[CreditGrant]:
        return self.grants if name is None else [grant for grant in self.grants if grant.id == name]

    def _after(self, run: BurnDown) -> tuple["WalletAccount", BurnDown]:
        return replace(self, balances=run.closing), run

    def money(self, amount: Decimal) -> Money:
        """An amount of minor units as money of the wallet's currency."""
        return Money(int(amount), self.wallet.currency)


def _dues(grant: CreditGrant, after: datetime) -> Iterator[datetime]:
    yield grant.effective_at
    if grant.ends_at is not None:
        yield grant.ends_at
    if grant.refills is not None:
        boundary = grant.refills.first_boundary_after(max(after, grant.effective_at))
        if grant.is_usable(boundary):
            yield boundary


def _boundaries(schedule: BillingSchedule | None, after: datetime, until: datetime) -> Iterator[datetime]:
    if schedule is None:
        return
    boundary = schedule.first_boundary_after(after)
    while boundary <= until:
        yield boundary
        boundary = schedule.first_boundary_after(boundary)


def _rate_fault(rate: Decimal) -> str | None:
    exponent = rate.as_tuple().exponent
    if isinstance(exponent, int) and rate > 0 and -exponent <= price_places_max:
        return None
    return f"{plain(rate)} is not above 0 with at most {price_places_max} places"
