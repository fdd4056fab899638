"""What the services ask of the clock, and of whoever makes ids."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from; billing has one clock, leases and tokens another."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...


class Ids(Protocol):
    """Where new opaque ids come from."""

    def new(self, prefix: str) -> str:
        """An id nobody can guess or count, such as `inv_01J...`."""
        ...
