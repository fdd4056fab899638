"""Purchases of credit: one that begins later pays at once what is owed already."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from gateway.core.credits.cost_basis import CostBasis
from gateway.core.credits.grant import CreditCategory, CreditGrant
from gateway.core.numbers import exact


@exact
def grants_of_purchase(grant: CreditGrant, owed: Decimal, now: datetime) -> tuple[CreditGrant, ...]:
    """The grants that a purchase makes in a wallet of which `owed` is overdrawn: itself, unless it begins later.

    Then so much of it as is owed begins now, as a grant beside it, so that a customer who has bought credit owes
    nothing meanwhile. What nobody pays for waits for its time.
    """
    advance = min(owed, grant.amount)
    if grant.category is CreditCategory.PROMOTIONAL or grant.effective_at <= now or not advance:
        return (grant,)
    if advance == grant.amount:
        return (replace(grant, effective_at=now),)
    cost = None if grant.paid is None else CostBasis.of_grant(grant).of_used(advance)
    now_part = replace(grant, id=f"{grant.id}-advance", amount=advance, effective_at=now, paid=cost)
    left = None if cost is None else grant.cost - cost
    return now_part, replace(grant, amount=grant.amount - advance, paid=left)
