"""Running totals until an allowance is used up, levels that are held for a time, and events that come again."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.identity import outcomes
from gateway.core.rating.running_totals import running_totals
from tests.core.samples import usage

TOTALS = [
    # free events, free amount, totals of 12, 12, 12, 12
    (None, None, [12, 24, 36, 48]),
    (None, "30", [12, 24, 36]),
    (None, "24", [12, 24]),
    (2, "30", [12, 24]),
    (3, "10", [12]),
    (0, None, []),
]


@pytest.mark.parametrize(("events_max", "amount_max", "totals"), TOTALS)
def test_a_running_total_ends_with_the_event_that_uses_the_allowance_up(
    events_max: int | None, amount_max: str | None, totals: list[int]
) -> None:
    amount = None if amount_max is None else Decimal(amount_max)

    assert running_totals([Decimal(12)] * 4, events_max, amount) == totals


def test_the_first_event_with_an_identity_counts_and_another_payload_under_it_is_a_conflict() -> None:
    first = usage("a", value=1)
    later = replace(first, occurred_at=first.occurred_at + timedelta(seconds=1))
    elsewhere = replace(first, source="other")

    sent = [first, usage("a", value=1), usage("a", value=2), later, elsewhere, usage("b")]

    assert list(outcomes(sent)) == ["accepted", "duplicate", "conflict", "conflict", "accepted", "accepted"]


@given(st.lists(st.sampled_from(["a", "b", "c"])))
def test_each_identity_is_accepted_once(names: list[str]) -> None:
    assert list(outcomes(usage(name) for name in names)).count("accepted") == len(set(names))
