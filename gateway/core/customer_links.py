"""Customers that a provider has under an id of its own."""

from dataclasses import dataclass
from datetime import datetime

from gateway.core.faults import require, text_fault

ref_length_max = 255


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """That a customer is the one that is called `ref` at a connection, as `actor` has asked at `asked_at`."""

    id: str
    customer: str
    connection: str
    ref: str
    actor: str
    asked_at: datetime

    def __post_init__(self) -> None:
        require(("ref", text_fault(self.ref, ref_length_max)))
