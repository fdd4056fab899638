"""How many cycles were billed: whole periods, and exact shares of those that are cut short."""

from fractions import Fraction

import pytest

from gateway.core.plans.plan import Timing
from gateway.core.subscriptions.cycles import cycles_billed, whole_cycles_billed
from tests.core.samples import at, subscription

BILLED = [
    # timing, until, cycles, whole ones; the subscription runs from 17 January to 15 March
    ("in_advance", "2026-01-16", "0", 0),
    ("in_advance", "2026-01-17", "15/31", 0),
    ("in_advance", "2026-02-01", "46/31", 1),
    ("in_advance", "2026-03-01", "60/31", 1),
    ("in_advance", "2027-01-01", "60/31", 1),
    ("in_arrears", "2026-01-31", "0", 0),
    ("in_arrears", "2026-02-01", "15/31", 0),
    ("in_arrears", "2026-03-01", "46/31", 1),
    ("in_arrears", "2027-01-01", "60/31", 1),
]


@pytest.mark.parametrize(("timing", "until", "cycles", "whole"), BILLED)
def test_a_cycle_that_is_cut_short_is_its_share_of_one(timing: str, until: str, cycles: str, whole: int) -> None:
    billed = subscription(starts_at=at("2026-01-17"), ends_at=at("2026-03-15"))

    assert cycles_billed(billed, at(until), Timing(timing)) == Fraction(cycles)
    assert whole_cycles_billed(billed, at(until), Timing(timing)) == whole
