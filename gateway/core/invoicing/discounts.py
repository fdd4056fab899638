"""Discounts: in which order they apply, what each comes to, and how it is spread over the lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from gateway.core.allocation import allocate
from gateway.core.errors import CurrencyMismatch
from gateway.core.faults import amount_fault, key_fault, require
from gateway.core.money import Money
from gateway.core.numbers import plain, price_places_max, round_half_up

exact_share_places = 5
"""How many places of the minor unit the exact share of a discount keeps."""


class DiscountOrder(StrEnum):
    """Which discount applies first; those of single prices always apply before those of the whole invoice."""

    PERCENT_FIRST = "percent_first"
    AS_CREATED = "as_created"


class DiscountReason(StrEnum):
    """Why less is to be paid: a coupon, or credit that was given away, which counts before tax."""

    COUPON = "coupon"
    PROMOTIONAL_CREDIT = "promotional_credit"


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of what is left to pay."""

    percent: Decimal

    def __post_init__(self) -> None:
        exponent = self.percent.as_tuple().exponent
        is_possible = isinstance(exponent, int) and 0 < self.percent <= 100 and -exponent <= price_places_max
        require(("percent", None if is_possible else f"{self.percent} is not above 0 and at most 100"))


@dataclass(frozen=True, slots=True)
class Fixed:
    """An amount in major units of `currency`, or what is left to pay if that is less."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        require(("amount", amount_fault(self.amount)))


@dataclass(frozen=True, slots=True)
class Discount:
    """One discount of an invoice: on the lines of the prices in `applies_to`, or of all if that is empty.

    Credit that was given away applies last, after all coupons.
    """

    key: str
    value: Fixed | Percent
    applies_to: frozenset[str] = frozenset()
    reason: DiscountReason = DiscountReason.COUPON

    def __post_init__(self) -> None:
        require(("key", key_fault(self.key)))

    def covers(self, price: str) -> bool:
        """Whether lines of `price` get a share."""
        return not self.applies_to or price in self.applies_to


@dataclass(frozen=True, slots=True)
class DiscountShare:
    """What a line has of a discount: whole minor units, and the exact share to `exact_share_places` of one."""

    discount: str
    amount: Money
    exact_minor: Fraction


@dataclass(frozen=True, slots=True)
class ReturnedDiscount:
    """What `share` of a fee in advance `discount` took off, which comes back with the fee where that is given back."""

    price: str
    discount: str
    share: Fraction


class CouponDuration(StrEnum):
    """On how many invoices of a customer a coupon counts."""

    ONCE = "once"
    REPEATING = "repeating"
    FOREVER = "forever"


@dataclass(frozen=True, slots=True)
class Coupon:
    """A discount that customers redeem: on one invoice, on `repeats` of them, or on all.

    It can be redeemed before `redeem_by`, and `redemptions_max` times over all customers.
    """

    discount: Discount
    duration: CouponDuration = CouponDuration.ONCE
    repeats: int | None = None
    redemptions_max: int | None = None
    redeem_by: datetime | None = None

    def __post_init__(self) -> None:
        is_repeating = self.duration is CouponDuration.REPEATING
        require(
            ("repeats", _count_fault(self.repeats, is_repeating)),
            ("redemptions_max", _count_fault(self.redemptions_max, self.redemptions_max is not None)),
        )

    @property
    def key(self) -> str:
        """Its discount's key."""
        return self.discount.key

    @property
    def invoices_max(self) -> int | None:
        """On how many invoices of one customer it counts; None for all."""
        return {CouponDuration.ONCE: 1, CouponDuration.REPEATING: self.repeats, CouponDuration.FOREVER: None}[
            self.duration
        ]


def redemption_refusal(coupon: Coupon, redemptions: int, at: datetime) -> str | None:
    """Why a coupon that was redeemed so often cannot be redeemed again; None if it can."""
    if coupon.redeem_by is not None and at >= coupon.redeem_by:
        return f"Coupon {coupon.key!r} could be redeemed before {coupon.redeem_by.isoformat()} only"
    if coupon.redemptions_max is not None and redemptions >= coupon.redemptions_max:
        return f"Coupon {coupon.key!r} has been redeemed {redemptions} times, as often as it may be"
    return None


