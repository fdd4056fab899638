"""What people say of a provider: a payment that came by another way, a customer under another id."""

from datetime import UTC, date, datetime

import pytest

from gateway.core.customer_links import CustomerLink
from gateway.core.errors import InvalidDefinition, InvalidValue
from gateway.core.invoicing.recorded_payments import RecordedPayment
from gateway.core.money import Money

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def paid(amount: Money) -> RecordedPayment:
    due = Money(1000, "EUR")
    return RecordedPayment("pay_1", "inv_1", amount, due, date(2026, 1, 1), "transfer", "r", "ada", NOW)


@pytest.mark.parametrize("amount", [Money(0, "EUR"), Money(1001, "EUR"), Money(500, "USD")])
def test_a_payment_is_of_what_is_due(amount: Money) -> None:
    with pytest.raises(InvalidValue, match=r"is not above zero and at most the 10\.00 EUR that are due"):
        paid(amount)


def test_a_part_of_what_is_due_may_be_paid() -> None:
    assert paid(Money(1, "EUR")).amount == Money(1, "EUR")


def test_a_customer_has_an_id_there() -> None:
    with pytest.raises(InvalidDefinition, match="ref"):
        CustomerLink("lnk_1", "acme", "main", "", "ada", NOW)
