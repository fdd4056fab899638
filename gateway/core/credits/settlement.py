"""How credit pays: a charge from one balance, and the lines of an invoice from several wallets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from gateway.core.allocation import allocate, reached
from gateway.core.credits.burn_down import BeyondBalance
from gateway.core.credits.grant import priority_default
from gateway.core.numbers import exact, round_half_up


class Settlement(StrEnum):
    """What happens to the part of a charge that credit does not cover."""

    CREDIT_THEN_INVOICE = "credit_then_invoice"
    CREDIT_ONLY = "credit_only"


@dataclass(frozen=True, slots=True)
class Settled:
    """A charge in two parts: what credit pays, and what remains to be invoiced."""

    from_credit: Decimal
    to_invoice: Decimal


@exact
def settle_charge(cause: str, charge: Decimal, balance: Decimal, settlement: Settlement) -> Settled | BeyondBalance:
    """Pay a charge by credit first; by credit only, one beyond the balance is refused."""
    if settlement is Settlement.CREDIT_ONLY and charge > balance:
        return BeyondBalance(cause, charge, balance)
    from_credit = min(charge, max(balance, Decimal(0)))
    return Settled(from_credit, charge - from_credit)


@exact
def credit_worth(amount: Decimal, rate: Decimal) -> Decimal:
    """The money, not yet rounded, that an amount of credits stands for: credits x rate."""
    return amount * rate


class LineKind(StrEnum):
    """What a line of an invoice charges for: the passing of a period, or usage."""

    FEE = "fee"
    USAGE = "usage"


@dataclass(frozen=True, slots=True)
class PayableLine:
    """A line and its tax, in minor units; either may have a fraction of one before the invoice is rounded."""

    amount: Decimal
    kind: LineKind
    meter: str | None = None
    tax: Decimal = Decimal(0)

    @property
    @exact
    def gross(self) -> Decimal:
        """What is to be paid for it."""
        return self.amount + self.tax


@dataclass(frozen=True, slots=True)
class CreditScope:
    """What a wallet may pay: lines of its kinds and lines of its meters; everything if it names neither."""

    kinds: frozenset[LineKind] = frozenset()
    meters: frozenset[str] = frozenset()

    def covers(self, line: PayableLine) -> bool:
        """Whether a line is of a kind or a meter named."""
        is_anything = not self.kinds and not self.meters
        return is_anything or line.kind in self.kinds or line.meter in self.meters


@dataclass(frozen=True, slots=True)
class WalletBalance:
    """What a wallet may pay of an invoice: whole minor units of its currency."""

    id: str
    currency: str
    balance: int
    priority: int = priority_default
    created_at: datetime | None = None
    scope: CreditScope = field(default_factory=CreditScope)


@dataclass(frozen=True, slots=True)
class WalletPayment:
    """What a wallet pays of the line with an ordinal, in minor units."""

    wallet: str
    line: int
    amount: int


def pay_from_wallets(
    lines: Sequence[PayableLine], wallets: Iterable[WalletBalance], currency: str, total: int | None = None
) -> tuple[WalletPayment, ...]:
    """Pay lines, in their order, from the wallets in `currency`: lowest priority first, then the oldest.

    `total` is what the invoice comes to, the rounded sum of the lines if it is not given. Lines share it by largest
    remainder, so that wallets pay whole minor units and leave no gap.
    """
    left = _payable(lines, total)
    usable = [wallet for wallet in wallets if wallet.currency == currency]
    payments: list[WalletPayment] = []
    for wallet in sorted(usable, key=_wallet_order):
        payments += _pay(wallet, lines, left)
    return tuple(payments)


def paid_by_wallet(payments: Iterable[WalletPayment]) -> dict[str, int]:
    """What each wallet pays in all; one that pays nothing is not named."""
    paid: dict[str, int] = {}
    for payment in payments:
        paid[payment.wallet] = paid.get(payment.wallet, 0) + payment.amount
    return paid


def _wallet_order(wallet: WalletBalance) -> tuple[int, bool, datetime | str, str]:
    created = wallet.created_at
    return wallet.priority, created is None, wallet.id if created is None else created, wallet.id


@exact
def _payable(lines: Sequence[PayableLine], total: int | None) -> list[int]:
    owed = sum((line.gross for line in lines), Decimal(0))
    whole = int(round_half_up(owed, 0)) if total is None else total
    return list(allocate(whole, [Fraction(max(line.gross, Decimal(0))) for line in lines]))


def _pay(wallet: WalletBalance, lines: Sequence[PayableLine], left: list[int]) -> list[WalletPayment]:
    """What a wallet pays; takes it off what is left to pay."""
    covered = [owed if wallet.scope.covers(line) else 0 for owed, line in zip(left, lines, strict=True)]
    amounts = reached(wallet.balance, covered)
    left[:] = [owed - amount for owed, amount in zip(left, amounts, strict=True)]
    return [WalletPayment(wallet.id, ordinal, amount) for ordinal, amount in enumerate(amounts) if amount]
