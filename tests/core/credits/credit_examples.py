"""Grants and events of credit that the properties of the core are tried with."""

from decimal import Decimal

from hypothesis import strategies as st

from gateway.core.credits.burn_down import CreditEvent, CreditReset, CreditUse, CreditVoid
from gateway.core.credits.grant import CreditGrant, RollOver
from gateway.core.periods.period import BillingSchedule, Interval, IntervalUnit
from tests.core.samples import NEW_YORK, at, instants

amounts = st.integers(1, 200).map(lambda cents: Decimal(cents) / 4)
moments = instants("2026-01-01", "2026-01-31")


@st.composite
def grant_lists(draw: st.DrawFn) -> list[CreditGrant]:
    """Up to five grants that begin, end, refill and roll over at any time of January."""
    daily = BillingSchedule(at("2026-01-01"), Interval(IntervalUnit.DAY, draw(st.integers(1, 9))), NEW_YORK)
    return [
        CreditGrant(
            f"g{number}",
            draw(amounts),
            draw(moments),
            draw(st.none() | moments),
            draw(st.none() | moments),
            draw(st.none() | moments),
            priority=draw(st.integers(1, 3)),
            refills=draw(st.sampled_from([None, daily])),
            roll_over=draw(st.sampled_from([None, RollOver(Decimal(20), Decimal(5))])),
        )
        for number in range(draw(st.integers(0, 5)))
    ]


@st.composite
def event_lists(draw: st.DrawFn) -> list[CreditEvent]:
    """Uses, voids and resets in January."""
    count = draw(st.integers(0, 8))
    uses = [CreditUse(f"u{number}", draw(moments), draw(amounts)) for number in range(count)]
    voids = [CreditVoid(f"v{number}", draw(moments), draw(amounts)) for number in range(draw(st.integers(0, 2)))]
    resets = [CreditReset(draw(moments), draw(st.booleans())) for _ in range(draw(st.integers(0, 2)))]
    return [*uses, *voids, *resets]
