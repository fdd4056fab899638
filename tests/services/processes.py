"""Billing and switching in several processes, some of which end where a test wants them to."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Barrier

from gateway.services.bill import bill_due
from gateway.services.project import Projector
from tests.services import bill_process, switch_process
from tests.services.billing import FEBRUARY, Company
from tests.services.mortal import Mortal

ROOT = Path(__file__).parents[2]
# Processes of their own, without the second that their imports take: they are forked off one that has imported all.
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([bill_process.__name__, switch_process.__name__])


def bill_mortally(company: Company, point: Callable[[str], None]) -> None:
    """Bill what is due in a process that may end at every point."""
    mortal = company.on(Mortal(company.installation.storage, point)).installation
    bill_due(mortal, Projector(mortal))


def at_once(*works: Callable[[], object]) -> None:
    """Run all of them at the same time, and raise what any of them raised."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(run, work) for work in works]:
            future.result()


def start_process(url: str, crash_at: int = 0, now: datetime = FEBRUARY) -> ForkServerProcess:
    """Bill the database at `url`, as it is `now`, in a process of its own; it kills itself at the point `crash_at`."""
    process = _FORKS.Process(target=bill_process.bill, args=(url, crash_at, now))
    process.start()
    return process


def start_switch(url: str, file: str, crash_at: int, now: datetime) -> ForkServerProcess:
    """Switch customers of the database at `url` to the provider in `file`, in a process of its own, as above."""
    process = _FORKS.Process(target=switch_process.switch, args=(url, file, crash_at, now))
    process.start()
    return process


def exit_codes(*processes: ForkServerProcess) -> list[int | None]:
    """How processes ended, once they have."""
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def billed_in_an_environment(url: str, **environment: str) -> str:
    """What there is in the database at `url` once an interpreter that was started in an environment has billed it."""
    command = [sys.executable, "-m", bill_process.__name__, url]
    environ = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout
