"""Discounts: their order, their amounts, and how each is spread over the lines."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import CurrencyMismatch, InvalidDefinition
from gateway.core.invoicing.discounts import (
    Coupon,
    CouponDuration,
    Discount,
    DiscountOrder,
    DiscountShare,
    Fixed,
    Percent,
    ReturnedDiscount,
    applies_again,
    discount_shares,
    in_order,
    redemption_refusal,
    returned_shares,
)
from gateway.core.money import Money
from tests.core.documents import CURRENCY, eur, fixed, percent, promotion
from tests.core.samples import at


def spread(
    amounts: dict[str, str], *discounts: Discount, order: DiscountOrder = DiscountOrder.PERCENT_FIRST
) -> list[str]:
    """What comes off each line in all."""
    shares = discount_shares([(price, eur(amount)) for price, amount in amounts.items()], discounts, order)
    return [str(sum((share.amount for share in line), Money.zero(CURRENCY))) for line in shares]


SPREADS = [
    # lines, discounts, what comes off each line
    ({"a": "60", "b": "40"}, [fixed("10")], ["6.00", "4.00"]),
    ({"a": "10", "b": "20"}, [fixed("40")], ["10.00", "20.00"]),
    ({"a": "10", "b": "10", "c": "10"}, [fixed("1")], ["0.34", "0.33", "0.33"]),
    ({"a": "100"}, [percent("10"), percent("25", key="second")], ["32.50"]),
    ({"a": "100"}, [fixed("50"), percent("10")], ["60.00"]),
    ({"a": "0.05"}, [percent("10")], ["0.01"]),  # 0.005, half-up
    ({"a": "100", "b": "100"}, [fixed("20", "b"), percent("10", "b")], ["0.00", "30.00"]),
    ({"a": "100", "b": "100"}, [fixed("20"), fixed("50", "b", key="line")], ["13.33", "56.67"]),
    ({"a": "100"}, [promotion("50"), percent("10")], ["60.00"]),
    ({"a": "100", "b": "-30"}, [fixed("200")], ["100.00", "0.00"]),
    ({"a": "0"}, [fixed("5")], ["0.00"]),
    ({"a": "10"}, [fixed("5", "other")], ["0.00"]),
    ({}, [fixed("5")], []),
]


@pytest.mark.parametrize(("amounts", "discounts", "off"), SPREADS)
def test_a_discount_is_spread_pro_rata_over_what_is_left(
    amounts: dict[str, str], discounts: list[Discount], off: list[str]
) -> None:
    assert spread(amounts, *discounts) == off


def test_discounts_may_apply_in_the_order_in_which_they_were_created() -> None:
    as_given = spread({"a": "100"}, fixed("50"), percent("10"), order=DiscountOrder.AS_CREATED)

    assert as_given == ["55.00"]


def test_lines_come_before_the_invoice_percent_before_fixed_and_promotional_credit_last() -> None:
    given_away, whole, part, share, line_share = (
        promotion("1"),
        fixed("1", key="whole"),
        fixed("1", "a", key="part"),
        percent("1", key="share"),
        percent("1", "a", key="line-share"),
    )

    order = in_order([given_away, whole, part, share, line_share])

    assert [each.key for each in order] == ["line-share", "part", "share", "whole", "promotion"]


def test_exact_shares_keep_five_places_of_the_minor_unit() -> None:
    lines = [("a", eur("10")), ("b", eur("20"))]

    [[first], [second]] = discount_shares(lines, [fixed("10")])

    assert (first.exact_minor, second.exact_minor) == (Fraction("333.33333"), Fraction("666.66667"))
    assert (str(first.amount), str(second.amount)) == ("3.33", "6.67")


def test_with_a_fee_that_is_given_back_its_discounts_come_back() -> None:
    returned = (ReturnedDiscount("base", "tenth", Fraction(1, 10)), ReturnedDiscount("seats", "five", Fraction(1, 2)))

    (share,) = returned_shares("base", Money(-2_475, "USD"), Fraction(-4_949, 2), returned)

    assert share == DiscountShare("tenth", Money(-248, "USD"), Fraction(-4_949, 20))
    assert returned_shares("calls", Money(-2_475, "USD"), Fraction(-2_475), returned) == ()


def test_a_fixed_discount_in_another_currency_is_refused() -> None:
    with pytest.raises(CurrencyMismatch, match="'in-dollars' is in USD, but the invoice is in EUR"):
        discount_shares([("a", eur("10"))], [Discount("in-dollars", Fixed(Decimal(5), "USD"))])


@pytest.mark.parametrize("of", ["0", "-1", "100.01", "NaN"])
def test_a_percentage_is_above_0_and_at_most_100(of: str) -> None:
    with pytest.raises(InvalidDefinition, match="not above 0 and at most 100"):
        Percent(Decimal(of))


DURATIONS = [
    # duration, repeats, invoices it counted on, counts again
    (CouponDuration.ONCE, None, 0, True),
    (CouponDuration.ONCE, None, 1, False),
    (CouponDuration.REPEATING, 3, 2, True),
    (CouponDuration.REPEATING, 3, 3, False),
    (CouponDuration.FOREVER, None, 1_000, True),
]


@pytest.mark.parametrize(("duration", "repeats", "invoices", "counts"), DURATIONS)
def test_a_coupon_counts_on_one_invoice_on_several_or_on_all(
    duration: CouponDuration, repeats: int | None, invoices: int, counts: bool
) -> None:
    assert applies_again(Coupon(fixed("5"), duration, repeats), invoices) is counts


def test_a_coupon_can_be_redeemed_so_often_and_so_long() -> None:
    coupon = Coupon(fixed("5", key="spring"), redemptions_max=2, redeem_by=at("2026-03-01"))

    assert coupon.key == "spring"
    assert redemption_refusal(coupon, 1, at("2026-02-28")) is None
    assert "2 times, as often as it may be" in str(redemption_refusal(coupon, 2, at("2026-02-28")))
    assert "before 2026-03-01" in str(redemption_refusal(coupon, 0, at("2026-03-01")))
    assert redemption_refusal(Coupon(fixed("5")), 10**9, at("2026-03-01")) is None


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"duration": CouponDuration.REPEATING}, "repeats: None is not 1 or more"),
        ({"duration": CouponDuration.REPEATING, "repeats": 0}, "repeats: 0 is not 1 or more"),
        ({"repeats": 2}, "repeats: 2 counts for repeating coupons only"),
        ({"redemptions_max": 0}, "redemptions_max: 0 is not 1 or more"),
    ],
)
def test_a_coupon_that_says_two_things_is_refused(fields: dict[str, object], fault: str) -> None:
    with pytest.raises(InvalidDefinition, match=fault):
        Coupon(fixed("5"), **fields)  # type: ignore[arg-type]


AMOUNTS = st.lists(st.integers(-(10**9), 10**9), max_size=8)
DISCOUNTS = st.lists(
    st.builds(
        Discount,
        st.just("any"),
        st.builds(Percent, st.integers(1, 100).map(Decimal))
        | st.builds(lambda n: Fixed(Decimal(n), "JPY"), st.integers(0, 10**9)),
        st.frozensets(st.sampled_from("01234567")),
    ),
    max_size=4,
)


@given(AMOUNTS, DISCOUNTS, st.sampled_from(DiscountOrder))
def test_discounts_never_take_a_line_below_zero_nor_add_to_one(
    amounts: list[int], discounts: list[Discount], order: DiscountOrder
) -> None:
    lines = [(str(index), Money(amount, "JPY")) for index, amount in enumerate(amounts)]

    off = [sum(share.amount.amount_minor for share in line) for line in discount_shares(lines, discounts, order)]

    assert all(0 <= each <= max(0, amount) for each, amount in zip(off, amounts, strict=True))


@given(AMOUNTS.filter(lambda amounts: any(each > 0 for each in amounts)), st.integers(0, 10**9))
def test_the_shares_of_a_discount_sum_to_it_and_are_less_than_a_unit_off(amounts: list[int], off: int) -> None:
    lines = [("any", Money(amount, "JPY")) for amount in amounts]

    found = discount_shares(lines, [Discount("off", Fixed(Decimal(off), "JPY"))])

    whole = min(off, sum(max(0, amount) for amount in amounts))
    shares = [share for line in found for share in line]
    assert sum(share.amount.amount_minor for share in shares) == whole
    assert all(abs(share.amount.amount_minor - share.exact_minor) < Fraction("1.00001") for share in shares)
