"""Usage against what it used to cost: which amounts are an anomaly, and which are not."""

from datetime import timedelta
from decimal import Decimal
from math import pi, sin
from random import Random

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.gate.history import HistoryRules, UsageBilled, anomalies, periods_looked_at_max
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


SUBSCRIPTIONS, MONTHS = 1_000, 18
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def clean_amounts(chance: Random) -> list[int]:
    """What the usage of a subscription with nothing wrong costs, month by month: it grows or shrinks steadily, has a
    season, and differs by a third of itself from month to month, for some by two thirds.
    """
    size, trend = chance.lognormvariate(6, 1.5), chance.uniform(0.92, 1.2)
    swing, noise = chance.uniform(0, 0.4), chance.choice([0.15, 0.35, 0.65])
    return [
        int(size * trend**month * (1 + swing * sin(month * pi / 6)) * chance.lognormvariate(0, noise))
        for month in range(MONTHS)
    ]


def test_of_clean_subscriptions_less_than_one_percent_of_the_invoices_are_held() -> None:
    chance, held, looked_at = Random(20261201), 0, 0
    for _ in range(SUBSCRIPTIONS):
        amounts = clean_amounts(chance)
        months = [billed(amount, month % 12 + 1, DAYS[month % 12]) for month, amount in enumerate(amounts)]
        for month in range(RULES.periods_min, MONTHS):
            held += len(anomalies(RULES, months[month], months[max(0, month - periods_looked_at_max) : month]))
            looked_at += 1

    assert held < looked_at / 100
