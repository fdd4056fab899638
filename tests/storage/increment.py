"""A process of its own that writes: `python -m tests.storage.increment URL COUNT SECONDS_EACH`.

Each transaction takes a number and waits a while before it commits. Prints "ready" once the database is open.
"""

import sys
import time

from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import open_database


def main(url: str, count: int, seconds_each: float) -> None:
    """Take `count` numbers."""

    def take(unit: UnitOfWork) -> None:
        unit.invoices.take_number("INV")
        time.sleep(seconds_each)

    database = open_database(url, synchronous="OFF")
    print("ready", flush=True)
    for _ in range(count):
        database.transact(take)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
