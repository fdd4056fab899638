"""The processor time of tests: a quick one that takes more than it may is named, and fails if it takes far more.

The clock says more of what else the machine does.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

processor_seconds_max = 10.0
"""Of this process and of those that end in the test."""
busy_machine = 3
"""How many times as long the same work takes where others keep the processors busy."""
_SPENT, _ALLOWED = "processor_seconds", "processor_seconds_allowed"


class TooCostly(AssertionError):
    """A quick test that took far more processor time than it may."""


@contextmanager
def counted(item: pytest.Item) -> Iterator[None]:
    """Add the processor time that is taken meanwhile to what a test has taken."""
    before = _spent()
    yield
    item.user_properties.append((_SPENT, _spent() - before))


def require_quick(item: pytest.Item) -> None:
    """Raise `TooCostly` if a test that is not marked as slow took more than it may even on a busy machine."""
    if item.get_closest_marker("slow") is not None:
        return
    costly = item.get_closest_marker("costly")
    allowed = costly.args[0] if costly else processor_seconds_max
    item.user_properties.append((_ALLOWED, allowed))
    taken = _sum(item.user_properties, _SPENT)
    if taken > allowed * busy_machine:
        raise TooCostly(
            f"{item.nodeid} took {taken:.1f} s of processor time, and a quick test may take {allowed:g} s: make it "
            "cheaper, or mark it as slow and keep a small sample of it"
        )


def tell_costs(reporter: pytest.TerminalReporter, asked: int | None) -> None:
    """Name the tests that took more than they may, and so many of the costliest as are asked for."""
    reports = [report for outcome in ("passed", "failed") for report in reporter.getreports(outcome)]
    costs = {report.nodeid: _sum(report.user_properties, _SPENT) for report in reports}
    allowed = {report.nodeid: _sum(report.user_properties, _ALLOWED) for report in reports}
    _list(
        reporter,
        "quick tests that took too much processor time",
        {test: seconds for test, seconds in costs.items() if 0 < allowed[test] < seconds},
    )
    if asked:
        title = f"the costliest of {len(costs)} tests, {sum(costs.values()):.0f} s of processor time in all"
        costliest = sorted(costs, key=costs.__getitem__)[-asked:]
        _list(reporter, title, {test: costs[test] for test in costliest})


def _list(reporter: pytest.TerminalReporter, title: str, costs: dict[str, float]) -> None:
    if costs:
        reporter.section(title)
    for test, seconds in sorted(costs.items(), key=lambda cost: -cost[1]):
        reporter.write_line(f"{seconds:7.2f} s {test}")


def _sum(properties: list[tuple[str, float]], wanted: str) -> float:
    return sum(seconds for name, seconds in properties if name == wanted)


def _spent() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
