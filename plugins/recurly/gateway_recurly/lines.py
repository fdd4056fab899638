"""Our lines as Recurly's charges: its charge invoices hold nothing below zero, so credits are taken off the charges."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.plugin_api import InvoiceDocumentLine, Money

description_length_max = 255


@dataclass(slots=True)
class Charge:
    """One line of ours, less what credits have taken off it."""

    line: InvoiceDocumentLine
    left_minor: int
    taken: list[str] = field(default_factory=list)

    @property
    def amount(self) -> Money:
        """What is left to be paid."""
        return Money(self.left_minor, self.line.amount.currency)

    @property
    def description(self) -> str:
        """What it is for, and what was taken off it."""
        text = self.line.description
        if self.taken:
            text = f"{text} ({self.line.amount} less {', '.join(self.taken)})"
        return text[:description_length_max]

    @property
    def period(self) -> tuple[datetime, datetime]:
        """The service period of the line."""
        return self.line.period_start, self.line.period_end


def to_charges(lines: Sequence[InvoiceDocumentLine]) -> list[Charge]:
    """The lines that are not below zero, less all that are: each credit comes off the nearest charges before it,
    then off those after it. The lines' sum is the charges' sum; it may not be below zero.
    """
    charges = [Charge(line, line.amount.amount_minor) for line in lines if line.amount.amount_minor >= 0]
    for place, credit in enumerate(lines):
        if credit.amount.amount_minor < 0:
            before = sum(1 for line in lines[:place] if line.amount.amount_minor >= 0)
            _take(credit, [*reversed(charges[:before]), *charges[before:]])
    return charges


def _take(credit: InvoiceDocumentLine, charges: Iterable[Charge]) -> None:
    owed = -credit.amount.amount_minor
    for charge in charges:
        taken = min(owed, charge.left_minor)
        if taken:
            charge.left_minor -= taken
            owed -= taken
            charge.taken.append(f"{Money(taken, credit.amount.currency)} {credit.description}")
    assert owed == 0, "the lines sum to nothing or more"
