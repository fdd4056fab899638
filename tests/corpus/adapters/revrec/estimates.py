"""Prices that depend on how much will have been bought in the end."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from gateway.core.numbers import EXACT, round_half_up
from gateway.core.plans.price_models import Graduated, PerUnit, Tier
from gateway.core.rating.rate import average_unit_amount, rate
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.lines import RevenueLine
from gateway.core.revenue.months import movements_by_end
from gateway.core.revenue.schedules import AsDelivered, AtOnce
from tests.corpus.adapters.revrec.telling import Telling
from tests.corpus.adapters.revrec.usage import running_quantities
from tests.corpus.given import Given

_PRICE_PLACES = 2
_SALE, _QUARTER_ENDS = date(2026, 1, 1), tuple(date(2026, month, 28) for month in (3, 6, 9, 12))


def volume_estimated(given: Given) -> Mapping[str, object]:
    """A sale at the average price of all that is expected to be bought; the rest of the invoice is deferred."""
    telling = Telling(given)
    expected, sold, invoiced = (given.number(name) for name in ("expected_units", "sold_now", "invoiced"))
    (name, first), (_, after) = sorted(given.items(), reverse=True)
    bound = Decimal(name.rpartition("_")[2])
    price = Graduated((Tier(bound, Decimal(first)), Tier(None, Decimal(after))))
    average = round_half_up(average_unit_amount(rate(price, expected).amount, expected), _PRICE_PLACES)
    earned = rate(PerUnit(average), sold).amount
    lines = (
        RevenueLine(telling.minor(earned), AtOnce(_SALE)),
        RevenueLine(telling.minor(EXACT.subtract(invoiced, earned)), AsDelivered(())),
    )
    ((_, moved),) = movements_by_end([RevenueDocument(lines, _SALE)], [_SALE])
    return {
        "net_change_by_month": {"sale": telling.changes(moved)},
        "journal": [telling.entry(movement) for movement in moved],
    }


def volume_retrospective(given: Given) -> Mapping[str, object]:
    """A price for all units of a year that falls once enough are expected: what was earned before is caught up."""
    telling = Telling(given)
    given.take("retrospective")
    usual, quarters = given.number("unit_price"), given.parts("quarters")
    ((_, reduced),) = given.items()
    values = [quarter.number("units") for quarter in quarters]
    is_reduced = [expected for quarter in quarters for _, expected in quarter.items()]
    prices = [PerUnit(Decimal(reduced) if is_over else usual) for is_over in is_reduced]
    ends = _QUARTER_ENDS[: len(values)]
    running = [
        (end, telling.minor(rate(price, quantity).amount))
        for end, price, quantity in zip(ends, prices, running_quantities(ends, values), strict=True)
    ]
    document = RevenueDocument((RevenueLine(0, AsDelivered(tuple(running))),), None, accrues=True)
    moved = movements_by_end([document], ends)
    return {
        "net_change_by_month": {},
        "revenue_by_quarter": [telling.changes(movements)["revenue"] for _, movements in moved],
    }
