"""Who sells: each in one currency, and by the days of one zone."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Seller:
    """A seller, how many payments a day it takes on average, and about how much one of them is.

    One that sells for `days` only goes on to refund.
    """

    key: str
    name: str
    currency: str
    zone: str
    payments_per_day: int
    typical_amount: Decimal
    refund_percent: int
    days: int = 90

    @property
    def plan(self) -> str:
        """The plan that it is on: one for each currency."""
        return f"marketplace-{self.currency.lower()}"


SELLERS = (
    Seller("berlin-books", "Berlin Books", "EUR", "Europe/Berlin", 12, Decimal("24.50"), 4),
    Seller("lisbon-tiles", "Lisbon Tiles", "EUR", "Europe/Lisbon", 3, Decimal("310.00"), 8),
    Seller("oslo-outlet", "Oslo Outlet", "EUR", "Europe/Oslo", 2, Decimal("85.00"), 60, days=58),
    Seller("austin-audio", "Austin Audio", "USD", "America/Chicago", 9, Decimal("129.99"), 6),
    Seller("salem-seeds", "Salem Seeds", "USD", "America/Los_Angeles", 20, Decimal("7.25"), 1),
    Seller("kyoto-knives", "Kyoto Knives", "JPY", "Asia/Tokyo", 5, Decimal("18400"), 3),
    Seller("osaka-origami", "Osaka Origami", "JPY", "Asia/Tokyo", 15, Decimal("980"), 2),
    Seller("kuwait-carpets", "Kuwait Carpets", "KWD", "Asia/Kuwait", 1, Decimal("412.750"), 10),
    Seller("kuwait-coffee", "Kuwait Coffee", "KWD", "Asia/Kuwait", 11, Decimal("3.125"), 2),
)
