"""Limits on what usage may cost."""

from decimal import Decimal

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.gate.limits import TotalLimit, total_holds
from gateway.core.money import Money

HUNDRED = Decimal(100)


@pytest.mark.parametrize(
    ("limit", "usage", "is_held"),
    [
        (TotalLimit("USD", HUNDRED), 10_001, True),
        (TotalLimit("USD", HUNDRED), 10_000, False),
        (TotalLimit("EUR", HUNDRED), 10_001, False),
        (TotalLimit("USD", HUNDRED, "berlin"), 10_001, True),
        (TotalLimit("USD", HUNDRED, "paris"), 10_001, False),
        (TotalLimit("USD", HUNDRED, plan="pro"), 10_001, True),
        (TotalLimit("USD", HUNDRED, plan="basic"), 10_001, False),
    ],
)
def test_usage_above_a_limit_that_concerns_it_is_held(limit: TotalLimit, usage: int, is_held: bool) -> None:
    assert len(total_holds([limit], Money(usage, "USD"), "berlin", "pro")) == is_held


def test_a_limit_that_is_broken_says_which() -> None:
    [held] = total_holds([TotalLimit("USD", HUNDRED, "berlin", "pro")], Money(20_000, "USD"), "berlin", "pro")
    assert (held.kind, held.expected, held.found) == ("total", "at most 100 USD", "200.00 USD")
    assert held.detail == (
        "usage costs 200.00 USD, and is to cost at most 100 USD of plan 'pro' of entity 'berlin' unless somebody looks"
        " at it"
    )


def test_a_limit_is_above_nothing() -> None:
    with pytest.raises(InvalidValue, match="A limit is above 0"):
        TotalLimit("USD", Decimal(0))
