"""How many billing cycles of a subscription have been billed."""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.proration import Proration, share_of
from gateway.core.plans.plan import Timing
from gateway.core.subscriptions.subscription import Subscription, boundaries


def cycles_billed(
    subscription: Subscription, until: datetime, timing: Timing, by: Proration = Proration.SECOND
) -> Fraction:
    """How many cycles the bills up to `until`, inclusive, are for; a period that is cut short is its share of one."""
    shares = (share_of(part, whole, by, subscription.zone) for part, whole in _billed(subscription, until, timing))
    return sum(shares, Fraction(0))


def whole_cycles_billed(subscription: Subscription, until: datetime, timing: Timing) -> int:
    """How many of the periods billed up to `until`, inclusive, are whole ones."""
    return sum(1 for part, whole in _billed(subscription, until, timing) if part == whole)


def _billed(
    subscription: Subscription, until: datetime, timing: Timing
) -> Iterator[tuple[BillingPeriod, BillingPeriod]]:
    """Each period billed, with the schedule's own that it is all or a part of."""
    for boundary in boundaries(subscription, until):
        if timing is Timing.IN_ADVANCE:
            part, whole = boundary.started, boundary.started_whole
        else:
            part, whole = boundary.ended, boundary.ended_whole
        if part is not None and whole is not None:
            yield part, whole
