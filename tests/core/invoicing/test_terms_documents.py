"""What is written of terms is read as the same terms."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest

from gateway.core.invoicing.discounts import Coupon, CouponDuration, DiscountOrder, ReturnedDiscount
from gateway.core.invoicing.taxes import Exemption, TaxBase, TaxRate, TaxRules
from gateway.core.invoicing.terms import NO_TERMS, ReturnedFee, Terms
from gateway.core.invoicing.terms_documents import (
    coupon_document,
    coupon_from,
    discount_shares_document,
    discount_shares_from,
    tax_shares_document,
    tax_shares_from,
    terms_document,
    terms_from,
)
from tests.core.documents import fixed, invoice, percent, promotion, vat
from tests.core.samples import at

REVERSED = TaxRate("vat", Decimal(0), Exemption.REVERSE_CHARGE)
TERMS = [
    NO_TERMS,
    Terms((percent("12.5"), fixed("5", "seats"), promotion("1"))),
    Terms(discount_order=DiscountOrder.AS_CREATED, tax_base=TaxBase.EXACT),
    Terms(taxes=TaxRules((vat("20"),), (vat("8.25", "county"),), {"seats": (vat("7"), REVERSED)})),
    Terms(
        returned=(ReturnedDiscount("seats", "fixed", Fraction(1, 7)),),
        returned_fees={"seats": ReturnedFee((), 0), "base": ReturnedFee((REVERSED,), 4900)},
    ),
]


@pytest.mark.parametrize("terms", TERMS)
def test_terms_survive_being_written(terms: Terms) -> None:
    assert terms_from(json.loads(json.dumps(terms_document(terms)))) == terms


def test_no_terms_are_an_empty_document() -> None:
    assert terms_document(Terms()) == {}


@pytest.mark.parametrize(
    "coupon",
    [Coupon(fixed("5")), Coupon(percent("5", "seats"), CouponDuration.REPEATING, 3, 100, at("2026-03-01"))],
)
def test_a_coupon_survives_being_written(coupon: Coupon) -> None:
    assert coupon_from(json.loads(json.dumps(coupon_document(coupon)))) == coupon


def test_the_shares_of_a_line_survive_being_written() -> None:
    terms = Terms((fixed("1"),), taxes=TaxRules((vat("20"), REVERSED)), tax_base=TaxBase.EXACT)
    [line, _, _] = invoice(("a", "1"), ("b", "1"), ("c", "1"), terms=terms).lines

    discounts = json.loads(json.dumps(discount_shares_document(line.discounts)))
    taxes = json.loads(json.dumps(tax_shares_document(line.taxes)))

    assert discount_shares_from(discounts, "EUR") == line.discounts
    assert tax_shares_from(taxes, "EUR") == line.taxes
