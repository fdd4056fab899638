"""What an invoice below zero leaves its customer."""

from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.core.credits.carried_over import carried_over_grant, is_carried_over
from gateway.core.credits.grant import CreditCategory
from gateway.core.invoicing.invoice import Invoice
from gateway.core.money import Money
from tests.core.revenue.test_invoice_postings import invoice, usage
from tests.core.samples import at, month


@pytest.mark.parametrize(
    ("amounts", "total", "payable", "carried_over"),
    [([500, -200], "3.00", "3.00", "0.00"), ([500, -500], "0.00", "0.00", "0.00"), ([], "0.00", "0.00", "0.00"),
     ([500, -700], "-2.00", "0.00", "2.00")],
)  # fmt: skip
def test_a_total_below_zero_is_nothing_to_pay_and_credit(
    amounts: list[int], total: str, payable: str, carried_over: str
) -> None:
    billed = invoice(*(usage(amount, month(1), f"price-{n}") for n, amount in enumerate(amounts)))

    assert [str(each) for each in (billed.total, billed.payable, billed.carried_over)] == [total, payable, carried_over]


def test_it_is_a_grant_of_paid_credit_that_stands_for_its_invoice() -> None:
    grant = carried_over_grant(below_zero(), at("2026-02-01"))

    assert grant is not None
    assert (grant.id, grant.amount, grant.category) == ("cgr_inv_1", Decimal(200), CreditCategory.PAID)
    assert (grant.effective_at, grant.created_at, grant.expires_at) == (at("2026-02-01"), at("2026-02-01"), None)


def test_an_invoice_that_leaves_nothing_has_no_grant() -> None:
    assert carried_over_grant(replace(below_zero(), lines=()), at("2026-02-01")) is None
    assert below_zero().payable == Money(0, "USD")


def below_zero() -> Invoice:
    return invoice(usage(-200, month(1)))


def test_it_is_told_from_what_somebody_granted() -> None:
    grant = carried_over_grant(below_zero(), at("2026-02-01"))

    assert grant is not None
    assert is_carried_over(grant)
    assert not is_carried_over(replace(grant, id="cgr_01j00000000000000000000000"))
