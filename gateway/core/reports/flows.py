"""What moved between kinds of account in a month, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BILLED = "invoice-finalized"
"""The reason of what an invoice posts when it becomes final."""

CREDITED = frozenset({"invoice-credited", "invoice-voided"})
"""The reasons of what credit notes and voids post."""


@dataclass(frozen=True, slots=True)
class BookedFlow:
    """`amount_minor` moved in a month from accounts of the kind `credit` to those of the kind `debit`.

    `reason` is what the keys of the journal entries begin with.
    """

    month: str
    reason: str
    debit: str
    credit: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Touch:
    """What a flow does to one kind of account, above zero where it is credited; `counterpart` is the other kind."""

    month: str
    reason: str
    counterpart: str
    currency: str
    credited_minor: int


def touching(flows: Iterable[BookedFlow], kind: str) -> Iterator[Touch]:
    """What flows do to a kind of account; between two accounts of it nothing changes."""
    for flow in flows:
        if flow.credit == kind != flow.debit:
            yield Touch(flow.month, flow.reason, flow.debit, flow.currency, flow.amount_minor)
        elif flow.debit == kind != flow.credit:
            yield Touch(flow.month, flow.reason, flow.credit, flow.currency, -flow.amount_minor)
