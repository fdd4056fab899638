"""Credit notes: what is given back, and that all of them together are the invoice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.invoicing.credit_notes import (
    CreditItem,
    CreditNote,
    CreditNoteLine,
    CreditRefused,
    Disposition,
    came_back,
    credit_lines,
    remaining_items,
    split_by_payment,
    total_of,
    unused_item,
)
from gateway.core.invoicing.discounts import ReturnedDiscount
from gateway.core.invoicing.invoice import Invoice
from gateway.core.invoicing.taxes import TaxBase, TaxRules
from gateway.core.invoicing.terms import ReturnedFee, Terms
from gateway.core.invoicing.totals import with_terms
from gateway.core.money import Money
from gateway.core.plans.plan import Timing
from tests.core.documents import CURRENCY, eur, fixed, invoice, vat
from tests.core.samples import at

TAXED = Terms(taxes=TaxRules(customer=(vat("20"),)))
DISCOUNTED = replace(TAXED, discounts=(fixed("250", "plan-2"),))


def note(of: Invoice, earlier: Sequence[CreditNoteLine], *items: tuple[int, str]) -> tuple[CreditNoteLine, ...]:
    """The lines of a note over parts of lines, which can be given back."""
    found = credit_lines(of, earlier, [CreditItem(line, eur(amount)) for line, amount in items])
    assert not isinstance(found, CreditRefused), found
    return found


def totals(lines: Sequence[CreditNoteLine]) -> tuple[str, str, str]:
    """Net, tax and gross."""
    nets, taxes, grosses = zip(*((line.net, line.tax, line.gross) for line in lines), strict=True)
    return str(total_of(CURRENCY, nets)), str(total_of(CURRENCY, taxes)), str(total_of(CURRENCY, grosses))


def refused(of: Invoice, earlier: Sequence[CreditNoteLine], *items: tuple[int, str]) -> CreditRefused:
    """Why a note is refused."""
    found = credit_lines(of, earlier, [CreditItem(line, eur(amount)) for line, amount in items])
    assert isinstance(found, CreditRefused), found
    return found


def test_the_last_note_on_a_line_takes_the_rest_of_its_tax() -> None:
    billed = invoice(("base", "769"), terms=TAXED)

    first = note(billed, (), (0, "726.86"))
    last = note(billed, first, (0, "42.14"))

    assert totals(first) == ("726.86", "145.37", "872.23")
    assert totals(last) == ("42.14", "8.43", "50.57")
    assert str(billed.total) == "922.80"


def test_a_whole_line_has_its_own_share_of_the_tax_of_the_rate() -> None:
    billed = invoice(("one", "68.33"), ("two", "68.33"), terms=TAXED)

    first = note(billed, (), (0, "68.33"))

    assert totals(first) == ("68.33", "13.67", "82.00")
    assert totals(note(billed, first, (1, "68.33"))) == ("68.33", "13.66", "81.99")
    assert first[0].exact_tax == Fraction("13.666")


@pytest.mark.parametrize("base", TaxBase)
def test_the_discount_that_came_off_what_is_given_back_is_taken_back(base: TaxBase) -> None:
    billed = invoice(("plan-1", "179"), ("plan-2", "399"), terms=replace(DISCOUNTED, tax_base=base))

    [line] = note(billed, (), (1, "262.60"))

    assert (str(line.discount), str(line.net), str(line.tax), str(line.gross)) == ("164.54", "98.06", "19.61", "117.67")


def test_a_note_never_leaves_more_discount_than_amount_behind() -> None:
    billed = invoice(("a", "0.03"), terms=Terms(discounts=(fixed("0.02"),)))

    first = note(billed, (), (0, "0.01"))
    second = note(billed, first, (0, "0.01"))
    last = note(billed, (*first, *second), (0, "0.01"))

    assert [str(each[0].discount) for each in (first, second, last)] == ["0.01", "0.01", "0.00"]


def test_a_note_over_more_than_is_left_of_a_line_is_refused_with_what_is_left() -> None:
    billed = invoice(("base", "100"), terms=TAXED)

    found = refused(billed, note(billed, (), (0, "60")), (0, "40.01"))

    assert (found.line, str(found.left)) == (0, "40.00")
    assert found.message == "Line 0 of invoice inv_1 has 40.00 EUR left to credit, not 40.01"


@pytest.mark.parametrize(
    ("line", "amount", "fault"),
    [
        (0, "0", "Line 0 of invoice inv_1 has 100.00 EUR left to credit; 0.00 is no part of that"),
        (0, "-1", "Line 0 of invoice inv_1 has 100.00 EUR left to credit; -1.00 is no part of that"),
        (1, "0", "Line 1 of invoice inv_1 has -30.00 EUR left to credit; 0.00 is no part of that"),
        (1, "1", "Line 1 of invoice inv_1 has -30.00 EUR left to credit; 1.00 is no part of that"),
    ],
)
def test_a_note_over_no_part_of_a_line_is_refused(line: int, amount: str, fault: str) -> None:
    found = refused(invoice(("base", "100"), ("adjustment", "-30")), (), (line, amount))

    assert (found.line, found.message) == (line, f"{fault}, name one up to all of it")


@pytest.mark.parametrize("amount", ["0", "1", "-1"])
def test_a_line_that_is_credited_whole_has_nothing_left(amount: str) -> None:
    billed = invoice(("base", "100"))

    found = refused(billed, note(billed, (), (0, "100")), (0, amount))

    assert (found.line, found.message) == (0, "Line 0 of invoice inv_1 has nothing left to credit")


def test_a_note_over_more_than_is_left_of_the_invoice_is_refused() -> None:
    billed = invoice(("base", "100"), ("adjustment", "-30"))

    found = refused(billed, (), (0, "100"))

    assert (found.line, str(found.left)) == (None, "70.00")
    assert "credit its negative lines with it" in found.message


def test_a_note_that_would_take_money_is_refused() -> None:
    assert refused(invoice(("base", "100"), ("adjustment", "-30")), (), (1, "-30")).line is None


def test_a_whole_note_takes_negative_lines_with_it() -> None:
    billed = invoice(("base", "100"), ("adjustment", "-30"), terms=TAXED)

    assert totals(note(billed, (), (0, "100"), (1, "-30"))) == ("70.00", "14.00", "84.00")


def test_parts_of_negative_lines_go_with_parts_of_others() -> None:
    billed = invoice(("base", "100"), ("adjustment", "-30"), terms=TAXED)

    first = note(billed, (), (0, "50"), (1, "-10"))

    assert totals(first) == ("40.00", "8.00", "48.00")
    assert totals(note(billed, first, (0, "50"), (1, "-20"))) == ("30.00", "6.00", "36.00")


def test_a_part_of_what_was_given_back_brings_its_share_of_the_discount() -> None:
    returned = (ReturnedDiscount("unused", "tenth", Fraction(1, 10)),)
    billed = invoice(("base", "200"), ("unused", "-100"), terms=replace(TAXED, returned=returned))

    first = note(billed, (), (0, "100"), (1, "-50"))
    last = note(billed, first, (0, "100"), (1, "-50"))

    assert [str(line.discount) for line in first] == ["0.00", "-5.00"]
    assert totals(first) == totals(last) == ("55.00", "11.00", "66.00")


def test_what_came_back_of_a_fee_cannot_be_credited_again() -> None:
    billed = in_advance(invoice(("base", "100"), ("calls", "10"), terms=TAXED))
    returned = Terms(returned_fees={"base": ReturnedFee((vat("20"),), 10_000)})
    closing = in_advance(invoice(("base", "-40"), ("calls", "7"), terms=returned))

    back = list(came_back(billed, closing))

    assert [(line.line, str(line.amount), str(line.tax)) for line in back] == [(0, "40.00", "8.00")]
    assert refused(billed, back, (0, "60.01")).left == eur("60")
    assert totals(note(billed, back, (0, "60"), (1, "10"))) == ("70.00", "14.00", "84.00")
    assert list(came_back(closing, closing)) == []


def test_a_fee_that_came_back_without_its_tax_leaves_the_tax_to_credit() -> None:
    billed = in_advance(invoice(("base", "100"), terms=TAXED))

    back = list(came_back(billed, in_advance(invoice(("base", "-40")))))

    assert totals(note(billed, back, (0, "60"))) == ("60.00", "20.00", "80.00")


def in_advance(billed: Invoice) -> Invoice:
    """The same invoice, where the fee `base` was billed in advance."""
    lines = [replace(line, timing=Timing.IN_ADVANCE if line.price == "base" else line.timing) for line in billed.lines]
    return replace(billed, lines=with_terms([replace(line, discounts=(), taxes=()) for line in lines], billed.terms))


@pytest.mark.parametrize(
    ("items", "fault"),
    [
        ([], "names at least one line"),
        ([CreditItem(0, eur("1")), CreditItem(0, eur("1"))], "each line once"),
        ([CreditItem(1, eur("1"))], "has no line 1; its lines are 0 to 0"),
        ([CreditItem(0, Money(1, "USD"))], "is in EUR; credit it in that"),
    ],
)
def test_a_note_that_names_no_line_of_the_invoice_is_an_error(items: list[CreditItem], fault: str) -> None:
    with pytest.raises(InvalidValue, match=fault):
        credit_lines(invoice(("base", "100")), (), items)


def test_of_a_fee_in_advance_the_share_of_what_is_unused_is_credited() -> None:
    assert unused_item(invoice(("base", "200")), 0, Fraction(29, 30)) == CreditItem(0, eur("193.33"))


SPLITS = [
    # total of the note, paid, refunded before, refund, the rest
    ("117.67", "117.67", "0", "117.67", "0.00"),
    ("375.70", "12", "0", "12.00", "363.70"),
    ("50", "100", "80", "20.00", "30.00"),
    ("50", "100", "120", "0.00", "50.00"),
]


@pytest.mark.parametrize(("total", "paid", "refunded", "refund", "rest"), SPLITS)
def test_a_refund_is_at_most_what_was_paid(total: str, paid: str, refunded: str, refund: str, rest: str) -> None:
    assert [str(each) for each in split_by_payment(eur(total), eur(paid), eur(refunded))] == [refund, rest]


def credit_note(of: Invoice, lines: tuple[CreditNoteLine, ...], **fields: object) -> CreditNote:
    """A document over these lines, in the customer's favour as a whole."""
    defaults: dict[str, object] = {
        "id": "cn_1",
        "invoice_id": of.id,
        "customer": of.customer,
        "currency": of.currency,
        "issued_on": date(2026, 2, 3),
        "reason": "Outage",
        "lines": lines,
        "dispositions": ((Disposition.WALLET, total_of(of.currency, (line.gross for line in lines))),),
        "created_at": at("2026-02-03"),
        "number": "CN-000001",
    }
    return CreditNote(**(defaults | fields))  # type: ignore[arg-type]


