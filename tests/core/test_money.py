"""Money is whole minor units of a currency, rounded once, half-up."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import CurrencyMismatch, InvalidValue
from gateway.core.money import MINOR_UNIT_PLACES, Money, minor_unit_places, with_places

ROUNDED = [
    # exact amount, currency, minor units, as written
    ("50849.375", "USD", 5084938, "50849.38"),
    ("36783.4875", "USD", 3678349, "36783.49"),
    ("0.005", "USD", 1, "0.01"),
    ("0.0049999999999999999999999999999999999", "USD", 0, "0.00"),
    ("-0.005", "USD", -1, "-0.01"),
    ("-0.004", "USD", 0, "0.00"),
    ("1234.5", "JPY", 1235, "1235"),
    ("-1234.5", "JPY", -1235, "-1235"),
    ("1.2345", "KWD", 1235, "1.235"),
    ("1.00005", "CLF", 10001, "1.0001"),
    ("99999999999999999999999999999999999999.995", "USD", 10**40, "1" + "0" * 38 + ".00"),
]


@pytest.mark.parametrize(("exact", "currency", "minor", "written"), ROUNDED)
def test_an_exact_amount_is_rounded_once_half_up_by_the_exponent_of_its_currency(
    exact: str, currency: str, minor: int, written: str
) -> None:
    money = Money.rounded(Decimal(exact), currency)

    assert (money.amount_minor, str(money)) == (minor, written)


@pytest.mark.parametrize(
    ("share", "written"),
    [("17000/31", "548.39"), ("1/3", "0.33"), ("2/3", "0.67"), ("1/200", "0.01"), ("-1/200", "-0.01")],
)
def test_a_fraction_is_rounded_like_a_decimal(share: str, written: str) -> None:
    assert str(Money.rounded(Fraction(share), "USD")) == written


@pytest.mark.parametrize(("currency", "places"), [("JPY", 0), ("ISK", 0), ("USD", 2), ("KWD", 3), ("CLF", 4)])
def test_places_are_those_of_iso_4217(currency: str, places: int) -> None:
    assert minor_unit_places(currency) == places


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("36783.4875000000000000", "USD", "36783.4875"),
        ("12.5", "USD", "12.50"),
        ("0", "USD", "0.00"),
        ("1E+3", "JPY", "1000"),
        ("1.500", "JPY", "1.5"),
        ("387.5", "KWD", "387.500"),
    ],
)
def test_an_exact_amount_is_shown_with_its_currencys_places_and_no_idle_zeros(
    amount: str, currency: str, shown: str
) -> None:
    assert format(with_places(Decimal(amount), currency), "f") == shown


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("10.12", "USD", 1012),
        ("10.120", "USD", 1012),
        ("1E+3", "JPY", 1000),
        ("10.123", "KWD", 10123),
        ("-1", "JPY", -1),
    ],
)
def test_an_amount_that_is_named_is_whole_minor_units(amount: str, currency: str, minor: int) -> None:
    assert Money.named(Decimal(amount), currency) == Money(minor, currency)


@pytest.mark.parametrize(("amount", "currency"), [("10.1234", "KWD"), ("0.001", "USD"), ("0.5", "JPY")])
def test_an_amount_with_more_places_than_its_currency_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(InvalidValue, match=f"{amount} has more places than {currency}; name whole minor units"):
        Money.named(Decimal(amount), currency)


@pytest.mark.parametrize("currency", ["", "usd", "USDT", "XYZ", "$"])
def test_an_unknown_currency_is_refused_by_name(currency: str) -> None:
    with pytest.raises(InvalidValue, match="is not an ISO 4217 code"):
        Money(1, currency)


def test_amounts_of_two_currencies_are_never_combined() -> None:
    with pytest.raises(CurrencyMismatch, match="Cannot add EUR to USD"):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(CurrencyMismatch):
        Money(1, "USD") - Money(1, "EUR")


def test_minor_units_are_whole() -> None:
    with pytest.raises(InvalidValue, match="not a whole number of minor units"):
        Money(Decimal("12.5"), "USD")  # type: ignore[arg-type]


@given(st.lists(st.integers(-(10**30), 10**30)), st.sampled_from(sorted(MINOR_UNIT_PLACES)))
def test_a_total_has_exactly_the_minor_units_of_its_parts(parts: list[int], currency: str) -> None:
    total = sum((Money(part, currency) for part in parts), Money.zero(currency))

    assert total == Money(sum(parts), currency)
    assert Money.rounded(total.amount, currency) == total
