"""What is wrong with the texts and numbers of a definition, and where."""

from decimal import Decimal

import pytest

from gateway.core.faults import amount_fault, fault_of, joined, key_fault, repeated, size_fault, text_fault
from gateway.core.money import minor_unit_places

AMOUNTS = [
    # an amount in a price, what is wrong with it
    ("0", None),
    ("-0", None),
    ("0.000000000000000001", None),
    ("999999999999999999.999999999999999999", None),
    ("-0.01", "-0.01 is negative; a price is 0 or more"),
    ("1E+18", "has more than 18 digits before the point"),
    ("1E-19", "has more than 18 places"),
    ("NaN", "NaN is not a number"),
    ("-Infinity", "-Infinity is not a number"),
]


@pytest.mark.parametrize(("amount", "fault"), AMOUNTS)
def test_an_amount_is_0_or_more_with_18_digits_on_each_side_of_the_point(amount: str, fault: str | None) -> None:
    assert amount_fault(Decimal(amount)) == fault


SIZES = [
    # a bound of a tier or the size of a package, what is wrong with it
    ("0.000000000001", None),
    ("99999999999999999999999999", None),
    ("0", "0 is not above 0"),
    ("-1", "-1 is not above 0"),
    ("1E+26", "has more than 26 digits before the point"),
    ("1E-13", "has more than 12 places"),
    ("Infinity", "Infinity is not a number"),
]


@pytest.mark.parametrize(("size", "fault"), SIZES)
def test_a_size_is_above_0_with_the_digits_of_a_quantity(size: str, fault: str | None) -> None:
    assert size_fault(Decimal(size)) == fault


@pytest.mark.parametrize(
    ("key", "is_good"),
    [("api-calls_v1.2", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("Calls", False), ("é", False)],
)
def test_a_key_is_up_to_64_small_letters_digits_and_dashes(key: str, is_good: bool) -> None:
    assert (key_fault(key) is None) is is_good


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Départs", None),
        ("x" * 255, None),
        ("x" * 256, "has 256 characters; use at most 255"),
        (" \t", "is empty; give it a text"),
        ("a\0b", "holds NUL or half of a surrogate pair"),
        ("\ud800", "holds NUL or half of a surrogate pair"),
    ],
)
def test_a_text_says_something_and_can_be_stored(text: str, fault: str | None) -> None:
    assert text_fault(text) == fault


@pytest.mark.parametrize(
    ("outer", "inner", "path"),
    [
        ("plans[0]", "prices", "plans[0].prices"),
        ("tiers", "[1].up_to", "tiers[1].up_to"),
        ("a", "", "a"),
        ("", "b", "b"),
    ],
)
def test_paths_are_joined_as_they_are_written(outer: str, inner: str, path: str) -> None:
    assert joined(outer, inner) == path


def test_every_name_that_was_given_before_is_named_with_its_place() -> None:
    assert list(repeated(["a", "b", "a", "c", "a"])) == [(2, "a"), (4, "a")]


def test_a_fault_is_what_a_check_refuses_with() -> None:
    assert fault_of(minor_unit_places, "USD") is None
    assert fault_of(minor_unit_places, "XX") == (
        "Currency 'XX' is not an ISO 4217 code with minor units, such as USD, JPY or KWD"
    )
