"""The marketplace example: what sellers took in a quarter, and the commission on it, in four currencies."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway_example_marketplace.sales import DAYS, STARTS_AT, Event, sales
from gateway_example_marketplace.sellers import SELLERS

__all__ = ["BILL_THROUGH", "DEFINITIONS", "EVENT_COUNT", "NAME", "customers", "events", "subscriptions"]

NAME = "marketplace"

DEFINITIONS = Path(__file__).with_name("definitions.toml")
"""The meters, and a plan for each currency, in the format of `gateway`'s plan files."""

EVENT_COUNT = 7_402
"""How many events there are, for a progress bar."""

BILL_THROUGH = STARTS_AT + timedelta(days=DAYS + 14)
"""Where to set the business clock: two weeks past the quarter, so that no refund is ahead of it."""

_FIRST_DAY, _LAST_DAY = (2026, 1, 1), (2026, 4, 1)


def customers() -> list[dict[str, str]]:
    """The sellers."""
    return [{"key": seller.key, "name": seller.name} for seller in SELLERS]


def subscriptions() -> list[dict[str, str]]:
    """One for each seller: the quarter by the days of its own zone, on the plan in its own currency."""
    return [
        {
            "customer": seller.key,
            "plan": seller.plan,
            "starts_at": datetime(*_FIRST_DAY, tzinfo=ZoneInfo(seller.zone)).isoformat(),
            "ends_at": datetime(*_LAST_DAY, tzinfo=ZoneInfo(seller.zone)).isoformat(),
            "time_zone": seller.zone,
        }
        for seller in SELLERS
    ]


def events(customers: Collection[str] | None = None) -> Iterator[Event]:
    """Every payment and refund, or those of some customers, in order of time."""
    return (event for event in _sales() if customers is None or event["customer"] in customers)


@cache
def _sales() -> list[Event]:
    return sales()
