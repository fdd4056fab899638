"""Coupons that customers redeem, and the taxes that they pay."""

from decimal import Decimal

from gateway.core.invoicing.discounts import Coupon, CouponDuration, Discount, Fixed, Percent
from gateway.core.invoicing.taxes import Exemption, TaxRate
from gateway.core.ports.billing_terms import TaxScope
from gateway.services.coupons_and_taxes import create_coupon, redeem_coupon, set_tax_rates
from gateway.services.installation import Installation

_COUPONS = {
    "all-models": Coupon(Discount("ten-percent", Percent(Decimal(10))), CouponDuration.FOREVER),
    "all-cadences": Coupon(Discount("once", Fixed(Decimal(777), "JPY")), CouponDuration.ONCE),
    "all-aggregations": Coupon(
        Discount("units-only", Percent(Decimal("12.5")), frozenset({"units"})), CouponDuration.REPEATING, 2
    ),
}
_VAT, _STATE, _CITY = TaxRate("vat", Decimal(19)), TaxRate("state", Decimal("6.25")), TaxRate("city", Decimal("1.125"))
_TAXES: tuple[tuple[TaxScope, str, tuple[TaxRate, ...]], ...] = (
    (TaxScope.CUSTOMER, "all-models", (_STATE, _CITY)),
    (TaxScope.PLAN, "aggregates", (_VAT,)),
    (TaxScope.PRICE, "months/months-ahead", (TaxRate("consumption", Decimal(10)),)),
    (TaxScope.CUSTOMER, "holds", (TaxRate("reverse", Decimal(0), Exemption.REVERSE_CHARGE),)),
)


def give_terms(installation: Installation) -> None:
    """Coupons by percentage and by amount, on all or on some prices, for once, twice and ever; taxes at every scope."""
    for customer, coupon in _COUPONS.items():
        create_coupon(installation, coupon, "ada", f"coupon {coupon.key}")
        redeem_coupon(installation, coupon.key, customer, "ada", f"redeem {coupon.key}")
    for scope, name, rates in _TAXES:
        set_tax_rates(installation, scope, name, rates, "ada", f"tax {name}")
