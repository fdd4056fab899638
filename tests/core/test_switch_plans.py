"""How far a plan of a switch is."""

import pytest

from gateway.core.switch_plans import PlanState, StoredPlan
from tests.storage.examples import NOON

ASKED = StoredPlan("swp_1", "new", None, "ada", NOON)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, PlanState.REQUESTED),
        ({"total": 3}, PlanState.UNDER_WAY),
        ({"total": 3, "done": 3, "ended_at": NOON}, PlanState.MADE),
        ({"ended_at": NOON, "failure": "no such customer"}, PlanState.FAILED),
    ],
)
def test_a_plan_is_as_far_as_it_says(changes: dict[str, object], state: PlanState) -> None:
    assert StoredPlan("swp_1", "new", None, "ada", NOON, **changes).state is state  # type: ignore[arg-type]
