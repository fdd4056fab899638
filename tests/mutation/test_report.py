"""What is told of a run: a table of the modules, what no test noticed, and whether that is little enough."""

from collections import Counter

import pytest

from tests.mutation.survivors import Change, report

EQUIVALENT = Change("core.tiers", "rate", "a < b", "a <= b")
UNTESTED = Change("core.tiers", "rate", "a + b", "a - b")
KNOWN = {EQUIVALENT: "Both come to the same."}


def test_modules_are_told_with_what_survived_of_each() -> None:
    lines, _ = report(Counter({"core.tiers": 9, "core.blocks": 4}), [UNTESTED, EQUIVALENT], KNOWN, is_whole=True)

    assert [line.split() for line in lines[:3]] == [
        ["module", "mutants", "noticed", "explained", "unexplained"],
        ["core.blocks", "4", "4", "0", "0"],
        ["core.tiers", "9", "7", "1", "1"],
    ]
    assert lines[-2:] == [f"1 x {UNTESTED}", "13 mutants, 2 survived, 1 of them unexplained: 7.69 %"]


@pytest.mark.parametrize(("tried", "is_fine"), [(50, True), (49, False)])
def test_two_of_a_hundred_may_be_unexplained(tried: int, is_fine: bool) -> None:
    assert report(Counter({"core.tiers": tried}), [UNTESTED, EQUIVALENT], KNOWN, is_whole=True)[1] is is_fine


@pytest.mark.parametrize(("is_whole", "told"), [(True, 1), (False, 0)])
def test_what_is_noticed_now_is_to_be_taken_off_the_list_after_a_whole_run(is_whole: bool, told: int) -> None:
    lines, _ = report(Counter({"core.tiers": 50}), [], KNOWN, is_whole=is_whole)

    assert sum(line.startswith("noticed or gone, to be taken off the list: core.tiers.rate") for line in lines) == told
