"""What live buckets keep: any parts, in any order, come to the same, and survive being stored."""

from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.metering.live import LiveTally
from gateway.core.metering.live_kept import (
    Kept,
    KeptLast,
    KeptMax,
    KeptMin,
    KeptMoment,
    kept_from,
    merged,
)

ONE, TWO = Decimal(1), Decimal(2)

MERGED = [
    # one, other, both
    (KeptMax(ONE), KeptMax(TWO), KeptMax(TWO)),
    (KeptMin(ONE), KeptMin(TWO), KeptMin(ONE)),
    (KeptLast(5, 9, ONE), KeptLast(6, 1, TWO), KeptLast(6, 1, TWO)),
    (KeptLast(5, 9, ONE), KeptLast(5, 10, TWO), KeptLast(5, 10, TWO)),
    (KeptMoment(ONE), KeptMoment(TWO), KeptMoment(Decimal(3))),
    (KeptMax(ONE), None, KeptMax(ONE)),
    (None, None, None),
]


@pytest.mark.parametrize(("one", "other", "both"), MERGED)
def test_two_parts_of_a_bucket_are_one(one: Kept | None, other: Kept | None, both: Kept | None) -> None:
    assert merged(one, other) == merged(other, one) == both


numbers = st.decimals(-1000, 1000, places=3)
parts = st.one_of(
    st.lists(numbers.map(KeptMax), min_size=1),
    st.lists(numbers.map(KeptMin), min_size=1),
    st.lists(
        st.builds(KeptLast, st.integers(0, 3), st.integers(), numbers), min_size=1, unique_by=lambda one: one.position
    ),
    st.lists(numbers.map(KeptMoment), min_size=1),
)


@given(parts, st.randoms(use_true_random=False))
def test_the_order_of_parts_does_not_matter(found: list[Kept], random: object) -> None:
    shuffled = [*found]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert reduce(merged, shuffled) == reduce(merged, found)


@given(parts)
def test_what_is_kept_survives_being_stored(found: list[Kept]) -> None:
    assert [kept_from(one.stored()) for one in found] == found


def test_a_tally_takes_in_what_another_part_of_the_chunk_keeps() -> None:
    tally = LiveTally(1, 2, None, KeptMax(ONE))

    tally.add(LiveTally(1, 3, None, KeptMax(TWO)))

    assert tally == LiveTally(2, 5, None, KeptMax(TWO))


def test_a_tally_keeps_what_another_part_of_the_chunk_does_not_have() -> None:
    tally = LiveTally(1, 2, None, KeptMax(TWO))

    tally.add(LiveTally(1, 3, None, KeptMax(ONE)))
    tally.add(LiveTally(1, 3))

    assert tally == LiveTally(3, 8, None, KeptMax(TWO))
