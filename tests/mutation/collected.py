"""Tests that are collected once: the process of each mutant runs only those that reach it, the likeliest first."""

import os
import resource
import signal
import sys
from collections.abc import Iterable
from typing import Any

import mutmut.__main__
import pytest
from _pytest.config import _prepareconfig
from mutmut.configuration import config
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import change_cwd
from mutmut.utils.format_utils import get_module_from_key
from mutmut.workers import isolation
from noticing import Noticing

# A loop without an end may take all memory before it has taken its time.
_memory_max = 2 * 1024**3


def collect_once() -> None:
    """Have mutmut collect before the first mutant; it would for each, and most fail one of the first tests."""
    mutmut.__main__.get_mutant_runner = lambda workers: _Processes(workers, _CollectedTests())
    # How long a test takes by the clock says more of what else the machine does.
    isolation.register_timeout = lambda pid, timeout_s: None
    status_by_exit_code[-signal.SIGPROF] = "timeout"


class _CollectedTests(PytestRunner):
    """Runs tests by the items that pytest made of them."""

    def __init__(self) -> None:
        super().__init__()
        self._session: pytest.Session | None = None

    def collect(self) -> None:
        with change_cwd("mutants"):
            self._session = _collected([*self._pytest_add_cli_args_test_selection, *self._pytest_add_cli_args])

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        if self._session is None:
            return super().run_tests(mutant_name=mutant_name, tests=tests)
        os.chdir("mutants")
        resource.setrlimit(resource.RLIMIT_AS, (_memory_max, _memory_max))
        noticing = Noticing(get_module_from_key(mutant_name) if mutant_name else "nothing")
        failed = _first_failed(self._session, noticing.likeliest_first(tests, state().duration_by_test))
        if failed and mutant_name:
            noticing.remember(failed)
        return 1 if failed else 0


class _Processes(isolation.ForkRunner):
    """A process for each mutant, that begins with all tests collected."""

    test_runner: _CollectedTests

    def run_clean_tests(self, tests: Iterable[str]) -> int:
        """Nothing yet: `startup` runs them as those of a mutant are run."""
        return 0

    def startup(self) -> None:
        self.test_runner.collect()
        set_mutant_under_test("")
        tests = set().union(*state().tests_by_mangled_function_name.values())
        if isolation.run_in_fork(self.test_runner.run_tests, mutant_name="", tests=tests):
            sys.exit("A test fails, or takes too long, without any change")
        super().startup()


def _collected(arguments: list[str]) -> pytest.Session:
    settings = _prepareconfig(["--rootdir=.", "--tb=native", "-x", "-q", "-s", *arguments])
    settings._do_configure()
    session = pytest.Session.from_config(settings)
    settings.hook.pytest_sessionstart(session=session)
    settings.hook.pytest_collection(session=session)
    return session


def _first_failed(session: pytest.Session, tests: list[str]) -> str | None:
    items: dict[str, Any] = {item.nodeid: item for item in session.items}
    for test, following in zip(tests, [*tests[1:], None], strict=True):
        _end_after(state().duration_by_test[test])
        session.config.hook.pytest_runtest_protocol(item=items[test], nextitem=items[following] if following else None)
        if session.testsfailed:
            return test
    return None


def _end_after(duration: float) -> None:
    """Let the system end this process when a test takes many times its processor time: a loop may have no end."""
    signal.setitimer(signal.ITIMER_PROF, (duration + config().timeout_constant) * config().timeout_multiplier)
