"""How amounts go to Stripe and come back."""

import pytest
from gateway_stripe.currencies import SUPPORTED, from_stripe_amount, to_stripe_amount

from gateway.plugin_api import Money, NeedsAttention, Unsupported, minor_unit_places

# currency, our minor units, Stripe's amount
SAME_VALUE = [
    ("USD", 1250, 1250),  # 12.50 dollars are 1250 cents
    ("USD", -399, -399),
    ("JPY", 500, 500),  # no smaller unit than the yen
    ("KRW", 500, 500),
    ("KWD", 5120, 5120),  # 5.120 dinars, in thousandths
    ("BHD", -10, -10),
    ("ISK", 5, 500),  # ISO counts krónur, Stripe still wants aurar
    ("UGX", 5, 500),
    ("UGX", -7, -700),
    ("MGA", 500, 5),  # ISO has two places, Stripe counts whole ariary
    ("HUF", 1045, 1045),  # whole forints only when paying out
    ("TWD", 1045, 1045),
    ("EUR", 0, 0),
    ("ISK", 0, 0),
]


@pytest.mark.parametrize(("currency", "ours", "theirs"), SAME_VALUE)
def test_an_amount_has_the_same_value_at_stripe_and_back(currency: str, ours: int, theirs: int) -> None:
    assert to_stripe_amount(Money(ours, currency)) == theirs
    assert from_stripe_amount(theirs, currency.lower()) == Money(ours, currency)


@pytest.mark.parametrize(("currency", "ours"), [("KWD", 5124), ("TND", 1), ("BHD", -5), ("MGA", 150)])
def test_an_amount_that_stripe_cannot_hold_needs_attention_and_is_never_rounded(currency: str, ours: int) -> None:
    with pytest.raises(NeedsAttention, match=currency):
        to_stripe_amount(Money(ours, currency))


@pytest.mark.parametrize("currency", ["CLF", "UYW", "UYI", "IQD", "LYD", "XAD"])
def test_a_currency_that_stripe_does_not_have_is_refused(currency: str) -> None:
    with pytest.raises(Unsupported, match=currency):
        to_stripe_amount(Money(1000, currency))


@pytest.mark.parametrize(("amount", "currency"), [(550, "isk"), (101, "ugx"), (100, "clf"), (100, "btc")])
def test_an_amount_that_we_cannot_hold_is_not_read(amount: int, currency: str) -> None:
    with pytest.raises(ValueError, match=r"not a (whole amount|currency)"):
        from_stripe_amount(amount, currency)


def test_every_supported_currency_is_one_of_iso_4217() -> None:
    assert {minor_unit_places(currency) for currency in SUPPORTED} == {0, 2, 3}
    assert len(SUPPORTED) > 130
