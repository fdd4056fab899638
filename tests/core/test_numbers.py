"""Numbers are read, written and rounded exactly, whatever the ambient decimal context."""

from decimal import Decimal, Inexact
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.numbers import exact, grouped, json_number, meter_value, plain, read_decimal, round_half_up

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=None) | st.integers(-(10**60), 10**60).map(Decimal)


@pytest.mark.parametrize("text", ["0", "-0", "12", "-12.50", "0.1", "1e3", "1E-3", "12345678901234567890.123456789012"])
def test_a_json_number_is_read_exactly(text: str) -> None:
    assert read_decimal(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        "1 ",
        " 1",
        "+1",
        "01",
        "1.",
        ".5",
        "1e",
        "NaN",
        "Infinity",
        "-Infinity",
        "0x10",
        "1_000",
        "1,5",
        chr(0x661),  # a digit of another script
        "½",
        "1e99999",
        "",
        "1" * 401,
    ],
)
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(InvalidValue, match="is not a decimal number"):
        read_decimal(text)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("1.50", "1.5"),
        ("1.0", "1"),
        ("1E+3", "1000"),
        ("100", "100"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("0E+900", "0"),
        ("-0.0100", "-0.01"),
        ("1E-12", "0.000000000001"),
        ("10E+999998", "1E+999999"),
        ("1E+999999", "1E+999999"),
    ],
)
def test_plain_is_the_shortest_notation(number: str, written: str) -> None:
    assert plain(Decimal(number)) == written


def test_people_read_numbers_with_their_thousands_apart() -> None:
    assert [grouped(Decimal(number)) for number in ("1234567.50", "999", "-1E+3")] == ["1,234,567.5", "999", "-1,000"]


@given(numbers)
def test_what_is_written_plainly_reads_as_the_same_number(number: Decimal) -> None:
    if abs(number.adjusted()) < 300:
        assert read_decimal(plain(number)) == number


@given(numbers, st.integers(0, 30))
def test_equal_numbers_are_written_alike(number: Decimal, zeros: int) -> None:
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)

    assert plain(Decimal((sign, (*digits, *[0] * zeros), exponent - zeros))) == plain(number)


@pytest.mark.parametrize(
    ("sent", "metered"),
    [
        ("12.5", "12.5"),
        ("0.0000000000005", "0"),  # half-even at 12 places
        ("0.0000000000015", "0.000000000002"),
        ("0.0000000000025", "0.000000000002"),
        ("99999999999999999999999999.999999999999", "99999999999999999999999999.999999999999"),
        ("1E-999999", "0"),
        ("0E+999999", "0"),
        ("-5", "-5"),
    ],
)
def test_a_meter_reads_12_places_rounded_half_even(sent: str, metered: str) -> None:
    assert meter_value(Decimal(sent)) == Decimal(metered)


@pytest.mark.parametrize("sent", ["100000000000000000000000000", "-1E+26", "1E+999999"])
def test_more_than_26_digits_before_the_point_are_an_invalid_value(sent: str) -> None:
    with pytest.raises(InvalidValue, match="more than 26 digits before the point"):
        meter_value(Decimal(sent))


@pytest.mark.parametrize("text", ["1e99999999999999999999", "-1e99999999999999999999", "1e1000000000000000001"])
def test_a_number_beyond_every_exponent_is_too_large_rather_than_an_error(text: str) -> None:
    with pytest.raises(InvalidValue, match="digits before the point"):
        meter_value(json_number(text))


@pytest.mark.parametrize("text", ["1e-99999999999999999999", "0e99999999999999999999"])
def test_a_number_below_every_exponent_is_metered_as_zero(text: str) -> None:
    assert meter_value(json_number(text)) == 0


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        (Decimal("2.5"), 0, "3"),
        (Decimal("-2.5"), 0, "-3"),
        (Decimal("1.005"), 2, "1.01"),
        (Fraction(-1, 3), 2, "-0.33"),
        (Fraction(-5, 2), 0, "-3"),
        (Fraction(-(10**40) * 3 - 2, 3), 0, "-" + "1" + "0" * 39 + "1"),
    ],
)
def test_halves_are_rounded_away_from_zero(value: Decimal | Fraction, places: int, rounded: str) -> None:
    assert round_half_up(value, places) == Decimal(rounded)


@given(st.fractions(), st.integers(0, 18))
def test_rounding_moves_a_value_by_half_a_unit_at_most(value: Fraction, places: int) -> None:
    assert abs(Fraction(round_half_up(value, places)) - value) <= Fraction(1, 2 * 10**places)


def test_exact_arithmetic_raises_where_it_would_have_to_round() -> None:
    third = exact(lambda: Decimal(1) / Decimal(3))

    with pytest.raises(Inexact):
        third()
