"""Levels that are held for a time."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from gateway.core.metering.levels import average_level, level_time
from gateway.core.metering.meter import Aggregation, TimeUnit
from gateway.core.metering.recount import CountingScope, recount
from tests.core.samples import logged, meter, month, subscription, usage


def test_a_level_times_the_time_it_is_held_is_a_quantity_in_any_unit_of_time() -> None:
    levels = [(Decimal(12), timedelta(hours=4)), (Decimal(4), timedelta(hours=6))]

    assert [level_time(levels, unit) for unit in (TimeUnit.MINUTE, TimeUnit.HOUR, TimeUnit.DAY)] == [4320, 72, 3]


def test_a_level_over_a_span_is_an_exact_fraction() -> None:
    assert average_level(Decimal(1), timedelta(microseconds=3)) == Fraction(1, 3)


def test_a_change_at_the_start_of_a_period_is_an_event_of_it() -> None:
    scope = CountingScope(subscription(), month(2), (meter(Aggregation.WEIGHTED_SUM, "level", recurring=True),))
    starts = ("2026-01-31T23:59:59.999999Z", "2026-02-01T00:00:00Z")

    [count] = recount([logged(usage(when, when, value=1)) for when in starts], [scope]).counts.values()

    assert (count.events, count.amount) == (1, 2)
