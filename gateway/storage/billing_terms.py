"""Coupons, redemptions and tax rates, as `BillingTerms` asks for them."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, distinct, func, insert, or_, select

from gateway.core.errors import NotFound
from gateway.core.invoicing.discounts import Coupon
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.invoicing.terms_documents import coupon_document, coupon_from, rates_document, rates_from
from gateway.core.ports.billing_terms import Redemption, TaxScope
from gateway.storage.rows import CouponRow, CouponUseRow, InvoiceRow, RedemptionRow, TaxRuleRow, table_of
from gateway.storage.statements import insert_unless_taken, one_of, upsert

_COUPONS = table_of(CouponRow)
_REDEMPTIONS = table_of(RedemptionRow)
_USES = table_of(CouponUseRow)
_INVOICES = table_of(InvoiceRow)
_RULES = table_of(TaxRuleRow)

Rates = dict[tuple[TaxScope, str], tuple[TaxRate, ...]]


class SqlBillingTerms:
    """See `BillingTerms`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_coupon(self, coupon: Coupon, created_at: datetime) -> bool:
        """See `BillingTerms.add_coupon`."""
        definition = json.dumps(coupon_document(coupon))
        values = {"key": coupon.key, "definition": definition, "created_at": created_at}
        return insert_unless_taken(self._connection, _COUPONS, values)

    def coupons(self) -> list[Coupon]:
        """See `BillingTerms.coupons`."""
        return [_coupon(row) for row in self._connection.execute(select(_COUPONS).order_by(_COUPONS.c.key))]

    def lock_coupon(self, key: str) -> Coupon:
        """See `BillingTerms.lock_coupon`."""
        query = select(_COUPONS).where(_COUPONS.c.key == key).with_for_update()
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound(f"Coupon {key!r} does not exist")
        return _coupon(row)

    def redemptions(self, key: str) -> int:
        """See `BillingTerms.redemptions`."""
        query = select(func.count()).select_from(_REDEMPTIONS).where(_REDEMPTIONS.c.coupon == key)
        return int(self._connection.execute(query).scalar_one())

    def redeem(self, key: str, customer: str, at: datetime) -> bool:
        """See `BillingTerms.redeem`."""
        values = {"coupon": key, "customer": customer, "redeemed_at": at}
        return insert_unless_taken(self._connection, _REDEMPTIONS, values)

    def redeemed_by(self, customers: Sequence[str], before: datetime | None = None) -> dict[str, list[Redemption]]:
        """See `BillingTerms.redeemed_by`."""
        query = (
            select(_COUPONS.c.definition, _REDEMPTIONS.c.customer, _REDEMPTIONS.c.redeemed_at, _used(before))
            .join_from(_REDEMPTIONS, _COUPONS, _COUPONS.c.key == _REDEMPTIONS.c.coupon)
            .where(one_of(self._connection, _REDEMPTIONS.c.customer, customers))
            .order_by(_REDEMPTIONS.c.redeemed_at, _REDEMPTIONS.c.coupon)
        )
        found: defaultdict[str, list[Redemption]] = defaultdict(list)
        for row in self._connection.execute(query):
            found[row.customer].append(Redemption(_coupon(row), row.redeemed_at, int(row.used)))
        return dict(found)

    def use(self, invoice_id: str, customer: str, coupons: Sequence[str]) -> None:
        """See `BillingTerms.use`."""
        if coupons:
            values = [{"invoice_id": invoice_id, "coupon": coupon, "customer": customer} for coupon in coupons]
            self._connection.execute(insert(_USES), values)

    def set_tax_rates(self, scope: TaxScope, name: str, rates: Sequence[TaxRate]) -> None:
        """See `BillingTerms.set_tax_rates`."""
        written = json.dumps(rates_document(rates))
        statement = upsert(self._connection, _RULES).values(scope=scope, name=name, rates=written)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["scope", "name"], set_={"rates": written})
        )

    def tax_rates(self) -> Rates:
        """See `BillingTerms.tax_rates`."""
        return self._rates(select(_RULES).order_by(_RULES.c.scope, _RULES.c.name))

    def tax_rates_for(self, customers: Sequence[str], plan: str) -> Mapping[tuple[TaxScope, str], tuple[TaxRate, ...]]:
        """See `BillingTerms.tax_rates_for`."""
        prices = f"{plan}/"
        is_price = (_RULES.c.scope == TaxScope.PRICE) & (func.substr(_RULES.c.name, 1, len(prices)) == prices)
        return self._rates(
            select(_RULES).where(
                or_(
                    (_RULES.c.scope == TaxScope.CUSTOMER) & one_of(self._connection, _RULES.c.name, customers),
                    (_RULES.c.scope == TaxScope.PLAN) & (_RULES.c.name == plan),
                    is_price,
                )
            )
        )

    def _rates(self, query: Select[Any]) -> Rates:
        rows = self._connection.execute(query)
        return {(TaxScope(row.scope), row.name): rates_from(json.loads(row.rates)) for row in rows}


def _used(before: datetime | None) -> Any:
    """On how many boundaries the redemption around it counts; two invoices of one boundary are one use."""
    counted = (
        select(func.count(distinct(_INVOICES.c.boundary_at)))
        .join_from(_USES, _INVOICES, _INVOICES.c.id == _USES.c.invoice_id)
        .where(_USES.c.coupon == _REDEMPTIONS.c.coupon, _USES.c.customer == _REDEMPTIONS.c.customer)
        .where(_INVOICES.c.status != InvoiceStatus.VOID)
    )
    if before is not None:
        counted = counted.where(_INVOICES.c.boundary_at < before)
    return counted.correlate(_REDEMPTIONS).scalar_subquery().label("used")


def _coupon(row: Any) -> Coupon:
    return coupon_from(json.loads(row.definition))
