"""The cells of customers: where in the row of their times an event falls, and who counts it there."""

import pytest

from gateway.core.metering.counts import CountingScope
from gateway.core.metering.timeline import timelines_of
from tests.core.samples import at, meter, month, subscription

FEBRUARY, MARCH = month(2), month(3)
UA, DL = (subscription(id=f"sub_{name}", key=f"{name}/1", customer=name) for name in ("UA", "DL"))
METERS = (meter(),)

CELLS = [
    # periods of UA and DL, cells of UA, DL and another customer in January, February and March, scopes by cell
    ((FEBRUARY, FEBRUARY), [3, 4, 5, 6, 7, 8, 0, 1, 2], [[], [], [], [], [0], [], [], [1], []]),
    ((FEBRUARY, MARCH), [1, 2, 3, 4, 4, 5, 0, 0, 0], [[], [], [0], [], [], [1], []]),
]


@pytest.mark.parametrize(("periods", "cells", "scopes"), CELLS, ids=["the same cuts", "cuts of their own"])
def test_each_customer_has_cells_of_its_own(periods: tuple, cells: list[int], scopes: list[list[int]]) -> None:
    asked = [CountingScope(one, period, METERS) for one, period in zip((UA, DL), periods, strict=True)]
    customers = [name for name in ("UA", "DL", "B6") for _ in range(3)]

    timelines = timelines_of(asked)

    assert list(timelines.cells(customers, [at(f"2026-{n:02}-10") for n in (1, 2, 3)] * 3)) == cells
    assert [[number for number, _ in slot.scopes] for slot in timelines.slots] == scopes
