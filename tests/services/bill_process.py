"""Billing a database in a process of its own, which may be killed on the way.

Run as `python -m tests.services.bill_process URL` it prints what there is then.
"""

import json
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime

from gateway.services.clocks import RandomIds
from gateway.services.installation import Installation
from gateway.storage.database import open_database
from tests.services.billing import FEBRUARY, Company, amounts
from tests.services.mortal import Mortal
from tests.support import FixedClock


class Killing:
    """Kills the process, with no chance to tidy up, when it passes its n-th point."""

    def __init__(self, crash_at: int) -> None:
        self._remaining = crash_at

    def __call__(self, _name: str) -> None:
        self._remaining -= 1
        if self._remaining == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def bill(url: str, crash_at: int, now: datetime) -> list[list[object]]:
    """Bill the database at `url`, as it is `now`; what there is then. At the point `crash_at` (0: never) it kills the
    process."""
    database = open_database(url)
    clock = FixedClock(now)
    company = Company(Installation(database, clock, clock, RandomIds(), "main"), clock)
    mortal = company.on(Mortal(database, Killing(crash_at)))
    mortal.installation = replace(mortal.installation, ids=RandomIds())
    mortal.bill()
    documents: list[list[object]] = [
        [
            each.customer,
            each.key.kind,
            each.inputs_hash,
            each.cut_off,
            amounts(each),
            [str(line) for line in each.lines],
        ]
        for each in company.invoices()
    ]
    database.close()
    return documents


if __name__ == "__main__":
    print(json.dumps(bill(sys.argv[1], 0, FEBRUARY), sort_keys=True))
