"""Changes the rules of the core one by one with mutmut; fails if too many changes that no test notices are unexplained.

python tests/mutation/run.py ['gateway.core.rating.tiers*' ...]

`WORKERS` is how many processes there are. `TESTS` are the folders of tests to run: with fewer there may be more
survivors, and never less, so that a module can be looked at in a minute.
"""

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from collected import collect_once
from decorated import mutate_decorated
from mutmut.__main__ import cli
from mutmut.configuration import config
from survivors import explained, report, survivors_of_the_run

_LIST = Path("tests") / "mutation" / "survivors.toml"
_TRIED = Path("mutants") / "tried.sha256"
_WORKERS = os.environ.get("WORKERS", "2")
_TESTS = os.environ.get("TESTS", "").split()


def main(names: list[str]) -> int:
    """Run mutmut over all mutants, or those whose names match; the exit code."""
    _use_utc()
    _forget_others(names)
    config().only_mutate = list(_files(names))
    config().pytest_add_cli_args_test_selection = _TESTS or config().pytest_add_cli_args_test_selection
    mutate_decorated()
    collect_once()
    cli(["run", "--max-children", _WORKERS, *names], standalone_mode=False)
    tried, survived = survivors_of_the_run()
    lines, is_fine = report(tried, survived, explained(_LIST), is_whole=not (names or _TESTS))
    print("", *lines, sep="\n")
    return 0 if is_fine else 1


def _forget_others(names: list[str]) -> None:
    """Keep what an earlier run found only of the same code and tests: mutmut does not know what else changed."""
    digest = hashlib.sha256(repr((names, _TESTS)).encode())
    for file in sorted(_copied()):
        digest.update(b"%s %s " % (bytes(file), hashlib.sha256(file.read_bytes()).digest()))
    if not _TRIED.exists() or _TRIED.read_text() != digest.hexdigest():
        shutil.rmtree("mutants", ignore_errors=True)
        _TRIED.parent.mkdir()
        _TRIED.write_text(digest.hexdigest())


def _copied() -> set[Path]:
    """What is tried, and what tries it, but for the list of what may survive."""
    paths = {each for path in config().also_copy for each in (path.rglob("*") if path.is_dir() else [path])}
    return {path for path in paths if path.is_file() and "__pycache__" not in path.parts} - {_LIST}


def _files(names: list[str]) -> Iterable[str]:
    """The files of modules that have any mutant of these names; none for all of them."""
    for folder in config().source_paths if names else ():
        for file in folder.rglob("*.py"):
            module = ".".join(file.with_suffix("").parts)
            if any(fnmatch(module, name) or name.startswith(f"{module}.") for name in names):
                yield str(file)


def _use_utc() -> None:
    """A zone that is lost becomes that of the machine, which decides what notices it."""
    os.environ["TZ"] = "UTC"
    time.tzset()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
