"""The books: every entry balances, because each transfer has two sides."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.invoices import Invoice, InvoiceKey, InvoiceLine
from gateway.core.ledger import JournalEntry, Transfer, entry_for_finalized
from gateway.core.money import Money
from gateway.core.plans import Timing
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
    entry = entry_for_finalized(invoice(line("departures", -200)), at("2026-02-01"))

    assert entry is not None
    assert entry.transfers == (Transfer("revenue:departures", "receivables:UA", Money(200, "USD"), "inv_1/0"),)


def test_an_invoice_over_nothing_books_nothing() -> None:
    assert entry_for_finalized(invoice(line("free", 0)), at("2026-02-01")) is None


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


amounts = st.lists(st.tuples(st.integers(-(10**12), 10**12), st.sampled_from(Timing)), min_size=1, max_size=20)


@given(amounts)
def test_every_entry_balances_and_books_the_total_to_receivables(rows: list[tuple[int, Timing]]) -> None:
    billed = invoice(*(line(f"price-{n}", amount, timing) for n, (amount, timing) in enumerate(rows)))

    entry = entry_for_finalized(billed, at("2026-02-01"))

    balances: Counter[str] = Counter()
    for transfer in entry.transfers if entry else ():
        balances[transfer.debit_account] += transfer.amount.amount_minor
        balances[transfer.credit_account] -= transfer.amount.amount_minor
    assert sum(balances.values()) == 0
    assert balances["receivables:UA"] == billed.total.amount_minor


def test_the_same_invoice_makes_the_same_entry() -> None:
    billed = invoice(line("departures", 3750))

    again = replace(billed, lines=tuple(billed.lines))

    assert entry_for_finalized(billed, at("2026-02-01")) == entry_for_finalized(again, at("2026-02-01"))
