"""Documents as pages of HTML."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from gateway.core.addressee import Addressee
from gateway.core.invoicing.credit_notes import (
    CreditNote,
    CreditRefused,
    Disposition,
    credit_lines,
    remaining_items,
)
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.invoicing.taxes import Exemption, TaxRate, TaxRules
from gateway.core.invoicing.terms import Terms
from gateway.core.legal_entity import UNNAMED_ENTITY, LegalEntity
from gateway.core.rating.rated import step
from gateway.core.subscriptions.subscription import Customer
from gateway.documents.credit_note_sheet import credit_note_sheet
from gateway.documents.html import page_of
from gateway.documents.invoice_sheet import invoice_sheet
from gateway.services.show_document import given_back, payment_state
from tests.core.documents import fixed, invoice, vat
from tests.core.samples import meter
from tests.core.test_legal_entity import BERLIN

ACME = Customer("cus_1", "acme", "Acme <Rockets> & Sons")
NEW_YORK = ZoneInfo("America/New_York")
METERS = {"calls": meter(key="calls", unit="call"), "kept": meter(key="kept", unit="gigabyte kept for a month")}
TERMS = Terms((fixed("10"),), taxes=TaxRules((vat("20"),)))


def invoice_page(
    billed: Invoice,
    customer: Customer,
    zone: ZoneInfo,
    notes: Sequence[CreditNote] = (),
    issuer: LegalEntity = UNNAMED_ENTITY,
    paid: int = 0,
) -> str:
    return page_of(
        invoice_sheet(billed, customer, zone, METERS, issuer, paid), [payment_state(billed)], given_back(notes)
    )


class _Words(HTMLParser):
    """The text of a page, and whether all that was opened is closed again."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.is_in_sentence = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.is_in_sentence = tag == "time" and self.is_in_sentence
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.is_in_sentence = tag == "time"

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        if self.is_in_sentence:
            self.words[-1] += data.rstrip("\n")
        elif data.strip():
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
        "Subtotal", "1,234.50", "Discounts", "-10.00", "vat 20 % on 1,224.50", "244.90", "Total EUR", "1,469.40",
    ]  # fmt: skip


def test_what_people_wrote_is_shown_as_they_wrote_it() -> None:
    page = invoice_page(invoice(("<b>bold</b>", "1")), ACME, ZoneInfo("UTC"))

    assert "Acme <Rockets> & Sons" in words(page)
    assert "<b>" not in page


def test_the_days_are_those_of_the_zone() -> None:
    assert "2025-12-31 to 2026-01-31" in words(invoice_page(invoice(("calls", "1")), ACME, NEW_YORK))


def test_a_page_without_discounts_or_taxes_has_a_total_alone() -> None:
    shown = words(invoice_page(invoice(("calls", "1")), ACME, ZoneInfo("UTC")))

    assert shown[-2:] == ["Total EUR", "1.00"]
    assert "Subtotal" not in shown


def test_an_exemption_is_named() -> None:
    reverse = TaxRate("vat", Decimal(0), Exemption.REVERSE_CHARGE)
    page = invoice_page(invoice(("calls", "1"), terms=Terms(taxes=TaxRules((reverse,)))), ACME, ZoneInfo("UTC"))

    assert "vat 0 % on 1.00 (reverse charge)" in words(page)


def test_a_tax_that_the_provider_quoted_says_so() -> None:
    quoted = TaxRate("vat", Decimal(20), source="main")
    page = invoice_page(invoice(("calls", "1"), terms=Terms(taxes=TaxRules((quoted,)))), ACME, ZoneInfo("UTC"))

    assert "vat 20 % on 1.00, as computed by the billing provider" in words(page)


@pytest.mark.parametrize("status", [InvoiceStatus.VOID, InvoiceStatus.HELD])
def test_a_page_says_what_is_not_valid(status: InvoiceStatus) -> None:
    draft = replace(invoice(("calls", "1")), status=status, number=None)

    assert words(invoice_page(draft, ACME, ZoneInfo("UTC")))[1:3] == ["Draft of an invoice", status.value]


def credit_note(billed: Invoice) -> CreditNote:
    """A credit note over all of an invoice."""
    lines = credit_lines(billed, (), remaining_items(billed, ()))
    assert not isinstance(lines, CreditRefused)
    made = datetime(2026, 2, 3, tzinfo=UTC)
    given = ((Disposition.REFUND, billed.total),)
    return CreditNote("cn_1", "inv_1", "UA", "EUR", date(2026, 2, 3), "Outage", lines, given, made, "CN-1")


