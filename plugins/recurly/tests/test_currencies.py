"""How amounts go to Recurly and come back."""

import json

import pytest
from gateway_recurly.currencies import from_recurly_amount, to_recurly_amount
from hypothesis import given
from hypothesis import strategies as st

from gateway.plugin_api import Money, NeedsAttention

# currency, our minor units, the number that goes out
SAME_VALUE = [
    ("USD", 1250, "12.5"),
    ("USD", 1, "0.01"),
    ("USD", 0, "0.0"),
    ("EUR", 123_456_789_012_3, "12345678901.23"),  # 13 digits
    ("EUR", 999_999_999_999_999, "9999999999999.99"),  # the most: 15 digits
    ("JPY", 500, "500.0"),  # no smaller unit than the yen
    ("JPY", 123_456_789_012_345, "123456789012345.0"),
    ("KWD", 5120, "5.12"),  # thousandths, whose last digit is zero
    ("BHD", 1_000_010, "1000.01"),
]


@pytest.mark.parametrize(("currency", "ours", "number"), SAME_VALUE)
def test_an_amount_has_the_same_value_at_recurly_and_back(currency: str, ours: int, number: str) -> None:
    sent = json.dumps(to_recurly_amount(Money(ours, currency)))
    assert sent == number
    assert from_recurly_amount(json.loads(sent), currency) == Money(ours, currency)


@given(st.integers(-999_999_999_999_999, 999_999_999_999_999))
def test_no_cent_is_lost_on_the_way(ours: int) -> None:
    sent = json.dumps(to_recurly_amount(Money(ours, "USD")))
    assert from_recurly_amount(json.loads(sent), "USD") == Money(ours, "USD")


@pytest.mark.parametrize(("currency", "ours"), [("KWD", 5124), ("TND", 1), ("OMR", -5), ("CLF", 10)])
def test_a_third_place_that_is_not_zero_needs_attention_and_is_never_rounded(currency: str, ours: int) -> None:
    with pytest.raises(NeedsAttention, match=f"{currency}: it takes multiples of 0.01"):
        to_recurly_amount(Money(ours, currency))


def test_more_digits_than_a_json_number_keeps_need_attention() -> None:
    with pytest.raises(NeedsAttention, match="at most 15 digits"):
        to_recurly_amount(Money(1_000_000_000_000_000, "USD"))


@pytest.mark.parametrize(("amount", "currency"), [(0.005, "USD"), (0.5, "JPY"), (1e-9, "KWD"), (float("nan"), "USD")])
def test_an_amount_that_we_cannot_hold_is_not_read(amount: float, currency: str) -> None:
    with pytest.raises(ValueError, match=r"whole amount|NaN"):
        from_recurly_amount(amount, currency)
