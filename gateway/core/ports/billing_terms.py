"""What the services ask of the storage of coupons and tax rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.core.invoicing.discounts import Coupon
from gateway.core.invoicing.taxes import TaxRate


class TaxScope(StrEnum):
    """Whose lines tax rates are for; a price is named `plan/price`."""

    CUSTOMER = "customer"
    PLAN = "plan"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Redemption:
    """A coupon that a customer redeemed, and on how many boundaries it counted, voids aside."""

    coupon: Coupon
    redeemed_at: datetime
    boundaries: int


class BillingTerms(Protocol):
    """Coupons, who redeemed them and on how many invoices they count, and tax rates."""

    def add_coupon(self, coupon: Coupon, created_at: datetime) -> bool:
        """Store a coupon; False if its key is taken."""
        ...

    def coupons(self) -> list[Coupon]:
        """All coupons, by key."""
        ...

    def lock_coupon(self, key: str) -> Coupon:
        """One coupon, locked until the transaction ends, so that its redemptions stay. Raises `NotFound`."""
        ...

    def redemptions(self, key: str) -> int:
        """How often a coupon has been redeemed."""
        ...

    def redeem(self, key: str, customer: str, at: datetime) -> bool:
        """Let a customer have a coupon; False if it has it already."""
        ...

    def redeemed_by(self, customers: Sequence[str], before: datetime | None = None) -> dict[str, list[Redemption]]:
        """The coupons of customers that have any, in the order of redeeming.

        With `before` only the boundaries before it count as used.
        """
        ...

    def use(self, invoice_id: str, customer: str, coupons: Sequence[str]) -> None:
        """Remember that coupons count on an invoice."""
        ...

    def set_tax_rates(self, scope: TaxScope, name: str, rates: Sequence[TaxRate]) -> None:
        """Store the rates of a customer, a plan or a price, in place of earlier ones."""
        ...

    def tax_rates(self) -> Mapping[tuple[TaxScope, str], tuple[TaxRate, ...]]:
        """All tax rates, by what they are for."""
        ...

    def tax_rates_for(self, customers: Sequence[str], plan: str) -> Mapping[tuple[TaxScope, str], tuple[TaxRate, ...]]:
        """Those that can concern invoices of customers by a plan."""
        ...
