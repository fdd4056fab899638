"""The check of what tests cost."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.processor_time import TooCostly, busy_machine, counted, processor_seconds_max, require_quick, tell_costs

FAR_TOO_LONG = processor_seconds_max * busy_machine + 1


def a_test(*spent: float, **marks: Any) -> Any:
    return SimpleNamespace(
        nodeid="tests/test_it.py::test_it",
        user_properties=[("processor_seconds", seconds) for seconds in spent],
        get_closest_marker=marks.get,
    )


def test_a_quick_test_that_takes_far_too_long_fails() -> None:
    with pytest.raises(TooCostly, match=r"tests/test_it\.py::test_it took 31\.0 s of processor time"):
        require_quick(a_test(1, FAR_TOO_LONG - 1))


@pytest.mark.parametrize(
    "test",
    [
        a_test(processor_seconds_max),
        a_test(FAR_TOO_LONG, slow=SimpleNamespace(args=())),
        a_test(FAR_TOO_LONG, costly=SimpleNamespace(args=(FAR_TOO_LONG,))),
    ],
    ids=["quick", "slow", "allowed"],
)
def test_others_pass(test: Any) -> None:
    require_quick(test)


class Terminal:
    """Keeps what is written."""

    def __init__(self, *tests: Any) -> None:
        self.tests, self.written = tests, []

    def getreports(self, outcome: str) -> list[Any]:
        return [*self.tests] if outcome == "passed" else []

    def section(self, title: str) -> None:
        self.written.append(title)

    write_line = section


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(10.0, []), (10.5, ["quick tests that took too much processor time", "  10.50 s tests/test_it.py::test_it"])],
)
def test_one_that_takes_too_long_is_named(seconds: float, written: list[str]) -> None:
    test = a_test(seconds)
    require_quick(test)
    terminal: Any = Terminal(test)

    tell_costs(terminal, None)

    assert terminal.written == written


def test_the_costliest_are_listed_with_the_sum_of_all() -> None:
    terminal: Any = Terminal(a_test(1.0))

    tell_costs(terminal, 5)

    assert terminal.written == [
        "the costliest of 1 tests, 1 s of processor time in all",
        "   1.00 s tests/test_it.py::test_it",
    ]


def test_the_time_of_the_process_counts() -> None:
    test = a_test()

    with counted(test):
        sum(range(10**6))

    [(name, seconds)] = test.user_properties
    assert (name, 0 < seconds < 10) == ("processor_seconds", True)
