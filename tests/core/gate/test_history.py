"""Usage against what it used to cost: which amounts are an anomaly, and which are not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.gate.history import HistoryRules, UsageBilled, anomalies
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod
from tests.core.samples import at

RULES = HistoryRules()


def billed(amount: int, month: int = 4, days: int = 30, currency: str = "USD") -> UsageBilled:
    start = at(f"2026-{month:02}-01")
    period = BillingPeriod(start, start + timedelta(days=days))
    return UsageBilled(period, Money(amount * 100, currency))


def found(now: UsageBilled, *before: int, rules: HistoryRules = RULES, currency: str = "USD") -> int:
    return len(anomalies(rules, now, [billed(each, month, 30, currency) for month, each in enumerate(before, 1)]))


@pytest.mark.parametrize(
    ("amount", "before", "is_anomaly"),
    [
        (1_001, (100, 150, 200), True),
        (1_000, (100, 150, 200), False),
        (19, (100, 150, 200), False),
        (39, (200, 250, 300), True),
        (40, (200, 250, 300), False),
        (99, (0, 0, 0), False),
        (100, (0, 0, 0), True),
        (0, (99, 99, 99), False),
        (0, (100, 100, 100), True),
        (10_000, (100, 150), False),
    ],
)
def test_usage_far_from_all_of_the_periods_before_is_an_anomaly(
    amount: int, before: tuple[int, ...], is_anomaly: bool
) -> None:
    assert found(billed(amount), *before) == is_anomaly


def test_a_shorter_period_is_compared_by_its_time() -> None:
    assert found(billed(150, days=3), 300, 300, 300) == 0
    assert found(billed(151, days=3), 300, 300, 300) == 1


def test_periods_in_another_currency_are_none_to_compare_with() -> None:
    assert found(billed(10_000), 1, 1, 1, currency="EUR") == 0


def test_an_anomaly_says_what_was_to_be_expected() -> None:
    [held] = anomalies(RULES, billed(2_000), [billed(each, month) for month, each in ((1, 100), (2, 150), (3, 120))])
    assert (held.kind, held.expected, held.found) == ("anomaly", "100.00 to 150.00 USD", "2000.00 USD")
    assert held.detail == ("usage costs 2000.00 USD; by the 3 periods before it was to cost 100.00 to 150.00 USD")


@pytest.mark.parametrize(
    "rules", [{"factor": Decimal(1)}, {"floor": Decimal(-1)}, {"periods_min": 0}, {"periods_min": 7}]
)
def test_rules_without_sense_are_refused(rules: dict[str, Decimal]) -> None:
    with pytest.raises(InvalidValue):
        HistoryRules(**rules)  # type: ignore[arg-type]
