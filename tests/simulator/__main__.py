"""Run many seeds on all cores, or one to look at."""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from rich.progress import track

from tests.simulator.runs import Report, SeedFailed, run

failures_shown_max = 5


def main() -> int:
    """Run what the command line says; 1 if any seed failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first of them")
    parser.add_argument("--seed", type=int, help="run this one alone")
    arguments = parser.parse_args()
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    if arguments.seed is not None:
        seeds = range(arguments.seed, arguments.seed + 1)
    failures = 0
    for outcome in track(_outcomes(seeds), "Seeds", len(seeds)):
        if isinstance(outcome, str):
            failures += 1
            if failures <= failures_shown_max:
                print(outcome, end="\n\n", flush=True)
    print(f"{len(seeds) - failures} of {len(seeds)} seeds kept every promise")
    return 1 if failures else 0


def _outcomes(seeds: range) -> Iterator[Report | str]:
    if len(seeds) == 1:
        yield _outcome(seeds[0])
        return
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for future in as_completed([pool.submit(_outcome, seed) for seed in seeds]):
            yield future.result()


def _outcome(seed: int) -> Report | str:
    try:
        return run(seed)
    except SeedFailed as failure:
        return str(failure)


if __name__ == "__main__":
    sys.exit(main())
