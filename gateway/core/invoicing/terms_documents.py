"""Terms of invoices, coupons and tax rates as documents of plain values, for storage and for hashes."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.core.invoicing.discounts import (
    Coupon,
    CouponDuration,
    Discount,
    DiscountOrder,
    DiscountReason,
    DiscountShare,
    Fixed,
    Percent,
    ReturnedDiscount,
)
from gateway.core.invoicing.quoted_taxes import QuotedTaxes
from gateway.core.invoicing.taxes import Exemption, TaxBase, TaxRate, TaxRules, TaxShare
from gateway.core.invoicing.terms import NO_TERMS, ReturnedFee, Terms
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.core.time import instant_text, read_instant

Document = dict[str, Any]


def terms_document(terms: Terms) -> Document:
    """Terms as JSON-able values, from which `terms_from` makes equal ones; empty where there are none."""
    if terms == NO_TERMS:
        return {}
    return {
        "discounts": [discount_document(each) for each in terms.discounts],
        "discount_order": terms.discount_order.value,
        "customer_taxes": rates_document(terms.taxes.customer),
        "plan_taxes": rates_document(terms.taxes.plan),
        "price_taxes": {price: rates_document(terms.taxes.prices[price]) for price in sorted(terms.taxes.prices)},
        "tax_base": terms.tax_base.value,
        "returned": [[each.price, each.discount, str(each.share)] for each in terms.returned],
        **({"returned_fees": _fees_document(terms.returned_fees)} if terms.returned_fees else {}),
        **({} if terms.quoted is None else {"quoted": quoted_document(terms.quoted)}),
    }


def terms_from(document: Mapping[str, Any]) -> Terms:
    """The terms that a document describes."""
    if not document:
        return NO_TERMS
    return Terms(
        discounts=tuple(discount_from(each) for each in document["discounts"]),
        discount_order=DiscountOrder(document["discount_order"]),
        taxes=TaxRules(
            customer=rates_from(document["customer_taxes"]),
            plan=rates_from(document["plan_taxes"]),
            prices={price: rates_from(rates) for price, rates in document["price_taxes"].items()},
        ),
        tax_base=TaxBase(document["tax_base"]),
        returned=tuple(
            ReturnedDiscount(price, key, Fraction(share)) for price, key, share in document.get("returned", ())
        ),
        returned_fees={
            price: ReturnedFee(rates_from(fee["taxes"]), fee["left_minor"])
            for price, fee in document.get("returned_fees", {}).items()
        },
        quoted=quoted_from(document["quoted"]) if "quoted" in document else None,
    )


def quoted_document(quoted: QuotedTaxes) -> Document:
    """Quoted taxes as JSON-able values."""
    currencies = {share.amount.currency for shares in quoted.shares for share in shares}
    return {
        "connection": quoted.connection,
        "quoted_at": instant_text(quoted.quoted_at),
        "currency": next(iter(currencies), ""),
        "nets": list(quoted.nets),
        "shares": [tax_shares_document(shares) for shares in quoted.shares],
    }


def quoted_from(document: Mapping[str, Any]) -> QuotedTaxes:
    """The quoted taxes that a document describes."""
    return QuotedTaxes(
        connection=document["connection"],
        quoted_at=read_instant(document["quoted_at"]),
        nets=tuple(document["nets"]),
        shares=tuple(tax_shares_from(shares, document["currency"]) for shares in document["shares"]),
    )


def _fees_document(fees: Mapping[str, ReturnedFee]) -> Document:
    return {
        price: {"taxes": rates_document(fees[price].taxes), "left_minor": fees[price].left_minor}
        for price in sorted(fees)
    }


def discount_document(discount: Discount) -> Document:
    """A discount as JSON-able values."""
    value: Document
    if isinstance(discount.value, Percent):
        value = {"percent": plain(discount.value.percent)}
    else:
        value = {"amount": plain(discount.value.amount), "currency": discount.value.currency}
    return {"key": discount.key, **value, "applies_to": sorted(discount.applies_to), "reason": discount.reason.value}


def discount_from(document: Mapping[str, Any]) -> Discount:
    """The discount that a document describes."""
    is_percent = "percent" in document
    value = (
        Percent(Decimal(document["percent"]))
        if is_percent
        else Fixed(Decimal(document["amount"]), document["currency"])
    )
    return Discount(document["key"], value, frozenset(document["applies_to"]), DiscountReason(document["reason"]))


def coupon_document(coupon: Coupon) -> Document:
    """A coupon as JSON-able values."""
    return {
        "discount": discount_document(coupon.discount),
        "duration": coupon.duration.value,
        "repeats": coupon.repeats,
        "redemptions_max": coupon.redemptions_max,
        "redeem_by": None if coupon.redeem_by is None else instant_text(coupon.redeem_by),
    }


def coupon_from(document: Mapping[str, Any]) -> Coupon:
    """The coupon that a document describes."""
    return Coupon(
        discount=discount_from(document["discount"]),
        duration=CouponDuration(document["duration"]),
        repeats=document["repeats"],
        redemptions_max=document["redemptions_max"],
        redeem_by=None if document["redeem_by"] is None else read_instant(document["redeem_by"]),
    )


def rates_document(rates: Iterable[TaxRate]) -> list[Document]:
    """Tax rates as JSON-able values."""
    return [
        {
            "key": rate.key,
            "percent": plain(rate.percent),
            "exemption": rate.exemption and rate.exemption.value,
            **({} if rate.source is None else {"source": rate.source}),
        }
        for rate in rates
    ]


def rates_from(documents: Iterable[Mapping[str, Any]]) -> tuple[TaxRate, ...]:
    """The tax rates that documents describe."""
    return tuple(
        TaxRate(
            each["key"],
            Decimal(each["percent"]),
            each["exemption"] and Exemption(each["exemption"]),
            each.get("source"),
        )
        for each in documents
    )


def discount_shares_document(shares: Iterable[DiscountShare]) -> list[list[Any]]:
    """What a line has of discounts, as JSON-able values."""
    return [[share.discount, share.amount.amount_minor, str(share.exact_minor)] for share in shares]


def discount_shares_from(documents: Iterable[list[Any]], currency: str) -> tuple[DiscountShare, ...]:
    """The shares that documents describe, of a line in `currency`."""
    return tuple(DiscountShare(key, Money(amount, currency), Fraction(exact)) for key, amount, exact in documents)


def tax_shares_document(shares: Iterable[TaxShare]) -> list[Document]:
    """What a line has of taxes, as JSON-able values."""
    return [
        {**rates_document([share.rate])[0], "minor": share.amount.amount_minor, "exact_minor": str(share.exact_minor)}
        for share in shares
    ]


def tax_shares_from(documents: Iterable[Mapping[str, Any]], currency: str) -> tuple[TaxShare, ...]:
    """The shares that documents describe, of a line in `currency`."""
    return tuple(
        TaxShare(rates_from([each])[0], Money(each["minor"], currency), Fraction(each["exact_minor"]))
        for each in documents
    )
