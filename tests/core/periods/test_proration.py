"""Proration: exact shares of a period, and what changing a fee in its middle comes to."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.definitions.writing import plan_document, plan_from
from gateway.core.periods.anchors import calendar_schedule
from gateway.core.periods.period import BillingPeriod, Interval, IntervalUnit
from gateway.core.periods.proration import FeeChange, Proration, change_fee, share_of, sharing, unused_share
from tests.core.samples import BASE, at, instants, local, plan

UTC = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")

SHARES = [
    # by, part, whole, share
    ("second", "2026-03-17 2026-04-01", "2026-03-01 2026-04-01", "15/31"),
    ("second", "2026-03-16T12:00 2026-04-01", "2026-03-01 2026-04-01", "1/2"),
    ("day", "2026-03-17 2026-04-01", "2026-03-01 2026-04-01", "15/31"),
    ("day", "2026-03-16T12:00 2026-04-01", "2026-03-01 2026-04-01", "16/31"),
    ("day", "2026-03-01 2026-03-16T12:00", "2026-03-01 2026-04-01", "15/31"),
    ("day", "2026-03-05T09:00 2026-03-05T17:00", "2026-03-01 2026-04-01", "0"),
    ("day", "2024-02-10 2024-03-01", "2024-02-01 2024-03-01", "20/29"),
    ("day", "2026-03-05T09:00 2026-03-05T11:00", "2026-03-05T08:00 2026-03-05T12:00", "1/2"),
    ("30/360", "2026-02-16 2026-03-01", "2026-02-01 2026-03-01", "1/2"),
    ("30/360", "2026-03-16 2026-04-01", "2026-03-01 2026-04-01", "1/2"),
    ("30/360", "2026-01-30 2026-01-31", "2026-01-01 2026-02-01", "0"),
    ("30/360", "2026-03-01 2027-01-01", "2026-01-01 2027-01-01", "10/12"),
]


@pytest.mark.parametrize(("by", "part", "whole", "share"), SHARES)
def test_a_share_is_exact(by: str, part: str, whole: str, share: str) -> None:
    assert share_of(_period(part), _period(whole), Proration(by), UTC) == Fraction(share)


@pytest.mark.parametrize(("by", "part", "whole", "share"), SHARES)
def test_what_shares_by_one_measure_in_one_zone_gives_the_same(by: str, part: str, whole: str, share: str) -> None:
    assert sharing(Proration(by), UTC)(_period(part), _period(whole)) == Fraction(share)


def test_a_short_day_is_a_day_and_fewer_seconds() -> None:
    march, rest = _local("2026-03-01 2026-04-01"), _local("2026-03-08 2026-04-01")

    assert share_of(rest, march, Proration.DAY, NEW_YORK) == Fraction(24, 31)
    assert share_of(rest, march, Proration.SECOND, NEW_YORK) == Fraction(575, 743)


def test_days_are_those_of_the_zone() -> None:
    # By the days of UTC the part would have two of three.
    part, whole = _local("2026-03-02T12:00 2026-03-03T22:00"), _local("2026-03-01T12:00 2026-03-03T22:00")

    assert share_of(part, whole, Proration.DAY, NEW_YORK) == Fraction(1, 2)
    assert sharing(Proration.DAY, NEW_YORK)(part, whole) == Fraction(1, 2)
    assert unused_share(whole, part.start, Proration.DAY, NEW_YORK) == Fraction(1, 2)


UNUSED = [
    ("2026-01-01", "1"),
    ("2025-12-15", "1"),
    ("2026-01-22", "10/31"),
    ("2026-02-01", "0"),
    ("2026-03-01", "0"),
]


@pytest.mark.parametrize(("changes_at", "share"), UNUSED)
def test_what_is_left_of_a_period_is_unused(changes_at: str, share: str) -> None:
    january = _period("2026-01-01 2026-02-01")

    assert unused_share(january, at(changes_at), Proration.DAY, UTC) == Fraction(share)


CHANGES = [
    # old fee, new fee, share unused, credit, charge, net
    ("10", "20", "17/31", "5.48", "10.97", "5.49"),
    ("100", "30", "17/31", "54.84", "16.45", "-38.39"),
    ("40", "0", "1/2", "20.00", "0.00", "-20.00"),
    ("0.01", "0.03", "1/2", "0.01", "0.02", "0.01"),
]


@pytest.mark.parametrize(("old", "new", "unused", "credit", "charge", "net"), CHANGES)
def test_a_change_credits_the_old_fee_and_charges_the_new_one(
    old: str, new: str, unused: str, credit: str, charge: str, net: str
) -> None:
    change = change_fee(Decimal(old), Decimal(new), Fraction(unused), 2)

    assert change == FeeChange(Decimal(credit), Decimal(charge))
    assert change.net == Decimal(net)


def test_a_change_of_interval_charges_a_whole_period() -> None:
    change = change_fee(Decimal(100), Decimal(1000), Fraction(1, 3), 2, is_cycle_restarted=True)

    assert change == FeeChange(Decimal("33.33"), Decimal("1000.00"))


def test_a_change_at_the_end_comes_to_nothing() -> None:
    assert change_fee(Decimal(100), Decimal(200), Fraction(0), 2) is None


def test_usage_is_counted_and_never_prorated() -> None:
    assert change_fee(Decimal(100), Decimal(200), Fraction(1, 2), 2, is_usage=True) is None


@pytest.mark.parametrize("by", Proration)
def test_a_plan_says_by_what_it_prorates_unless_by_the_second(by: Proration) -> None:
    prorated = replace(plan(BASE), proration=by)

    document = plan_document(prorated)

    assert document.get("proration", "second") == by.value
    assert ("proration" in document) is (by is not Proration.SECOND)
    assert plan_from(document) == prorated


@given(
    st.sampled_from(Proration),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"]),
    st.sampled_from(IntervalUnit),
    instants("1972-01-01", "2100-01-01"),
    st.lists(st.integers(1, 10**6), max_size=5),
)
def test_the_shares_of_the_parts_of_a_period_sum_to_one(
    by: Proration, zone: str, unit: IntervalUnit, instant: datetime, cuts: list[int]
) -> None:
    whole = calendar_schedule(instant, Interval(unit), ZoneInfo(zone)).period_at(instant)
    inner = {whole.start + whole.length * cut // (10**6 + 1) for cut in cuts}

    parts = [BillingPeriod(*ends) for ends in pairwise(sorted({whole.start, whole.end, *inner}))]

    assert sum(share_of(part, whole, by, ZoneInfo(zone)) for part in parts) == 1


def _period(ends: str) -> BillingPeriod:
    start, end = ends.split()
    return BillingPeriod(at(start), at(end))


def _local(ends: str) -> BillingPeriod:
    start, end = ends.split()
    return BillingPeriod(local(start, NEW_YORK.key), local(end, NEW_YORK.key))
