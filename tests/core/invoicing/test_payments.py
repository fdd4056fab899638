"""What is left to pay after paid credit."""

import pytest

from gateway.core.invoicing.payments import pay, payable_by
from gateway.core.invoicing.taxes import TaxRules
from gateway.core.invoicing.terms import Terms
from tests.core.documents import eur, invoice, vat

PAID = [
    # total, available, payable of it, applied, due, left
    ("17.72", "39", None, "17.72", "0.00", "21.28"),
    ("35", "10", None, "10.00", "25.00", "0.00"),
    ("35", "10", "4", "4.00", "31.00", "6.00"),
    ("35", "10", "0", "0.00", "35.00", "10.00"),
    ("-5", "10", None, "0.00", "-5.00", "10.00"),
    ("5", "10", "8", "5.00", "0.00", "5.00"),
]


@pytest.mark.parametrize(("total", "available", "payable", "applied", "due", "left"), PAID)
def test_credit_lowers_what_is_due_and_never_below_zero(
    total: str, available: str, payable: str | None, applied: str, due: str, left: str
) -> None:
    settled = pay(eur(total), eur(available), None if payable is None else eur(payable))

    assert [str(settled.applied), str(settled.due), str(settled.left)] == [applied, due, left]


@pytest.mark.parametrize(("prices", "payable"), [((), "36.00"), (("calls",), "24.00"), (("other",), "0.00")])
def test_credit_for_some_prices_pays_their_lines_with_their_taxes(prices: tuple[str, ...], payable: str) -> None:
    billed = invoice(("calls", "20"), ("base", "10"), terms=Terms(taxes=TaxRules(customer=(vat("20"),))))

    assert str(payable_by(billed.lines, frozenset(prices), billed.currency)) == payable
