"""What the services ask of the storage of coupons and tax rates."""

from collections.abc import Mapping, Sequence
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

    def redeemed_by(self, customer: str) -> list[tuple[Coupon, int]]:
        """A customer's coupons in the order of redeeming, each with on how many boundaries it counted, voids aside."""
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

    def tax_rates_for(self, customer: str, plan: str) -> Mapping[tuple[TaxScope, str], tuple[TaxRate, ...]]:
        """Those that can concern an invoice of a customer by a plan."""
        ...
