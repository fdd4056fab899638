"""How far two counts may be apart."""

from decimal import Decimal

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.metering.tolerance import EXACTLY, Tolerance, read_tolerance


@pytest.mark.parametrize(
    ("text", "expected", "found", "is_covered"),
    [
        ("10", "100", "110", True),
        ("10", "100", "89.9", False),
        ("10", "0", "10", True),
        ("0.5%", "200", "201", True),
        ("0.5%", "200", "198.9", False),
        ("0.5%", "-200", "-201", True),
        ("0.5%", "0", "1", False),
        ("0", "1", "1", True),
        ("0", "1", "1.000000000001", False),
    ],
)
def test_a_difference_is_covered_up_to_the_limit(text: str, expected: str, found: str, is_covered: bool) -> None:
    assert read_tolerance(text).covers(Decimal(expected), Decimal(found)) is is_covered


@pytest.mark.parametrize("text", ["10", "0.5%", "100%", "0"])
def test_a_tolerance_reads_as_it_is_written(text: str) -> None:
    assert str(read_tolerance(text)) == text


@pytest.mark.parametrize("text", ["", "-1", "5 %", "1e3", "much", "1.0000000000001"])
def test_what_is_no_tolerance_says_how_to_write_one(text: str) -> None:
    with pytest.raises(
        InvalidValue, match=r"is not a tolerance; write a quantity such as 10, or a share such as 0\.5%"
    ):
        read_tolerance(text)


@pytest.mark.parametrize("tolerance", [(Decimal(-1), False), (Decimal("100.1"), True)])
def test_a_tolerance_has_bounds(tolerance: tuple[Decimal, bool]) -> None:
    with pytest.raises(InvalidValue, match="0 or more, and at most 100 percent"):
        Tolerance(*tolerance)


def test_nothing_is_tolerated_by_default() -> None:
    assert EXACTLY.is_zero
    assert not read_tolerance("1").is_zero
