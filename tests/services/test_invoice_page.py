"""The page of an invoice."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from gateway.core.invoicing.credit_notes import (
    CreditNote,
    CreditRefused,
    Disposition,
    credit_lines,
    remaining_items,
)
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.invoicing.taxes import Exemption, TaxRate, TaxRules
from gateway.core.invoicing.terms import Terms
from gateway.core.subscriptions.subscription import Customer
from gateway.services.invoice_page import invoice_page
from tests.core.documents import fixed, invoice, vat

ACME = Customer("cus_1", "acme", "Acme <Rockets> & Sons")
NEW_YORK = ZoneInfo("America/New_York")
TERMS = Terms((fixed("10"),), taxes=TaxRules((vat("20"),)))


class _Words(HTMLParser):
    """The text of a page, and whether all that was opened is closed again."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and "style" not in self.open:
            self.words.append(data.strip())


def words(page: str) -> list[str]:
    """What a person reads."""
    found = _Words(page)
    assert found.open == []
    return found.words


def test_a_page_shows_lines_discounts_taxes_and_the_total() -> None:
    shown = words(invoice_page(invoice(("calls", "1234.50"), terms=TERMS), ACME, ZoneInfo("UTC")))

    assert shown[:2] == ["Invoice INV-000001", "Invoice INV-000001"]
    assert shown[shown.index("Calls") :] == [
        "Calls", "less 10.00 by fixed", "2026-01-01 to 2026-01-31", "1,234.50",
        "Subtotal", "1,234.50", "Discounts", "-10.00", "vat 20 % on 1224.50", "244.90", "Total", "1,469.40",
    ]  # fmt: skip


def test_what_people_wrote_is_shown_as_they_wrote_it() -> None:
    page = invoice_page(invoice(("<b>bold</b>", "1")), ACME, ZoneInfo("UTC"))

    assert "Acme <Rockets> & Sons" in words(page)
    assert "<b>" not in page


def test_the_days_are_those_of_the_zone() -> None:
    assert "2025-12-31 to 2026-01-31" in words(invoice_page(invoice(("calls", "1")), ACME, NEW_YORK))


def test_a_page_without_discounts_or_taxes_has_a_total_alone() -> None:
    shown = words(invoice_page(invoice(("calls", "1")), ACME, ZoneInfo("UTC")))

    assert shown[-2:] == ["Total", "1.00"]
    assert "Subtotal" not in shown


def test_an_exemption_is_named() -> None:
    reverse = TaxRate("vat", Decimal(0), Exemption.REVERSE_CHARGE)
    page = invoice_page(invoice(("calls", "1"), terms=Terms(taxes=TaxRules((reverse,)))), ACME, ZoneInfo("UTC"))

    assert "vat 0 % on 1.00 (reverse charge)" in words(page)


@pytest.mark.parametrize("status", [InvoiceStatus.VOID, InvoiceStatus.HELD])
def test_a_page_says_what_is_not_valid(status: InvoiceStatus) -> None:
    draft = replace(invoice(("calls", "1")), status=status, number=None)

    assert words(invoice_page(draft, ACME, ZoneInfo("UTC")))[1:3] == ["Draft of an invoice", status.value]


def test_what_was_given_back_is_told() -> None:
    billed = invoice(("calls", "100"), terms=TERMS)
    lines = credit_lines(billed, (), remaining_items(billed, ()))
    assert not isinstance(lines, CreditRefused)
    made = datetime(2026, 2, 3, tzinfo=UTC)
    given = ((Disposition.REFUND, billed.total),)
    note = CreditNote("cn_1", "inv_1", "UA", "EUR", date(2026, 2, 3), "Outage", lines, given, made, "CN-1")

    shown = words(invoice_page(billed, ACME, ZoneInfo("UTC"), [note]))

    assert shown[-1] == "Credit note CN-1 of 2026-02-03 gives back 108.00 EUR: Outage"
