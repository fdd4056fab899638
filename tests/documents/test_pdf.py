"""Documents as PDF: they say what the invoice says, on every machine in the same bytes."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.invoicing.taxes import TaxRules
from gateway.core.invoicing.terms import Terms
from gateway.core.subscriptions.subscription import Customer
from gateway.documents.credit_note_sheet import credit_note_sheet
from gateway.documents.invoice_sheet import invoice_sheet
from gateway.documents.pdf import pdf_of
from gateway.documents.sheet import Sheet
from tests.core.documents import fixed, invoice, vat
from tests.core.test_legal_entity import BERLIN
from tests.documents.test_html import METERS, credit_note

ACME = Customer("cus_1", "acme", "Acme & Söhne, Αθήνα и Москва", "billing@acme.example")
UTC = ZoneInfo("UTC")
TERMS = Terms((fixed("10"),), taxes=TaxRules((vat("20"),)))


def billed(*lines: tuple[str, str], terms: Terms = TERMS) -> Invoice:
    """An invoice whose lines have a quantity."""
    made = invoice(*lines, terms=terms)
    metered = (replace(line, meter="calls", quantity=Decimal("12345.5")) for line in made.lines)
    return replace(made, lines=tuple(metered))


def sheet(made: Invoice, paid: int = 0) -> Sheet:
    return invoice_sheet(made, ACME, UTC, METERS, BERLIN, paid)


def pages(made: Sheet) -> list[str]:
    """The text of each page, as a reader copies it."""
    with pypdfium2.PdfDocument(pdf_of(made)) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_a_pdf_says_what_the_invoice_says() -> None:
    [text] = pages(sheet(billed(("calls", "1234.50"), ("storage", "10")), paid=5000))

    for words in (
        "Invoice INV-000001",
        "Beispiel GmbH Hauptstraße 1 10115 Berlin DE USt-IdNr. DE123456789",
        "To Acme & Söhne, Αθήνα и Москва billing@acme.example",
        "Customer number acme Date 2026-02-01 Currency EUR",
        "What Service period Quantity Amount",
        "Calls less 9.92 by fixed 2026-01-01 to 2026-01-31 12,345.5 1,234.50",
        "Storage less 0.08 by fixed 2026-01-01 to 2026-01-31 12,345.5 10.00",
        "Subtotal 1,244.50 Discounts -10.00 vat 20 % on 1,234.50 246.90 Total EUR 1,481.40",
        "Paid by credit -50.00 Amount due EUR 1,431.40",
        "Geschäftsführerin: Ada Beispiel 1 / 1",
    ):
        assert words in text


def test_a_credit_note_has_one_too() -> None:
    made = billed(("calls", "100"))

    [text] = pages(credit_note_sheet(credit_note(made), made, ACME, UTC, BERLIN))
    assert "What Service period Amount" in text

    assert "Credit note CN-1" in text
    assert "On invoice INV-000001 of 2026-02-01" in text
    assert "Total credited EUR 108.00 Reason: Outage It is paid back: 108.00 EUR." in text


@pytest.mark.parametrize("status", [InvoiceStatus.VOID, InvoiceStatus.DRAFT])
def test_what_is_not_valid_is_marked(status: InvoiceStatus) -> None:
    [text] = pages(sheet(replace(billed(("calls", "1")), status=status)))

    assert status.value.upper() in text


def test_lines_go_on_over_pages_under_the_same_header_in_a_few_seconds() -> None:
    made = sheet(billed(*((f"region-{number}", "1.25") for number in range(1_000)), terms=Terms()))

    began = time.monotonic()
    pdf = pdf_of(made)
    seconds = time.monotonic() - began

    with pypdfium2.PdfDocument(pdf) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    assert len(texts) > 20
    assert all("What" in text and f"{number} / {len(texts)}" in text for number, text in enumerate(texts, start=1))
    assert sum(text.count("12,345.5 1.25") for text in texts) == 1_000
    assert "Total EUR 1,250.00" in texts[-1]
    assert seconds < 10


def test_nothing_that_people_wrote_is_read_as_markup_or_runs_out_of_its_column() -> None:
    hostile = '#panic("x") *bold* $1$ @ref <b> \\ "'
    customer = replace(ACME, name=hostile)
    long = replace(billed(("calls", "1")).lines[0], description="x" * 200 + "\\\\" * 50)

    [text] = pages(invoice_sheet(replace(billed(("calls", "1")), lines=(long,)), customer, UTC, METERS, BERLIN))

    assert hostile in text
    assert text.replace("\ufffe", "").replace(" ", "").count("x" * 20) >= 1
    assert "12,345.5" in text


def test_letters_that_the_font_does_not_have_keep_no_invoice_back() -> None:
    assert pages(invoice_sheet(billed(("calls", "1")), replace(ACME, name="東京"), UTC, METERS, BERLIN))


_PROGRAM = """
from tests.documents.test_pdf import *
print(sha256(pdf_of(sheet(billed(("calls", "1234.50"), ("storage", "10")), paid=5000))).hexdigest())
"""


def test_a_pdf_has_the_same_bytes_on_every_machine() -> None:
    root = Path(__file__).parents[2]

    def digest(**environment: str) -> str:
        given = {**os.environ, "PYTHONPATH": str(root), **environment}
        done = subprocess.run([sys.executable, "-c", _PROGRAM], env=given, capture_output=True, check=True, text=True)
        return done.stdout.strip()

    here = digest(TZ="UTC", LC_ALL="C.UTF-8", PYTHONHASHSEED="1")
    there = digest(TZ="Asia/Tokyo", LC_ALL="de_DE.UTF-8", PYTHONHASHSEED="2", SOURCE_DATE_EPOCH="1")
    own = sha256(pdf_of(sheet(billed(("calls", "1234.50"), ("storage", "10")), paid=5000))).hexdigest()
    assert here == there == own
