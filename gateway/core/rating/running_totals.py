"""Running totals of values, until an allowance is used up."""

from collections.abc import Iterable
from decimal import Decimal

from gateway.core.numbers import EXACT


def running_totals(
    values: Iterable[Decimal], events_max: int | None = None, amount_max: Decimal | None = None
) -> list[Decimal]:
    """The total after each event that an allowance touches, the one that uses it up the last.

    It is used up by so many events or by an amount, whichever comes first; without a limit it never is.
    """
    totals: list[Decimal] = []
    total = Decimal(0)
    for value in values:
        is_used_up = amount_max is not None and total >= amount_max
        if is_used_up or len(totals) == events_max:
            break
        total = EXACT.add(total, value)
        totals.append(total)
    return totals
