"""The cells of the matrix, and how one is written on a command line."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from tests.vendors.loopback import Fault


class When(StrEnum):
    """When the network fails: with the request at which the worker ends, or with the first one after it."""

    DURING = "during"
    AFTERWARDS = "afterwards"


class Trouble(StrEnum):
    """What is wrong with the network, or else that the worker is not killed but stopped until its lease is over."""

    NONE = "none"
    REFUSED = "refused"
    BLACK_HOLE = "black-hole"
    LOST_ANSWER = "lost-answer"
    TRUNCATED_ANSWER = "truncated-answer"
    BAD_GATEWAY = "bad-gateway"
    STORM = "storm"
    STOPPED = "stopped"
    STOPPED_WITH_ITS_CLOCK = "stopped-with-its-clock"

    @property
    def is_stop(self) -> bool:
        """Whether the worker goes on when others have done its work; with its clock, it knows nothing of the time."""
        return self in {Trouble.STOPPED, Trouble.STOPPED_WITH_ITS_CLOCK}


TROUBLES_OF_THE_NETWORK = [each for each in Trouble if each is not Trouble.NONE and not each.is_stop]
FAULTS = {
    Trouble.BLACK_HOLE: (Fault.BLACK_HOLE, 2),
    Trouble.LOST_ANSWER: (Fault.LOST_ANSWER, 1),
    Trouble.TRUNCATED_ANSWER: (Fault.TRUNCATED_ANSWER, 1),
    Trouble.BAD_GATEWAY: (Fault.BAD_GATEWAY, 1),
    Trouble.STORM: (Fault.THROTTLED, 7),
}
"""What goes wrong on the wire, and for how many requests in a row; connections are refused by closing the server."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One delivery with all that goes wrong. `point` counts from 1; at 0 the worker lives."""

    vendor: str
    errand: str
    point: int
    trouble: Trouble = Trouble.NONE
    when: When = When.AFTERWARDS
    is_key_expired: bool = False

    def __str__(self) -> str:
        keys = "expired" if self.is_key_expired else "remembered"
        return f"{self.vendor} {self.errand} {self.point} {self.trouble} {self.when} {keys}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The cell that is written so. Raises `ValueError`."""
        vendor, errand, point, trouble, when, keys = text.split()
        return cls(vendor, errand, int(point), Trouble(trouble), When(when), keys == "expired")
