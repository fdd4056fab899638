"""Every kind of events in a cell has a number of its own, small while there are few."""

import pickle

import pytest

from gateway.core.metering import groups
from gateway.core.metering.groups import Groups

A, B, C, D = ((None, name) for name in "abcd")


@pytest.fixture
def two_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds of three cells have a number for every cell."""
    monkeypatch.setattr(groups, "dense_numbers_max", 8)


@pytest.mark.usefixtures("two_dense")
def test_the_first_kinds_have_a_number_for_every_cell() -> None:
    numbered = Groups(3)

    assert numbered.numbers([A, B, A], [2, 1, 0]) == [2, 4, 0]
    assert len(numbered) == 6
    assert list(numbered.places([4, 5])) == [(B, 1), (B, 2)]


@pytest.mark.usefixtures("two_dense")
def test_further_kinds_have_a_number_for_each_cell_that_occurs() -> None:
    numbered = Groups(3)

    assert numbered.numbers([A, B, C, D, C], [2, 1, 2, 0, 2]) == [2, 4, 6, 7, 6]
    assert len(numbered) == 8
    assert list(numbered.places([7, 2, 6])) == [(D, 0), (A, 2), (C, 2)]


@pytest.mark.usefixtures("two_dense")
def test_groups_of_another_process_are_found_by_what_they_are() -> None:
    here, there = Groups(3), Groups(3)
    here.numbers([A, C, D], [0, 1, 2])
    there.numbers([D, C, B, B], [2, 1, 0, 2])

    numbers = here.numbers_of(pickle.loads(pickle.dumps(there)))

    assert len(numbers) == len(there)
    assert list(here.places(numbers)) == list(there.places(range(len(there))))


def test_more_cells_than_numbers_are_numbered_as_they_occur(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "dense_numbers_max", 2)

    assert Groups(3).numbers([A, B, A], [2, 1, 2]) == [0, 1, 0]
