"""Changes the rules of the core one by one with mutmut; fails if too many changes that no test notices are unexplained.

python tests/mutation/run.py ['gateway.core.rating.tiers*' ...]
"""

import os
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from decorated import mutate_decorated
from mutmut.__main__ import cli
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from survivors import explained, report, survivors_of_the_run

_LIST = Path(__file__).with_name("survivors.toml")
_WORKERS = os.environ.get("WORKERS", "2")


def main(names: list[str]) -> int:
    """Run mutmut over all mutants, or those whose names match; the exit code."""
    _use_utc()
    # What mutmut keeps of an earlier run knows nothing of tests that changed since.
    shutil.rmtree("mutants", ignore_errors=True)
    mutate_decorated()
    _run_cheap_tests_first()
    cli(["run", "--max-children", _WORKERS, *names], standalone_mode=False)
    tried, survived = survivors_of_the_run()
    lines, is_fine = report(tried, survived, explained(_LIST), is_whole=not names)
    print("", *lines, sep="\n")
    return 0 if is_fine else 1


def _use_utc() -> None:
    """A zone that is lost becomes that of the machine, which decides what notices it."""
    os.environ["TZ"] = "UTC"
    time.tzset()


def _run_cheap_tests_first() -> None:
    """Most mutants fail one of the first tests, so that the dear ones need not run."""
    arguments = PytestRunner._pytest_args_regular_run

    def cheap_first(runner: PytestRunner, tests: Iterable[str]) -> list[str]:
        durations = state().duration_by_test
        return arguments(runner, sorted(tests, key=lambda test: (durations.get(test, 0.0), test)))

    PytestRunner._pytest_args_regular_run = cheap_first


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
