"""An invoice with more lines than a provider takes goes out with one line for each price."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.plugin_api import (
    Capabilities,
    InvoiceDocument,
    InvoiceDocumentLine,
    LineTax,
    Money,
    RatePolicy,
    TaxLine,
    TaxMode,
)
from gateway.services.delivery_documents import to_fitting
from gateway.services.line_summaries import summarised
from gateway.testing import invoice_document

DETAIL = "https://acme.example/invoices/{id}"
TAKES_ALL = Capabilities(
    drafts=True,
    lines_max=2,
    negative_lines=True,
    zero_lines=True,
    external_id_field="id",
    external_id_length_max=32,
    idempotency_window_seconds=0,
    rate=RatePolicy(1, 1, 1),
)


def invoice(*lines: tuple[str, int], taxes: bool = False) -> InvoiceDocument:
    """An invoice of lines with these prices and amounts, of 10 % tax each if there are taxes."""
    plain = invoice_document("cus_1", [amount for _, amount in lines])
    priced = tuple(
        replace(line, price=price, taxes=(LineTax("vat", Money(amount // 10, "USD")),) if taxes else ())
        for line, (price, amount) in zip(plain.lines, lines, strict=True)
    )
    if not taxes:
        return replace(plain, lines=priced)
    tax = TaxLine("vat", "VAT", Decimal(10), plain.total, Money(plain.total.amount_minor // 10, "USD"))
    return replace(plain, lines=priced, taxes=(tax,), total=plain.total + tax.amount)


def shown(document: InvoiceDocument) -> list[tuple[str, str, int]]:
    return [(line.price, line.description, line.amount.amount_minor) for line in document.lines]


def test_what_fits_stays_as_it_is() -> None:
    fits = invoice(("calls", 100), ("calls", 200))
    assert summarised(fits, 2, DETAIL) == fits


def test_what_does_not_fit_has_one_line_for_each_price_in_their_order() -> None:
    long = invoice(("calls", 100), ("fee", 5), ("calls", 200))
    assert shown(summarised(long, 2, DETAIL)) == [("calls", "calls: 2 lines", 300), ("fee", "Line 1", 5)]


def test_lines_that_say_the_same_are_called_so() -> None:
    long = invoice(("calls", 100), ("calls", 200), ("calls", 300))
    same = replace(long, lines=tuple(replace(line, description="API calls") for line in long.lines))
    assert shown(summarised(same, 2, DETAIL)) == [("calls", "API calls", 600)]


def test_the_total_and_the_taxes_stay() -> None:
    long = invoice(("calls", 100), ("fee", 50), ("calls", 200), taxes=True)
    short = summarised(long, 3, DETAIL)
    assert (short.total, short.taxes) == (long.total, long.taxes)
    assert [line.taxes for line in short.lines] == [
        (LineTax("vat", Money(30, "USD")),),
        (LineTax("vat", Money(5, "USD")),),
    ]


def test_taxes_and_paid_credit_count_as_lines() -> None:
    two = invoice(("calls", 100), ("calls", 200), taxes=True)
    assert len(summarised(two, 3, DETAIL).lines) == 2
    assert len(summarised(two, 2, DETAIL).lines) == 1


def test_the_line_is_for_all_the_time_that_its_lines_are_for() -> None:
    long = invoice(("calls", 1), ("calls", 2), ("calls", 3))
    june, july = datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)
    lines: tuple[InvoiceDocumentLine, ...] = tuple(long.lines)
    spread = replace(long, lines=(lines[0], replace(lines[1], period_start=june, period_end=july), lines[2]))
    (line,) = summarised(spread, 2, DETAIL).lines
    assert (line.period_start, line.period_end) == (lines[0].period_start, july)


@pytest.mark.parametrize(
    ("pattern", "link"),
    [
        (DETAIL, "https://acme.example/invoices/inv_conformance"),
        ("https://acme.example/?i={number}", "https://acme.example/?i=INV-000001"),
        (None, None),
    ],
)
def test_every_line_is_linked_to_where_the_company_shows_it(pattern: str | None, link: str | None) -> None:
    long = invoice(("calls", 1), ("calls", 2), ("calls", 3))
    assert summarised(long, 2, pattern).detail_url == link
    assert summarised(long, 3, pattern).detail_url is None


def test_thousands_of_lines_go_out_as_a_few() -> None:
    long = invoice(*((f"price {number % 7}", 1) for number in range(5_000)))
    short = to_fitting(long, replace(TAKES_ALL, lines_max=250), DETAIL)
    assert (len(short.lines), short.total) == (7, Money(5_000, "USD"))


def test_lines_of_nothing_go_before_and_after_it_is_summarised() -> None:
    takes_no_zero = replace(TAKES_ALL, zero_lines=False)
    fits_without = invoice(("calls", 100), ("calls", 0), ("calls", 200))
    assert [line.amount.amount_minor for line in to_fitting(fits_without, takes_no_zero).lines] == [100, 200]
    cancelling = invoice(("calls", 100), ("calls", -100), ("fee", 5))
    assert shown(to_fitting(cancelling, takes_no_zero)) == [("fee", "Line 2", 5)]


NO_CREDITS = replace(TAKES_ALL, negative_lines=False, lines_max=100)


def test_where_no_line_may_be_below_zero_credits_come_off_the_lines_of_their_price() -> None:
    credited = invoice(("calls", 100), ("fee", 5), ("calls", -30))
    fitting = to_fitting(credited, NO_CREDITS, DETAIL)
    assert shown(fitting) == [("calls", "calls: 2 lines", 70), ("fee", "Line 1", 5)]
    assert (fitting.total, fitting.detail_url) == (credited.total, f"https://acme.example/invoices/{credited.id}")


def test_credits_beyond_what_they_are_for_make_it_one_line_over_the_total() -> None:
    credited = invoice(("calls", 1000), ("fee", -300), taxes=True)
    fitting = to_fitting(credited, NO_CREDITS, DETAIL)
    assert shown(fitting) == [("", "2 lines, credits and taxes included", 770)]
    assert (fitting.total, fitting.flat_lines) == (credited.total, fitting.lines)


def test_what_credit_has_paid_makes_it_one_line_too() -> None:
    paid = Money(400, "USD")
    document = invoice(("calls", 1000), ("fee", 5))
    fitting = to_fitting(replace(document, paid_from_credit=paid, total=document.total - paid), NO_CREDITS, DETAIL)
    assert shown(fitting) == [("", "2 lines, credits and taxes included", 605)]


def test_an_invoice_without_credits_stays_as_it_is() -> None:
    plain = invoice(("calls", 100), ("fee", 0))
    assert to_fitting(plain, NO_CREDITS, DETAIL) == plain


def test_where_the_provider_computes_taxes_credits_stay_for_a_person_to_see() -> None:
    quoted = replace(invoice(("calls", 100), ("calls", -30)), tax_mode=TaxMode.QUOTED)
    assert to_fitting(quoted, NO_CREDITS, DETAIL) == quoted
