"""A process of its own that bills a database, prints what there is, and may be killed on the way.

Run as `python -m tests.services.bill_process URL CRASH_AT [NOW]`; at the point CRASH_AT (0: never) it kills itself.
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


def main(url: str, crash_at: int, now: datetime) -> None:
    database = open_database(url)
    clock = FixedClock(now)
    company = Company(Installation(database, clock, clock, RandomIds(), "main"), clock)
    mortal = company.on(Mortal(database, Killing(crash_at)))
    mortal.installation = replace(mortal.installation, ids=RandomIds())
    mortal.bill()
    documents = [
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
    print(json.dumps(documents, sort_keys=True))
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]) if len(sys.argv) > 3 else FEBRUARY)