def test_a_credit_note_has_totals_of_its_own() -> None:
    billed = invoice(("plan-1", "179"), ("plan-2", "399"), terms=DISCOUNTED)

    found = credit_note(billed, note(billed, (), (1, "262.60")))

    assert [str(each) for each in (found.discount, found.net, found.tax, found.total)] == [
        "164.54", "98.06", "19.61", "117.67",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"reason": " "}, "The reason of a credit note is empty"),
        ({"dispositions": ((Disposition.REFUND, eur("1")),)}, "is over 120.00, but 1.00 of it is given back"),
    ],
)
def test_a_credit_note_says_why_and_how(fields: dict[str, object], fault: str) -> None:
    billed = invoice(("base", "100"), terms=TAXED)

    with pytest.raises(InvalidValue, match=fault):
        credit_note(billed, note(billed, (), (0, "100")), **fields)


TERMS = st.builds(
    Terms,
    discounts=st.lists(
        st.builds(
            lambda amount, key: fixed(str(Decimal(amount) / 100), key=key), st.integers(1, 5_000), st.just("off")
        ),
        max_size=2,
    ).map(tuple),
    taxes=st.lists(st.sampled_from([vat("20", "a"), vat("7.7", "b")]), unique=True).map(
        lambda rates: TaxRules(customer=tuple(rates))
    ),
    tax_base=st.sampled_from(TaxBase),
)
AMOUNTS = st.lists(st.integers(1, 10_000), min_size=1, max_size=4)