def applies_again(coupon: Coupon, invoices: int) -> bool:
    """Whether a redeemed coupon counts on the next invoice after it counted on so many."""
    return coupon.invoices_max is None or invoices < coupon.invoices_max


def in_order(discounts: Sequence[Discount], order: DiscountOrder = DiscountOrder.PERCENT_FIRST) -> list[Discount]:
    """The order in which they apply: lines before the invoice, percent before fixed unless as created; credit last."""

    def place(discount: Discount) -> tuple[bool, bool, bool]:
        is_late = order is DiscountOrder.PERCENT_FIRST and isinstance(discount.value, Fixed)
        return discount.reason is not DiscountReason.COUPON, not discount.applies_to, is_late

    return sorted(discounts, key=place)


def discount_shares(
    lines: Sequence[tuple[str, Money]],
    discounts: Sequence[Discount],
    order: DiscountOrder = DiscountOrder.PERCENT_FIRST,
) -> tuple[tuple[DiscountShare, ...], ...]:
    """What each line, a price and its amount, has of each discount.

    Discounts apply one after another, each on what the ones before left, and never take a line below zero. Each is
    rounded once, half-up, and spread pro rata by largest remainder, so that whole shares sum to it. Exact shares are
    rounded each on its own. Raises `CurrencyMismatch` for a fixed discount in another currency.
    """
    left = [_Left(price, amount.amount_minor, Fraction(amount.amount_minor)) for price, amount in lines]
    found: list[list[DiscountShare]] = [[] for _ in lines]
    currency = lines[0][1].currency if lines else None
    for discount in in_order(discounts, order):
        for index, whole, exact in _spread(discount, left, currency):
            found[index].append(DiscountShare(discount.key, Money(whole, lines[index][1].currency), exact))
    return tuple(tuple(shares) for shares in found)


def returned_shares(
    price: str, given_back: Money, exact_minor: Fraction, returned: Sequence[ReturnedDiscount]
) -> tuple[DiscountShare, ...]:
    """What comes back, below zero, of the discounts on a fee of which `given_back` is given back, also below zero.

    Each is rounded once, half-up: a customer gets back what the unused part has cost, not what it would have.
    """
    return tuple(
        DiscountShare(
            each.discount,
            Money(int(round_half_up(each.share * given_back.amount_minor, 0)), given_back.currency),
            each.share * exact_minor,
        )
        for each in returned
        if each.price == price
    )


@dataclass(slots=True)
class _Left:
    """What a line leaves to be discounted, in minor units."""

    price: str
    whole: int
    exact: Fraction


def _spread(discount: Discount, left: Sequence[_Left], currency: str | None) -> list[tuple[int, int, Fraction]]:
    """The index, whole and exact share of each line that `discount` takes from."""
    covered = [index for index, line in enumerate(left) if discount.covers(line.price) and line.whole > 0]
    total = sum(left[index].whole for index in covered)
    amount = min(_amount_minor(discount, total, currency), total)
    whole = allocate(amount, [left[index].whole for index in covered])
    exact = _exact_shares(amount, total, [left[index].exact for index in covered])
    for index, share, exact_share in zip(covered, whole, exact, strict=True):
        left[index].whole -= share
        left[index].exact -= exact_share
    return [each for each in zip(covered, whole, exact, strict=True) if each[1] or each[2]]


def _amount_minor(discount: Discount, total: int, currency: str | None) -> int:
    value = discount.value
    if isinstance(value, Percent):
        return int(round_half_up(Fraction(value.percent) * total / 100, 0))
    if currency is not None and value.currency != currency:
        raise CurrencyMismatch(f"Discount {discount.key!r} is in {value.currency}, but the invoice is in {currency}")
    return Money.rounded(value.amount, value.currency).amount_minor


def _exact_shares(amount: int, total: int, left: Sequence[Fraction]) -> list[Fraction]:
    if amount == total:
        return list(left)
    exact_total = sum(left, Fraction(0))
    return [Fraction(round_half_up(amount * each / exact_total, exact_share_places)) for each in left]


def _count_fault(count: int | None, is_needed: bool) -> str | None:
    if not is_needed:
        return None if count is None else f"{plain(Decimal(count))} counts for repeating coupons only; leave it out"
    return None if count is not None and count >= 1 else f"{count} is not 1 or more"
