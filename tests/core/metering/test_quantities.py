"""From what a meter folded to what is billed: conversion, then rounding."""

from decimal import Decimal
from fractions import Fraction

import pytest

from gateway.core.errors import InvalidDefinition
from gateway.core.metering.quantities import (
    ConversionOperation,
    RoundingMode,
    UnitConversion,
    UnitRounding,
    billed_quantities,
    billed_quantity,
)
from tests.core.samples import meter_version

ROUNDINGS = [
    # amount, mode, places, rounded
    ("123.456", "half_up", 2, "123.46"),
    ("123.456", "half_up", 0, "123"),
    ("123.456", "half_up", -2, "100"),
    ("123.456", "up", 0, "124"),
    ("123.456", "up", -2, "200"),
    ("123.456", "down", 2, "123.45"),
    ("123.456", "down", -2, "100"),
    ("150", "half_up", -2, "200"),
    ("0.5", "half_up", 0, "1"),
    ("-0.5", "half_up", 0, "-1"),
    ("-1.5", "up", 0, "-1"),
    ("-1.5", "down", 0, "-2"),
    ("200", "up", -2, "200"),
    ("12345678901234567890123456.123456789012", "up", 6, "12345678901234567890123456.123457"),
]


@pytest.mark.parametrize(("amount", "mode", "places", "rounded"), ROUNDINGS)
def test_a_quantity_is_rounded_to_steps(amount: str, mode: str, places: int, rounded: str) -> None:
    assert UnitRounding(RoundingMode(mode), places).apply(Decimal(amount)) == Decimal(rounded)


def test_a_quantity_is_converted_and_then_rounded() -> None:
    gigabytes = UnitConversion(ConversionOperation.DIVIDE, Decimal(10**9))

    assert billed_quantity(1_500_000_001, gigabytes, UnitRounding(RoundingMode.UP)) == 2
    assert billed_quantity(1_500_000_001, gigabytes) == Decimal("1.500000001")


def test_a_conversion_multiplies_too() -> None:
    assert billed_quantity(3, UnitConversion(ConversionOperation.MULTIPLY, Decimal("2.5"))) == Decimal("7.5")


def test_a_quantity_without_a_rule_has_12_places_rounded_half_up() -> None:
    assert billed_quantity(Fraction(1, 3)) == Decimal("0.333333333333")
    assert billed_quantity(Fraction(2, 3)) == Decimal("0.666666666667")


CONVERSION = UnitConversion(ConversionOperation.DIVIDE, Decimal(10))
MANY = [
    # amounts, conversion, rounding, quantities
    (["0", "2.5", "-2.5", "0.1234567890125", "-0.1234567890125"], None, None,
     ["0", "2.5", "-2.5", "0.123456789013", "-0.123456789013"]),
    (["15", "25"], CONVERSION, None, ["1.5", "2.5"]),
    (["15", "25"], None, UnitRounding(RoundingMode.UP, -1), ["20", "30"]),
    (["15", "25"], CONVERSION, UnitRounding(RoundingMode.DOWN), ["1", "2"]),
    ([], None, None, []),
]  # fmt: skip


@pytest.mark.parametrize(("amounts", "conversion", "rounding", "quantities"), MANY)
def test_many_quantities_are_each_as_it_is_alone(
    amounts: list[str], conversion: UnitConversion | None, rounding: UnitRounding | None, quantities: list[str]
) -> None:
    found = list(billed_quantities([Decimal(amount) for amount in amounts], conversion, rounding))

    assert found == [Decimal(quantity) for quantity in quantities]
    assert found == [billed_quantity(Decimal(amount), conversion, rounding) for amount in amounts]


def test_whole_numbers_decimals_and_fractions_may_be_among_them() -> None:
    found = list(billed_quantities([3, Decimal("0.1234567890125"), Fraction(1, 3)]))

    assert found == [Decimal(3), Decimal("0.123456789013"), Decimal("0.333333333333")]


@pytest.mark.parametrize("places", [-13, 13])
def test_places_have_bounds(places: int) -> None:
    with pytest.raises(InvalidDefinition, match=r"^places: -?13 is not -12 to 12"):
        UnitRounding(RoundingMode.UP, places)


@pytest.mark.parametrize(("places", "rounded"), [(-12, "1000000000000"), (12, "0.000000000001")])
def test_places_go_up_to_their_bounds(places: int, rounded: str) -> None:
    assert UnitRounding(RoundingMode.UP, places).apply(Decimal("1E-20")) == Decimal(rounded)


def test_a_factor_is_above_zero() -> None:
    with pytest.raises(InvalidDefinition, match=r"^factor: 0 is not above 0"):
        UnitConversion(ConversionOperation.DIVIDE, Decimal(0))


def test_a_meter_that_rounds_does_not_add_up_over_its_dimensions() -> None:
    rounded = meter_version(rounding=UnitRounding(RoundingMode.UP))

    assert (meter_version().is_additive, rounded.is_additive) == (True, False)
