"""Billing in several processes, some of which end where a test wants them to."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier

from gateway.services.bill import bill_due
from gateway.services.project import Projector
from tests.services.billing import FEBRUARY, Company
from tests.services.mortal import Mortal

ROOT = Path(__file__).parents[2]


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


def start_process(url: str, crash_at: int = 0, now: datetime = FEBRUARY, **environment: str) -> "subprocess.Popen[str]":
    """Bill the database at `url`, as it is `now`, in a process of its own."""
    command = [sys.executable, "-m", "tests.services.bill_process", url, str(crash_at), now.isoformat()]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
