"""What is posted, what is found again, and how it is undone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from gateway_quickbooks import QuickBooksTarget

from gateway.plugin_api import Ambiguous, JournalSide, Money, NeedsAttention, Permanent
from gateway.testing import reversal_of
from plugins.quickbooks.tests.connecting import (
    DEFERRED,
    INCOME,
    JUNE,
    KEY,
    NUMBER,
    RECEIVABLES,
    Unchecked,
    credit,
    debit,
    journal,
)
from plugins.quickbooks.tests.fake_quickbooks import FakeQuickBooks, Loopback

UNDONE = f"{NUMBER}R"


def posted(loopback: Loopback) -> list[dict[str, Any]]:
    """The bodies of the journal entries that were sent."""
    return [params for method, path, params in loopback.requests if method == "POST" and path.endswith("journalentry")]


def test_a_journal_is_posted_and_comes_back_as_it_was(target: QuickBooksTarget) -> None:
    put = target.put_journal(journal(), KEY)
    assert (put.number, put.currency, put.accounting_day, put.total) == (NUMBER, "USD", JUNE, Money(123_456, "USD"))
    assert sorted((line.account, line.side, line.amount.amount_minor) for line in put.lines) == [
        (DEFERRED, JournalSide.CREDIT, 23_456),
        (INCOME, JournalSide.CREDIT, 100_000),
        (RECEIVABLES, JournalSide.DEBIT, 123_456),
    ]
    assert target.find_journal(NUMBER) == target.fetch_journal(put.ref) == put


def test_what_goes_over_the_wire(target: QuickBooksTarget, loopback: Loopback) -> None:
    lines = [debit(RECEIVABLES, 5, memo="June"), credit(INCOME, 5, customer="Usage customers")]
    target.put_journal(journal(lines, memo="Usage of June 2025"), KEY)
    (body,) = posted(loopback)
    fake = loopback.fake
    ids = {account["FullyQualifiedName"]: ref for ref, account in fake.accounts.items()}
    customer = next(ref for ref, each in fake.customers.items() if each["DisplayName"] == "Usage customers")
    somebody = {"Type": "Customer", "EntityRef": {"value": customer}}
    debited = {"PostingType": "Debit", "AccountRef": {"value": ids[RECEIVABLES]}}
    credited = {"PostingType": "Credit", "AccountRef": {"value": ids[INCOME]}, "Entity": somebody}
    kind = {"DetailType": "JournalEntryLineDetail", "Amount": 0.05}
    assert body == {
        "minorversion": 75, "DocNumber": NUMBER, "TxnDate": "2025-06-30", "PrivateNote": "Usage of June 2025",
        "CurrencyRef": {"value": "USD"},
        "Line": [
            {**kind, "Description": "June", "JournalEntryLineDetail": debited},
            {**kind, "JournalEntryLineDetail": credited},
        ],
    }  # fmt: skip


def test_a_journal_that_is_not_there_is_not_found(target: QuickBooksTarget) -> None:
    assert target.find_journal("ACME-2025-07-USD-1") is None
    with pytest.raises(Permanent, match="610"):
        target.fetch_journal("404")


@pytest.mark.parametrize("allows_numbers_twice", [False, True])
def test_the_same_journal_twice_is_one_whatever_the_key(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks, allows_numbers_twice: bool
) -> None:
    quickbooks.refuses_duplicate_numbers = not allows_numbers_twice
    put = target.put_journal(journal(), KEY)
    assert target.put_journal(journal(), KEY) == put
    quickbooks.requests_done.clear()
    assert target.put_journal(journal(), "another") == put
    assert len(quickbooks.entries) == 1


@pytest.mark.parametrize(
    "other",
    [
        journal([debit(RECEIVABLES, 1), credit(INCOME, 1)]),
        journal(accounting_day=date(2025, 6, 29)),
        journal([debit(RECEIVABLES, 123_456), credit(INCOME, 123_456)]),
        journal([debit(RECEIVABLES, 100, "EUR"), credit(INCOME, 100, "EUR")]),
    ],
)
def test_another_journal_with_the_number_is_left_alone(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks, other: Any
) -> None:
    target.put_journal(journal(), KEY)
    with pytest.raises(NeedsAttention, match=f"another journal entry numbered {NUMBER}"):
        target.put_journal(other, "another")
    assert len(quickbooks.entries) == 1


def test_a_number_that_somebody_took_meanwhile_is_looked_up_and_compared(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QuickBooks refuses it, although it was free when it was looked up."""
    put = target.put_journal(journal(), KEY)
    unseen(quickbooks, monkeypatch, 1)
    assert target.put_journal(journal(), "another") == put
    unseen(quickbooks, monkeypatch, 1)
    with pytest.raises(NeedsAttention, match="another journal entry"):
        target.put_journal(journal([debit(RECEIVABLES, 1), credit(INCOME, 1)]), "a third")
    unseen(quickbooks, monkeypatch, 2)
    with pytest.raises(NeedsAttention, match="6140"):
        target.put_journal(journal(), "a fourth")
    assert len(quickbooks.entries) == 1


