"""What is left to pay of a document, after money or paid credit that came before."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.core.invoicing.invoice import InvoiceLine
from gateway.core.money import Money


@dataclass(frozen=True, slots=True)
class Settled:
    """What paid credit, or money, pays of a total that includes tax: it lowers what is due, never the total."""

    applied: Money
    due: Money
    left: Money


def pay(total: Money, available: Money, payable: Money | None = None) -> Settled:
    """Pay `total` from `available`, but no more than `payable` of it, and nothing where that is below zero."""
    most = total if payable is None else payable
    applied = Money(max(0, min(most.amount_minor, total.amount_minor, available.amount_minor)), total.currency)
    return Settled(applied, total - applied, available - applied)


def payable_by(lines: Iterable[InvoiceLine], applies_to: frozenset[str], currency: str) -> Money:
    """What credit for the prices in `applies_to` (all if that is empty) may pay: their lines with their taxes."""
    covered = (line.gross for line in lines if not applies_to or line.price in applies_to)
    return sum(covered, Money.zero(currency))
