"""Discounts and taxes, of lines and of documents."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Self

import strawberry

from gateway.core.invoicing import discounts as core_discounts
from gateway.core.invoicing import taxes as core_taxes
from gateway.core.ports.billing_terms import TaxScope
from gateway.schema.types.money import Money, shortest


@strawberry.type
class LineDiscount:
    """What a line has of one discount."""

    discount: str = strawberry.field(description="The key of the coupon, or of the credit that was given away.")
    amount: Money = strawberry.field(description="What it takes off the line.")

    @classmethod
    def list_from(cls, shares: Iterable[core_discounts.DiscountShare]) -> list[Self]:
        """The same shares."""
        return [cls(discount=share.discount, amount=Money.from_core(share.amount)) for share in shares]


@strawberry.type
class TaxRate:
    """A percentage of net amounts."""

    key: str = strawberry.field(description="The name of the tax, such as vat-standard.")
    percent: Decimal = strawberry.field(description="How much of a net amount; 0 where there is an exemption.")
    exemption: core_taxes.Exemption | None = strawberry.field(description="Why nothing is charged, if so.")
    source: str | None = strawberry.field(
        description="The connection whose provider computed it before the invoice was finalized; null where we did."
    )

    @classmethod
    def from_core(cls, rate: core_taxes.TaxRate) -> Self:
        """The same rate."""
        return cls(key=rate.key, percent=shortest(rate.percent), exemption=rate.exemption, source=rate.source)


@strawberry.type
class LineTax:
    """What a line has of the tax at one rate."""

    rate: TaxRate = strawberry.field(description="The rate.")
    amount: Money = strawberry.field(description="The line's share; those of all lines sum to the tax of the rate.")

    @classmethod
    def list_from(cls, shares: Iterable[core_taxes.TaxShare]) -> list[Self]:
        """The same shares."""
        return [cls(rate=TaxRate.from_core(share.rate), amount=Money.from_core(share.amount)) for share in shares]


@strawberry.type
class TaxTotal:
    """The tax of a document at one rate, rounded once."""

    rate: TaxRate = strawberry.field(description="The rate.")
    base: Money = strawberry.field(description="The sum of the net amounts that carry it.")
    amount: Money = strawberry.field(description="The tax.")

    @classmethod
    def list_from(cls, totals: Iterable[core_taxes.TaxTotal]) -> list[Self]:
        """The same totals."""
        return [
            cls(
                rate=TaxRate.from_core(total.rate),
                base=Money.from_core(total.base),
                amount=Money.from_core(total.amount),
            )
            for total in totals
        ]


@strawberry.type
class TaxRule:
    """The rates of a customer, a plan or a price."""

    scope: TaxScope = strawberry.field(description="What the rates are for.")
    name: str = strawberry.field(description="Which one: its key, or PLAN/PRICE for a price.")
    rates: list[TaxRate] = strawberry.field(description="The rates.")


@strawberry.type
class Coupon:
    """A discount that customers redeem; it never changes."""

    key: str = strawberry.field(description="Its unique name.")
    percent: Decimal | None = strawberry.field(description="How many percent it takes off; null for an amount.")
    amount: Money | None = strawberry.field(description="What it takes off; null for a percentage.")
    applies_to: list[str] = strawberry.field(description="The keys of the prices it is for; all if empty.")
    duration: core_discounts.CouponDuration = strawberry.field(description="On how many invoices it counts.")
    repeats: int | None = strawberry.field(description="On how many, if it is repeating.")
    redemptions_max: int | None = strawberry.field(description="How often it can be redeemed over all customers.")
    redeem_by: datetime | None = strawberry.field(description="The instant from which it cannot be redeemed.")

    @classmethod
    def from_core(cls, coupon: core_discounts.Coupon) -> Self:
        """The same coupon."""
        value = coupon.discount.value
        return cls(
            key=coupon.key,
            percent=shortest(value.percent) if isinstance(value, core_discounts.Percent) else None,
            amount=None
            if isinstance(value, core_discounts.Percent)
            else Money(amount=value.amount, currency=value.currency),
            applies_to=sorted(coupon.discount.applies_to),
            duration=coupon.duration,
            repeats=coupon.repeats,
            redemptions_max=coupon.redemptions_max,
            redeem_by=coupon.redeem_by,
        )
