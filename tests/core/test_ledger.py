"""Transfers and entries: every entry balances, because each transfer has two sides."""

from datetime import date

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.invoicing.credit_notes import CreditNote, CreditRefused, Disposition, credit_lines, remaining_items
from gateway.core.invoicing.terms import Terms
from gateway.core.ledger import JournalEntry, Transfer, credit_balances, entry_for_settled
from gateway.core.money import Money
from tests.core import documents
from tests.core.documents import eur, fixed
from tests.core.samples import at


def settled(*dispositions: tuple[Disposition, str], terms: Terms) -> JournalEntry | None:
    """What a note over all of an invoice of 100.00 under `terms` books of how it is given back."""
    billed = documents.invoice(("calls", "100"), terms=terms)
    lines = credit_lines(billed, (), remaining_items(billed, ()))
    assert not isinstance(lines, CreditRefused)
    given = tuple((each, eur(amount)) for each, amount in dispositions)
    on = date(2026, 2, 5)
    note = CreditNote("cn_1", "inv_1", "UA", "EUR", on, "Outage", lines, given, at("2026-02-05"), "CN-1")
    return entry_for_settled(note)


def test_what_is_given_back_in_another_way_is_owed_there() -> None:
    given = (Disposition.REFUND, "50"), (Disposition.WALLET, "40"), (Disposition.OUT_OF_BAND, "10")

    entry = settled(*given, terms=Terms())

    assert entry is not None
    assert [(each.debit_account, each.credit_account, str(each.amount)) for each in entry.transfers] == [
        ("receivables:UA", "refunds_payable:UA", "50.00"),
        ("receivables:UA", "prepayments:UA", "40.00"),
        ("receivables:UA", "settled_outside:UA", "10.00"),
    ]


def test_what_lowers_what_is_owed_needs_no_entry_of_its_own() -> None:
    assert settled((Disposition.RECEIVABLE, "100"), terms=Terms()) is None
    assert settled(terms=Terms((fixed("100"),))) is None


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


def test_what_accounts_are_credited_with_less_their_debits_sums_to_zero() -> None:
    transfers = [
        Transfer("receivables:UA", "revenue:x", Money(300, "USD"), "inv_1/0"),
        Transfer("cash:main", "receivables:UA", Money(100, "USD"), "inv_1/money"),
    ]

    assert credit_balances(transfers) == {"revenue:x": 300, "receivables:UA": -200, "cash:main": -100}
