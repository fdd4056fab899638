"""Changes the rules of the core one by one with mutmut; fails if too many changes that no test notices are unexplained.

python tests/mutation/run.py ['gateway.core.rating.tiers*' ...]
"""

import os
import shutil
import sys
import time
from pathlib import Path

from collected import collect_once
from decorated import mutate_decorated
from mutmut.__main__ import cli
from survivors import explained, report, survivors_of_the_run

_LIST = Path(__file__).with_name("survivors.toml")
_WORKERS = os.environ.get("WORKERS", "2")


def main(names: list[str]) -> int:
    """Run mutmut over all mutants, or those whose names match; the exit code."""
    _use_utc()
    # What mutmut keeps of an earlier run knows nothing of tests that changed since.
    shutil.rmtree("mutants", ignore_errors=True)
    mutate_decorated()
    collect_once()
    cli(["run", "--max-children", _WORKERS, *names], standalone_mode=False)
    tried, survived = survivors_of_the_run()
    lines, is_fine = report(tried, survived, explained(_LIST), is_whole=not names)
    print("", *lines, sep="\n")
    return 0 if is_fine else 1


def _use_utc() -> None:
    """A zone that is lost becomes that of the machine, which decides what notices it."""
    os.environ["TZ"] = "UTC"
    time.tzset()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
