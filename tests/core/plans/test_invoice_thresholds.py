"""Thresholds: which amounts bill usage early."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.plans.invoice_thresholds import InvoiceThresholds, LifetimeThresholds

REACHED = [
    # period, lifetime, lifetime step, usage of earlier periods, billed, so far, whether it is to be billed
    ("100", "", None, "0", "0", "99.99", False),
    ("100", "", None, "0", "0", "100", True),
    ("100", "", None, "0", "100", "150", False),
    ("100 200", "", None, "0", "120", "200", True),
    ("100", "", None, "900", "0", "50", False),
    ("", "1000", None, "900", "0", "99", False),
    ("", "1000", None, "900", "0", "100", True),
    ("", "1000", None, "1000", "0", "500", False),
    ("", "1000", "500", "1000", "0", "499", False),
    ("", "1000", "500", "1000", "0", "500", True),
    ("", "1000", "500", "1000", "500", "999", False),
    ("", "", "0.01", "0", "0", "100000000000000000", True),
    ("100", "1000", None, "0", "100", "1000", True),
]  # fmt: skip


@pytest.mark.parametrize(("period", "lifetime", "step", "earlier", "billed", "so_far", "is_reached"), REACHED)
def test_usage_is_billed_when_it_reaches_a_threshold(
    period: str, lifetime: str, step: str | None, earlier: str, billed: str, so_far: str, is_reached: bool
) -> None:
    amounts = (tuple(map(Decimal, each.split())) for each in (period, lifetime))
    thresholds = InvoiceThresholds(*amounts, None if step is None else Decimal(step))

    assert thresholds.are_reached(Decimal(billed), Decimal(so_far), Decimal(earlier)) is is_reached


@given(
    st.lists(st.integers(1, 60).map(Decimal), max_size=3),
    st.none() | st.integers(1, 30).map(Decimal),
    st.integers(0, 200).map(Decimal),
    st.integers(0, 200).map(Decimal),
)
def test_a_lifetime_threshold_is_reached_where_the_list_of_them_grows(
    once: list[Decimal], step: Decimal | None, before: Decimal, more: Decimal
) -> None:
    thresholds = LifetimeThresholds(tuple(once), step)

    is_longer = len(thresholds.up_to(before)) < len(thresholds.up_to(before + more))
    assert thresholds.are_reached(before, before + more) is is_longer
