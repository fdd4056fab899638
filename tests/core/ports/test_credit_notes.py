"""What is kept of a voided invoice: who voided it, and why."""

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.ports.credit_notes import Voiding
from tests.core.samples import at


@pytest.mark.parametrize("reason", ["", " ", "a\0b"])
def test_an_invoice_is_voided_for_a_reason(reason: str) -> None:
    with pytest.raises(InvalidValue, match="The reason for voiding an invoice "):
        Voiding("inv_1", "Ann", reason, at("2026-01-01"))


def test_a_reason_is_kept_as_it_was_given() -> None:
    assert Voiding("inv_1", "Ann", "billed twice", at("2026-01-01")).reason == "billed twice"