def test_what_was_given_back_is_told() -> None:
    billed = invoice(("calls", "100"), terms=TERMS)

    shown = words(invoice_page(billed, ACME, ZoneInfo("UTC"), [credit_note(billed)]))

    assert shown[-1] == "Credit note CN-1 of 2026-02-03 gives back 108.00 EUR: Outage"


def test_a_page_shows_who_issues_it_what_credit_paid_and_what_is_due() -> None:
    shown = words(invoice_page(invoice(("calls", "100")), ACME, ZoneInfo("UTC"), issuer=BERLIN, paid=3000))

    assert shown[2:7] == ["Beispiel GmbH", "Hauptstraße 1", "10115 Berlin", "DE", "USt-IdNr. DE123456789"]
    assert shown[-7:] == [
        "Total EUR", "100.00", "Paid by credit", "-30.00", "Amount due EUR", "70.00", "Geschäftsführerin: Ada Beispiel",
    ]  # fmt: skip


def test_a_final_invoice_says_whom_it_was_for_on_its_day_and_when_it_is_due() -> None:
    then = Addressee("Acme Ltd", "pay@acme.example", ("Main Street 1", "Springfield"), "US", ("EIN 1",))
    billed = replace(invoice(("calls", "100")), addressee=then, due_on=date(2026, 3, 3))

    shown = words(invoice_page(billed, ACME, ZoneInfo("UTC")))

    assert shown[2:8] == ["Acme Ltd", "Main Street 1", "Springfield", "US", "EIN 1", "pay@acme.example"]
    assert shown[shown.index("Due") + 1] == "2026-03-03"
    note = words(page_of(credit_note_sheet(credit_note(billed), billed, ACME, ZoneInfo("UTC"))))
    assert note[2:4] == ["Acme Ltd", "Main Street 1"]


@pytest.mark.parametrize(
    ("meter", "price", "shown"),
    [
        ("calls", "0.0005", ["Calls", "0.0005 per call", "2026-01-01 to 2026-01-31", "11.838709677419 calls"]),
        ("calls", "0", ["Calls", "2026-01-01 to 2026-01-31", "11.838709677419 calls"]),
        ("kept", "2", ["Calls", "2.00 per gigabyte kept for a month", "2026-01-01 to 2026-01-31", "11.838709677419"]),
        ("kept", "0", ["Calls", "in gigabyte kept for a month", "2026-01-01 to 2026-01-31", "11.838709677419"]),
    ],
)
def test_a_line_says_its_exact_quantity_its_unit_and_the_price_of_one(meter: str, price: str, shown: list[str]) -> None:
    made, quantity = invoice(("calls", "1")), Decimal("11.838709677419")
    steps = (step("per unit", quantity, Decimal(price)),) if price != "0" else ()
    used = replace(made.lines[0], meter=meter, meter_version=1, quantity=quantity, steps=steps)

    page = words(invoice_page(replace(made, lines=(used,)), ACME, ZoneInfo("UTC")))

    assert page[page.index("Calls") :][: len(shown)] == shown


def test_a_document_without_quantities_has_no_column_for_them() -> None:
    fees = invoice(("base", "100"))
    used = replace(fees, lines=(replace(fees.lines[0], meter="calls"),))

    assert "Quantity" not in words(invoice_page(fees, ACME, ZoneInfo("UTC")))
    assert "Quantity" in words(invoice_page(used, ACME, ZoneInfo("UTC")))


def test_the_page_of_a_credit_note_says_what_is_given_back_of_which_invoice_and_how() -> None:
    billed = invoice(("calls", "100"), terms=TERMS)

    shown = words(page_of(credit_note_sheet(credit_note(billed), billed, ACME, ZoneInfo("UTC"))))

    assert shown[1] == "Credit note CN-1"
    assert shown[shown.index("On invoice") + 1] == "INV-000001 of 2026-02-01"
    assert shown[shown.index("Calls") :] == [
        "Calls", "less 10.00 of discount", "2026-01-01 to 2026-01-31", "100.00",
        "Subtotal", "100.00", "Discounts taken back", "-10.00", "vat 20 % on 90.00", "18.00",
        "Total credited EUR", "108.00", "Reason: Outage", "It is paid back: 108.00 EUR.",
    ]  # fmt: skip