def unseen(quickbooks: FakeQuickBooks, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let QuickBooks find no journal entry, so many times."""
    left = iter(range(times))
    find = FakeQuickBooks._queried
    is_hidden = lambda query: "JournalEntry" in query and next(left, None) is not None  # noqa: E731
    monkeypatch.setattr(
        quickbooks, "_queried", lambda query: {} if is_hidden(query) else find(quickbooks, query), raising=False
    )


def test_two_journals_with_one_number_need_attention(target: QuickBooksTarget, quickbooks: FakeQuickBooks) -> None:
    put = target.put_journal(journal(), KEY)
    quickbooks.entries["77"] = {**quickbooks.entries[put.ref], "Id": "77"}
    with pytest.raises(NeedsAttention, match=f"2 journal entries numbered {NUMBER}: {put.ref}, 77"):
        target.find_journal(NUMBER)


def test_what_was_deleted_by_hand_is_posted_again_under_another_key(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks
) -> None:
    """Under the same one QuickBooks gives its first answer, about what is not there any more."""
    put = target.put_journal(journal(), KEY)
    del quickbooks.entries[put.ref]
    with pytest.raises(Ambiguous, match="and deleted") as raised:
        target.put_journal(journal(), KEY)
    assert raised.value.key_is_spent
    assert target.put_journal(journal(), "another").ref != put.ref
    assert len(quickbooks.entries) == 1


def test_what_quickbooks_posts_otherwise_than_told_needs_attention(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = quickbooks._line
    monkeypatch.setattr(
        quickbooks, "_line", lambda *told: {**line(*told), "Amount": line(*told)["Amount"] * 2}, raising=False
    )
    with pytest.raises(NeedsAttention, match=f"has posted {NUMBER} otherwise than it was told, as"):
        target.put_journal(journal(), KEY)


def test_a_reversal_is_a_second_journal_that_names_the_first(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks
) -> None:
    put = target.put_journal(journal(), KEY)
    undone = reversal_of(journal(), UNDONE, date(2025, 7, 1))
    reversed_ = target.reverse_journal(put.ref, undone, "reverse")
    assert target.reverse_journal(put.ref, undone, "another") == reversed_
    assert reversed_.accounting_day == date(2025, 7, 1)
    assert quickbooks.entries[reversed_.ref]["PrivateNote"] == f"Reverses {NUMBER}."
    assert balances(quickbooks) == dict.fromkeys((RECEIVABLES, INCOME, DEFERRED), 0)


def test_a_reversal_has_the_exchange_rate_of_what_it_undoes(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks
) -> None:
    euros = journal([debit(RECEIVABLES, 100, "EUR"), credit(INCOME, 100, "EUR")])
    put = target.put_journal(euros, KEY)
    quickbooks.rates["EUR"] = 1.5
    undone = target.reverse_journal(put.ref, reversal_of(euros, UNDONE), "reverse")
    assert quickbooks.entries[undone.ref]["ExchangeRate"] == quickbooks.entries[put.ref]["ExchangeRate"] == 1.0836


def test_what_was_changed_by_hand_is_not_undone_as_it_was(target: QuickBooksTarget, quickbooks: FakeQuickBooks) -> None:
    put = target.put_journal(journal(), KEY)
    for line in quickbooks.entries[put.ref]["Line"]:
        line["Amount"] *= 2
    with pytest.raises(NeedsAttention, match=f"{put.ref} is no longer what {UNDONE} undoes"):
        target.reverse_journal(put.ref, reversal_of(journal(), UNDONE), "reverse")
    assert len(quickbooks.entries) == 1


def test_the_journals_of_some_days_are_listed_page_by_page(
    target: QuickBooksTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway_quickbooks.client.page_size", 2)
    days = [date(2025, 5, 31), *[date(2025, 6, day) for day in (1, 2, 3, 30)], date(2025, 7, 1)]
    for ordinal, day in enumerate(days):
        target.put_journal(journal(number=f"J-{ordinal}", accounting_day=day), f"key {ordinal}")
    found = list(target.journals(date(2025, 6, 1), date(2025, 7, 1)))
    assert [each.number for each in found] == ["J-1", "J-2", "J-3", "J-4"]


def test_others_journals_are_read_as_they_are(target: QuickBooksTarget, quickbooks: FakeQuickBooks) -> None:
    """Without a number, about a vendor, with a line of nothing and one that only describes."""
    put = target.put_journal(journal(), KEY)
    entry = quickbooks.entries[put.ref]
    del entry["DocNumber"], entry["CurrencyRef"]
    entry |= {"ExchangeRate": None, "PrivateNote": None}
    vendor = {"Type": "Vendor", "EntityRef": {"value": "5", "name": "Landlord"}}
    entry["Line"][0]["JournalEntryLineDetail"]["Entity"] = vendor
    entry["Line"][1]["JournalEntryLineDetail"] |= {"Entity": None, "ClassRef": None}
    quickbooks.contract = Unchecked(quickbooks.contract)
    entry["Line"] += [
        {**entry["Line"][0], "Id": "8", "Amount": 0},
        {"Id": "9", "DetailType": "DescriptionOnly", "Description": "As agreed"},
    ]
    assert target.fetch_journal(put.ref) == replace(put, number="")


def test_an_amount_that_its_currency_does_not_have_needs_attention(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks
) -> None:
    yen = journal([debit(RECEIVABLES, 1500, "JPY"), credit(INCOME, 1500, "JPY")])
    put = target.put_journal(yen, KEY)
    for line in quickbooks.entries[put.ref]["Line"]:
        line["Amount"] = 1500.5
    with pytest.raises(NeedsAttention, match=r"has an amount of 1500\.5 JPY"):
        target.fetch_journal(put.ref)


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        (Money(1, "USD"), "0.01"),
        (Money(9_999_999_999_999, "USD"), "99999999999.99"),
        (Money(9_999_999_999_999, "JPY"), "9999999999999"),
        (Money(5120, "KWD"), "5.12"),
        (Money(1_234_567_890_120, "KWD"), "1234567890.12"),
    ],
)
def test_amounts_are_exact_both_ways(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks, amount: Money, sent: str
) -> None:
    lines = [debit(RECEIVABLES, amount.amount_minor, amount.currency)]
    lines += [credit(INCOME, amount.amount_minor, amount.currency)]
    put = target.put_journal(journal(lines), KEY)
    assert {Decimal(str(line["Amount"])) for line in quickbooks.entries[put.ref]["Line"]} == {Decimal(sent)}
    assert target.fetch_journal(put.ref).total == amount


def test_parts_that_quickbooks_would_round_are_not_sent(target: QuickBooksTarget, loopback: Loopback) -> None:
    with pytest.raises(NeedsAttention, match=r"5\.124 KWD has more places than QuickBooks keeps"):
        target.put_journal(journal([debit(RECEIVABLES, 5124, "KWD"), credit(INCOME, 5124, "KWD")]), KEY)
    assert not posted(loopback)


def balances(quickbooks: FakeQuickBooks) -> dict[str, Decimal]:
    """The balance of each account that anything was posted to."""
    found: dict[str, Decimal] = {}
    for entry in quickbooks.entries.values():
        for line in entry["Line"]:
            detail = line["JournalEntryLineDetail"]
            sign = 1 if detail["PostingType"] == "Debit" else -1
            name = detail["AccountRef"]["name"]
            found[name] = found.get(name, Decimal(0)) + sign * Decimal(str(line["Amount"]))
    return found
