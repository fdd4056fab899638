"""Re-rating: differences, and how they are booked."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.invoicing.credit_notes import CreditItem, CreditNoteLine, CreditRefused, credit_lines, remainders
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.invoicing.taxes import TaxRules
from gateway.core.invoicing.terms import Terms
from gateway.core.invoicing.thresholds import less_billed
from gateway.core.rerating.differences import differences
from gateway.core.rerating.revision import Booked, BookedAs
from gateway.core.rerating.settlement import Settlement, settle
from tests.core.documents import eur, fixed, invoice, percent, vat

TAXED = Terms(taxes=TaxRules(customer=(vat("20"),)))
DISCOUNTED = replace(TAXED, discounts=(percent("10", "calls"), fixed("7.77")))


def settled(billed: Invoice, correct: Invoice, returned: list[CreditNoteLine], earlier: list[Booked]) -> Settlement:
    """What is booked where an invoice should have been as `correct`."""
    before = [*billed.lines, *(each.line for each in earlier)]
    return settle(billed, differences(before, correct.lines), returned, earlier)


def told(settlement: Settlement) -> list[tuple[str, str, str]]:
    return [(str(each.booked_as), each.line.price, str(each.line.gross)) for each in settlement.booked]


def test_what_is_owed_is_a_line_of_the_next_invoice() -> None:
    found = settled(invoice(("calls", "10")), invoice(("calls", "12.50")), [], [])

    assert told(found) == [("adjustment", "calls", "2.50")]
    assert not found.credited
    assert found.booked[0].line.is_adjustment
    assert [(step.label, str(step.amount)) for step in found.booked[0].line.steps] == [
        ("rated again", "12.50"),
        ("billed until then", "-10.00"),
    ]


def test_a_commitment_that_is_reached_now_lowers_what_is_owed() -> None:
    found = settled(invoice(("calls", "10"), ("minimum", "5")), invoice(("calls", "16")), [], [])

    assert told(found) == [("adjustment", "calls", "6.00"), ("adjustment", "minimum", "-5.00")]


def test_what_was_overcharged_is_credited_with_its_discount_and_tax() -> None:
    found = settled(invoice(("calls", "100"), terms=DISCOUNTED), invoice(("calls", "50"), terms=DISCOUNTED), [], [])

    (credit,) = found.credited
    assert (str(credit.amount), str(credit.discount), str(credit.tax)) == ("50.00", "5.00", "9.00")
    assert told(found) == [("credit_note", "calls", "-54.00")]


def test_a_line_that_should_not_have_been_billed_is_credited_and_what_is_owed_waits() -> None:
    found = settled(invoice(("calls", "100"), ("uploads", "5")), invoice(("uploads", "8")), [], [])

    assert told(found) == [("adjustment", "uploads", "3.00"), ("credit_note", "calls", "-100.00")]


def test_what_an_earlier_revision_put_on_the_next_invoice_comes_back_there() -> None:
    billed = invoice(("calls", "10"))
    first = settled(billed, invoice(("calls", "30")), [], [])

    again = settled(billed, invoice(("calls", "4")), [], list(first.booked))

    assert told(again) == [("credit_note", "calls", "-10.00"), ("adjustment", "calls", "-16.00")]


def test_what_goodwill_gave_back_is_not_given_again() -> None:
    billed = invoice(("calls", "100"), terms=TAXED)
    goodwill = credit_lines(billed, [], [CreditItem(0, eur("70"))])
    assert not isinstance(goodwill, CreditRefused)

    found = settled(billed, invoice(("calls", "20"), terms=TAXED), list(goodwill), [])

    assert told(found) == [("credit_note", "calls", "-36.00"), ("given_back", "calls", "-60.00")]


def test_a_discount_that_moves_to_another_line_is_no_gift() -> None:
    terms = Terms(discounts=(fixed("10"),))

    found = settled(
        invoice(("calls", "100"), ("uploads", "100"), terms=terms),
        invoice(("calls", "50"), ("uploads", "100"), terms=terms),
        [],
        [],
    )

    assert sum(each.line.gross.amount_minor for each in found.booked) == -5000
    assert BookedAs.GIVEN_BACK not in {each.booked_as for each in found.booked}


def test_usage_that_was_billed_early_comes_back_on_the_next_invoice() -> None:
    whole = invoice(("calls", "100")).lines
    closing = replace(invoice(("calls", "100")), lines=less_billed(whole, invoice(("calls", "90")).lines))
    correct = replace(closing, lines=less_billed(invoice(("calls", "40")).lines, invoice(("calls", "90")).lines))

    found = settled(closing, correct, [], [])

    assert told(found) == [("adjustment", "calls", "-60.00")]
    assert not found.credited


def test_nothing_is_booked_where_nothing_changed() -> None:
    billed = invoice(("calls", "100"), terms=DISCOUNTED)

    assert not settled(billed, billed, [], []).booked


AMOUNTS = st.integers(0, 20_000).map(lambda cents: str(Decimal(cents) / 100))
CORRECT = st.tuples(AMOUNTS, AMOUNTS, AMOUNTS)
STEPS = st.lists(st.one_of(CORRECT, st.tuples(st.integers(0, 2), st.integers(1, 100))), max_size=6)
TERMS = st.sampled_from([Terms(), TAXED, DISCOUNTED, Terms(discounts=(fixed("7.77"),))])
PRICES = ("calls", "uploads", "base")


def gross(lines: list[InvoiceLine]) -> int:
    return sum(line.gross.amount_minor for line in lines)


@settings(max_examples=150, deadline=None)
@given(CORRECT, STEPS, TERMS)
def test_revisions_and_goodwill_come_to_what_is_correct_less_goodwill(
    first: tuple[str, str, str], steps: list[tuple[object, ...]], terms: Terms
) -> None:
    billed = invoice(*zip(PRICES, first, strict=True), terms=terms)
    correct, returned, booked, goodwill = billed, list[CreditNoteLine](), list[Booked](), 0
    for step in steps:
        if len(step) == 2:
            given = credit_lines(billed, returned, [CreditItem(int(str(step[0])), eur(str(step[1])))])
            if not isinstance(given, CreditRefused):
                returned += given
                goodwill += sum(line.gross.amount_minor for line in given)
            continue
        correct = invoice(*zip(PRICES, map(str, step), strict=True), terms=terms)
        found = settled(billed, correct, returned, booked)
        returned += found.credited
        booked += found.booked
        noted = [each.line for each in found.booked if each.booked_as is BookedAs.CREDIT_NOTE]
        assert gross(noted) == -sum(line.gross.amount_minor for line in found.credited)

    given_back = gross([each.line for each in booked if each.booked_as is BookedAs.GIVEN_BACK])
    later = gross([each.line for each in booked if each.booked_as is BookedAs.ADJUSTMENT])
    notes = sum(line.gross.amount_minor for line in returned)
    assert gross(list(billed.lines)) + later - notes == gross(list(correct.lines)) - goodwill - given_back
    assert not differences([*billed.lines, *(each.line for each in booked)], correct.lines)
    assert all(rest.gross.amount_minor >= 0 for rest in remainders(billed, returned).values())