@given(AMOUNTS, TERMS, st.data())
def test_notes_never_exceed_the_invoice_and_a_full_set_equals_it(
    amounts: list[int], terms: Terms, data: st.DataObject
) -> None:
    billed = invoice(*((f"line-{n}", str(Decimal(amount) / 100)) for n, amount in enumerate(amounts)), terms=terms)
    earlier: list[CreditNoteLine] = []

    for _ in range(data.draw(st.integers(0, 4))):
        left = remaining_items(billed, earlier)
        if not left:
            break
        item = data.draw(st.sampled_from(left))
        part = CreditItem(item.line, Money(data.draw(st.integers(1, item.amount.amount_minor)), CURRENCY))
        found = credit_lines(billed, earlier, [part])
        assert not isinstance(found, CreditRefused)
        assert all(line.net.amount_minor >= 0 and line.tax.amount_minor >= 0 for line in found)
        earlier += found
        assert total_of(CURRENCY, (line.gross for line in earlier)).amount_minor <= billed.total.amount_minor
    if rest := remaining_items(billed, earlier):
        last = credit_lines(billed, earlier, rest)
        assert not isinstance(last, CreditRefused)
        earlier += last

    assert total_of(CURRENCY, (line.gross for line in earlier)) == billed.total
    assert total_of(CURRENCY, (line.tax for line in earlier)) == billed.tax
