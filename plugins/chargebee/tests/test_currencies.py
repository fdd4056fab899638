"""How amounts go to Chargebee and come back."""

import pytest
from gateway_chargebee.currencies import SUPPORTED, from_chargebee_amount, to_chargebee_amount

from gateway.plugin_api import Money, NeedsAttention, Unsupported, minor_unit_places

# currency, our minor units, Chargebee's amount
SAME_VALUE = [
    ("USD", 1250, 1250),  # 12.50 dollars are 1250 cents
    ("USD", -399, -399),
    ("JPY", 500, 500),  # no smaller unit than the yen, and Chargebee knows it
    ("KRW", 500, 500),
    ("XOF", 500, 500),
    ("KWD", 5120, 512),  # 5.120 dinars, which Chargebee counts in hundredths
    ("BHD", -10, -1),
    ("EUR", 0, 0),
    ("EUR", 1_234_567_890_123, 1_234_567_890_123),
]


@pytest.mark.parametrize(("currency", "ours", "theirs"), SAME_VALUE)
def test_an_amount_has_the_same_value_at_chargebee_and_back(currency: str, ours: int, theirs: int) -> None:
    assert to_chargebee_amount(Money(ours, currency)) == theirs
    assert from_chargebee_amount(theirs, currency) == Money(ours, currency)


@pytest.mark.parametrize(("currency", "ours"), [("KWD", 5124), ("TND", 1), ("BHD", -5), ("EUR", 2**53)])
def test_an_amount_that_chargebee_cannot_hold_needs_attention_and_is_never_rounded(currency: str, ours: int) -> None:
    with pytest.raises(NeedsAttention, match=currency):
        to_chargebee_amount(Money(ours, currency))


@pytest.mark.parametrize("currency", ["CLP", "VND", "ISK", "UYW", "CLF", "IQD"])
def test_a_currency_that_we_are_not_sure_of_is_refused(currency: str) -> None:
    with pytest.raises(Unsupported, match=currency):
        to_chargebee_amount(Money(1000, currency))
    with pytest.raises(ValueError, match=currency):
        from_chargebee_amount(1000, currency)


def test_every_supported_currency_is_one_of_iso_4217() -> None:
    assert {minor_unit_places(currency) for currency in SUPPORTED} == {0, 2, 3}
    assert {currency for currency in SUPPORTED if not minor_unit_places(currency)} == {"JPY", "KRW", "XAF", "XOF"}
