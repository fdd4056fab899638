"""The books: every entry balances, because each transfer has two sides."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.invoicing.credit_notes import (
    CreditNote,
    CreditRefused,
    Disposition,
    credit_lines,
    remaining_items,
)
from gateway.core.invoicing.invoice import PROGRESSIVE, Invoice, InvoiceKey, InvoiceLine
from gateway.core.invoicing.taxes import TaxRules
from gateway.core.invoicing.terms import Terms
from gateway.core.ledger import (
    JournalEntry,
    Transfer,
    entry_for_credited,
    entry_for_finalized,
    entry_for_voided,
)
from gateway.core.money import Money
from gateway.core.plans.plan import Timing
from tests.core import documents
from tests.core.documents import eur, fixed, vat
from tests.core.samples import at, month


def line(price: str, amount_minor: int, timing: Timing = Timing.IN_ARREARS) -> InvoiceLine:
    return InvoiceLine(price, price, month(1), 1, Money(amount_minor, "USD"), "0", (), timing)  # type: ignore[arg-type]


def invoice(*lines: InvoiceLine) -> Invoice:
    key = InvoiceKey("sub_1", at("2026-02-01"))
    return Invoice("inv_1", key, "UA", "airport", 1, "USD", date(2026, 2, 1), 9, "hash", 1, lines)


def test_finalizing_books_usage_as_revenue_and_fees_in_advance_as_deferred() -> None:
    entry = entry_for_finalized(
        invoice(line("departures", 3750), line("free", 0), line("base", 100000, Timing.IN_ADVANCE)), at("2026-02-01")
    )

    assert entry is not None
    assert (entry.key, entry.accounting_day) == ("invoice-finalized:inv_1", date(2026, 2, 1))
    assert [(t.debit_account, t.credit_account, str(t.amount), t.source) for t in entry.transfers] == [
        ("receivables:UA", "revenue:departures", "37.50", "inv_1/0"),
        ("receivables:UA", "deferred_revenue:base", "1000.00", "inv_1/2"),
    ]


def test_a_negative_line_moves_the_other_way() -> None:
    entry = entry_for_finalized(invoice(line("departures", -200), line("base", 500)), at("2026-02-01"))

    assert entry is not None
    assert entry.transfers == (
        Transfer("revenue:departures", "receivables:UA", Money(200, "USD"), "inv_1/0"),
        Transfer("receivables:UA", "revenue:base", Money(500, "USD"), "inv_1/1"),
    )


def test_a_total_below_zero_moves_on_to_what_the_customer_has_prepaid() -> None:
    below_zero = invoice(line("departures", -700), line("base", 500))

    entry, reverse = (
        entry_for_finalized(below_zero, at("2026-02-01")),
        entry_for_voided(below_zero, at("2026-02-02")),
    )

    assert entry is not None
    assert reverse is not None
    carried = Transfer("receivables:UA", "prepayments:UA", Money(200, "USD"), "inv_1/carried-over")
    assert entry.transfers[2:] == (carried,)
    assert reverse.transfers[2:] == (replace(carried, debit_account="prepayments:UA", credit_account="receivables:UA"),)


def test_the_period_of_usage_that_is_billed_as_it_comes_has_passed() -> None:
    usage = replace(line("departures", 100, Timing.IN_ADVANCE), meter="departures")

    entry = entry_for_finalized(invoice(usage), at("2026-02-01"))

    assert entry is not None
    assert entry.transfers[0].credit_account == "revenue:departures"


def test_an_invoice_over_nothing_books_nothing() -> None:
    assert entry_for_finalized(invoice(line("free", 0)), at("2026-02-01")) is None


TAXED = Terms((fixed("20"),), taxes=TaxRules((vat("20"),)))


def rows(entry: JournalEntry | None) -> list[tuple[str, str, str]]:
    """Debit, credit and amount of each transfer."""
    assert entry is not None
    return [(each.debit_account, each.credit_account, str(each.amount)) for each in entry.transfers]


def test_a_line_is_booked_after_discounts_and_its_tax_as_a_liability() -> None:
    assert rows(entry_for_finalized(documents.invoice(("calls", "100"), terms=TAXED), at("2026-02-01"))) == [
        ("receivables:UA", "revenue:calls", "80.00"),
        ("receivables:UA", "tax_liability:vat", "16.00"),
    ]


def test_voiding_books_the_reverse_on_the_day_of_voiding() -> None:
    entry = entry_for_voided(invoice(line("departures", 3750)), at("2026-02-05"))

    assert entry is not None
    assert (entry.key, entry.accounting_day) == ("invoice-voided:inv_1", date(2026, 2, 5))
    assert rows(entry) == [("revenue:departures", "receivables:UA", "37.50")]
    assert entry_for_voided(invoice(line("free", 0)), at("2026-02-05")) is None


def credited(*dispositions: tuple[Disposition, str], terms: Terms = TAXED) -> JournalEntry | None:
    """What a note over all of an invoice of 96.00, or of nothing, books."""
    billed = documents.invoice(("calls", "100"), terms=terms)
    lines = credit_lines(billed, (), remaining_items(billed, ()))
    assert not isinstance(lines, CreditRefused)
    given = tuple((each, eur(amount)) for each, amount in dispositions)
    on = date(2026, 2, 5)
    note = CreditNote("cn_1", "inv_1", "UA", "EUR", on, "Outage", lines, given, at("2026-02-05"), "CN-1")
    return entry_for_credited(billed, note)


GIVEN_BACK = [
    ("revenue:calls", "receivables:UA", "80.00"),
    ("tax_liability:vat", "receivables:UA", "16.00"),
]


def test_a_credit_note_takes_back_revenue_and_tax_and_lowers_what_is_owed() -> None:
    assert rows(credited((Disposition.RECEIVABLE, "96"))) == GIVEN_BACK


def test_what_is_given_back_in_another_way_is_owed_there() -> None:
    entry = credited((Disposition.REFUND, "50"), (Disposition.WALLET, "40"), (Disposition.OUT_OF_BAND, "6"))

    assert rows(entry) == [
        *GIVEN_BACK,
        ("receivables:UA", "refunds_payable:UA", "50.00"),
        ("receivables:UA", "prepayments:UA", "40.00"),
        ("receivables:UA", "settled_outside:UA", "6.00"),
    ]


def test_a_credit_note_over_lines_that_a_coupon_covered_books_nothing() -> None:
    assert credited(terms=Terms((fixed("100"),))) is None


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_a_transfer_moves_a_positive_amount(amount_minor: int) -> None:
    with pytest.raises(InvalidValue, match="moves nothing"):
        Transfer("receivables:UA", "revenue:x", Money(amount_minor, "USD"), "inv_1/0")


def test_a_transfer_has_two_accounts() -> None:
    with pytest.raises(InvalidValue, match="to itself"):
        Transfer("revenue:x", "revenue:x", Money(1, "USD"), "inv_1/0")


def test_an_entry_has_transfers() -> None:
    with pytest.raises(InvalidValue, match="has no transfers"):
        JournalEntry("key", date(2026, 2, 1), at("2026-02-01"), ())


AMOUNTS = st.lists(st.tuples(st.integers(-(10**12), 10**12), st.sampled_from(Timing)), min_size=1, max_size=20)


@given(AMOUNTS)
def test_every_entry_balances_and_books_the_total_to_receivables(amounts: list[tuple[int, Timing]]) -> None:
    billed = invoice(*(line(f"price-{n}", amount, timing) for n, (amount, timing) in enumerate(amounts)))

    entry = entry_for_finalized(billed, at("2026-02-01"))

    balances: Counter[str] = Counter()
    for transfer in entry.transfers if entry else ():
        balances[transfer.debit_account] += transfer.amount.amount_minor
        balances[transfer.credit_account] -= transfer.amount.amount_minor
    assert sum(balances.values()) == 0
    assert balances["receivables:UA"] == billed.payable.amount_minor
    assert balances["prepayments:UA"] == -billed.carried_over.amount_minor


def test_the_same_invoice_makes_the_same_entry() -> None:
    billed = invoice(line("departures", 3750))

    again = replace(billed, lines=tuple(billed.lines))

    assert entry_for_finalized(billed, at("2026-02-01")) == entry_for_finalized(again, at("2026-02-01"))


def test_a_progressive_invoice_is_booked_on_its_own_day() -> None:
    early = replace(invoice(line("departures", 100)), key=InvoiceKey("sub_1", at("2026-01-01"), PROGRESSIVE))

    entry = entry_for_finalized(early, at("2026-02-01"))

    assert entry is not None
    assert entry.accounting_day == date(2026, 2, 1)
