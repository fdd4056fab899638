"""Tests that noticed changes before come first, if they take little time for it."""

from pathlib import Path

import pytest

from tests.mutation.noticing import Noticing

DURATIONS = {"quick": 0.1, "slow": 0.3, "slower": 0.9}


def test_tests_come_by_the_time_that_each_takes_for_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = Noticing("tiers").likeliest_first(DURATIONS, DURATIONS)

    for test in ("slow", "slower", "slow", "slow"):
        Noticing("tiers").remember(test)

    assert before == ["quick", "slow", "slower"]
    assert Noticing("tiers").likeliest_first(DURATIONS, DURATIONS) == ["slow", "quick", "slower"]
    assert Noticing("blocks").likeliest_first(DURATIONS, DURATIONS) == ["quick", "slow", "slower"]
