"""Changes of a plan in the middle of a period: what of the old fees is given back, and what of the new ones is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from gateway.core.invoicing.invoice import InvoiceLine
from gateway.core.invoicing.totals import stated_line
from gateway.core.money import minor_unit_places
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.proration import change_fee

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class FeeChange:
    """A fee in advance that is replaced (both amounts), added (no old one) or removed (no new one)."""

    name: str
    old: Decimal | None = None
    new: Decimal | None = None


def change_lines(
    changes: Sequence[FeeChange], unused: BillingPeriod, share: Fraction, currency: str
) -> tuple[InvoiceLine, ...]:
    """The lines for changing fees where `unused`, which is `share` of their period, is left of it.

    Each fee gives its old line first, with a negative amount, and then its new one; each is rounded once.
    """
    lines: list[InvoiceLine] = []
    for change in changes:
        due = change_fee(change.old or _NOTHING, change.new or _NOTHING, share, minor_unit_places(currency))
        if due is None:
            continue
        if change.old is not None:
            lines.append(stated_line("unused", f"Unused {change.name}", due.credit.copy_negate(), currency, unused))
        if change.new is not None:
            lines.append(stated_line("remaining", f"Remaining {change.name}", due.charge, currency, unused))
    return tuple(lines)
