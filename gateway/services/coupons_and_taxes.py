"""Coupons and tax rates: who has which, from the next draft on."""

from collections.abc import Sequence

from gateway.core.errors import GatewayError, NotFound
from gateway.core.invoicing.discounts import Coupon, redemption_refusal
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.invoicing.terms_documents import coupon_document, rates_document
from gateway.core.ports.billing_terms import TaxScope
from gateway.core.ports.storage import UnitOfWork
from gateway.services.customers import KeyTaken
from gateway.services.installation import Installation
from gateway.services.remember import once


class CouponRefused(GatewayError):
    """A coupon that can no longer be redeemed, or that the customer has already."""

    code = "COUPON_REFUSED"


def create_coupon(installation: Installation, coupon: Coupon, actor: str, idempotency_key: str) -> str:
    """Offer a coupon, which never changes; answers with its key. Raises `KeyTaken` and `KeyReused`."""
    now = installation.business_clock.now()

    def create(unit: UnitOfWork) -> str:
        if not unit.terms.add_coupon(coupon, now):
            raise KeyTaken(f"There is a coupon {coupon.key!r} already; use another key")
        return coupon.key

    return once(installation, actor, idempotency_key, {"request": "coupon", **coupon_document(coupon)}, create)


def redeem_coupon(installation: Installation, key: str, customer: str, actor: str, idempotency_key: str) -> str:
    """Let a customer have a coupon from the next draft on; answers with its key.

    Raises `CouponRefused` if it has been redeemed as often as it may, or too late, or by this customer already; and
    `NotFound`, `KeyReused`.
    """
    now = installation.business_clock.now()

    def redeem(unit: UnitOfWork) -> str:
        coupon = unit.terms.lock_coupon(key)
        unit.definitions.lock_customer(customer)
        if refusal := redemption_refusal(coupon, unit.terms.redemptions(key), now):
            raise CouponRefused(refusal)
        if not unit.terms.redeem(key, customer, now):
            raise CouponRefused(f"Customer {customer!r} has redeemed coupon {key!r} already")
        return key

    request = {"request": "redeem", "coupon": key, "customer": customer}
    return once(installation, actor, idempotency_key, request, redeem)


def set_tax_rates(
    installation: Installation,
    scope: TaxScope,
    name: str,
    rates: Sequence[TaxRate],
    actor: str,
    idempotency_key: str,
) -> str:
    """Tax lines of a customer, a plan or a price (`plan/price`) from the next draft on; answers with the name.

    Without rates there is no tax of its own there. Raises `NotFound` for what does not exist, and `KeyReused`.
    """

    def put(unit: UnitOfWork) -> str:
        _require(unit, scope, name)
        unit.terms.set_tax_rates(scope, name, rates)
        return name

    request = {"request": "taxes", "scope": scope, "name": name, "rates": rates_document(rates)}
    return once(installation, actor, idempotency_key, request, put)


def _require(unit: UnitOfWork, scope: TaxScope, name: str) -> None:
    """Raise `NotFound` unless there is such a customer, plan or price in its newest version."""
    if scope is TaxScope.CUSTOMER:
        unit.definitions.lock_customer(name)
        return
    plan, _, price = name.partition("/")
    published = unit.definitions.plan_version(plan)
    keys = {each.key for each in published.prices} | {each.key for each in published.commitments}
    if scope is TaxScope.PRICE and price not in keys:
        raise NotFound(f"Plan {plan!r} has no price {price!r}; name it as plan/price")
