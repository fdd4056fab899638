"""Summary journals balance, say where each account went, and have numbers of their own."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.books.account_mapping import AccountMapping, AccountThere, UnmappedAccounts, mapping_fault
from gateway.core.books.chart import CHART, AccountClass
from gateway.core.books.journals import Journal, SummaryLine, is_numbered_by, last_day, number_tag, summed
from gateway.core.errors import InvalidValue

NOON = datetime(2013, 7, 1, 12, tzinfo=UTC)
BANK, SALES = AccountThere("Bank"), AccountThere("Sales")
JOURNAL = Journal(
    id="jrn_1",
    connection="ledger",
    legal_entity="default",
    month="2013-06",
    currency="USD",
    revision=1,
    accounting_day=date(2013, 6, 30),
    made_at=NOON,
    lines=(SummaryLine(BANK, 1200, (("receivables:a", 1200),)), SummaryLine(SALES, -1200)),
)
MAPPING = AccountMapping(
    {"revenue:calls": AccountThere("Calls"), "revenue": AccountThere("Sales", classification="Usage")},
    {"receivables": "Receivables", "revenue": "Never", "tax_liability": "Tax"},
)


@pytest.mark.parametrize(
    ("account", "there"),
    [
        ("revenue:calls", AccountThere("Calls")),
        ("revenue:storage", AccountThere("Sales", classification="Usage")),
        ("receivables:acme", AccountThere("Receivables")),
        ("rounding", None),
    ],
)
def test_the_nearest_of_an_account_its_kind_and_the_default_counts(account: str, there: AccountThere | None) -> None:
    assert MAPPING.there(account) == there


def test_movements_are_summed_by_the_account_there() -> None:
    movements = {
        "receivables:b": 700,
        "receivables:a": 500,
        "revenue:calls": -800,
        "revenue:storage": -200,
        "tax_liability:vat": -200,
        "promotional_credit:a": -50,
        "promotional_grants:a": 50,
    }
    assert summed("ledger", movements, MAPPING) == (
        SummaryLine(AccountThere("Calls"), -800, (("revenue:calls", -800),)),
        SummaryLine(AccountThere("Receivables"), 1200, (("receivables:a", 500), ("receivables:b", 700))),
        SummaryLine(AccountThere("Sales", classification="Usage"), -200, (("revenue:storage", -200),)),
        SummaryLine(AccountThere("Tax"), -200, (("tax_liability:vat", -200),)),
    )


def test_what_comes_to_nothing_is_no_line() -> None:
    assert summed("ledger", {"receivables:a": 5, "receivables:b": -5}, MAPPING) == ()


def test_an_account_that_goes_nowhere_is_named_with_the_setting() -> None:
    with pytest.raises(UnmappedAccounts) as raised:
        summed("ledger", {"rounding": 1, "bad_debt:a": 1, "bad_debt:b": -2}, MAPPING)
    assert raised.value.reason == "Nothing says where bad_debt, rounding go at 'ledger'"
    assert raised.value.remedy == 'add to [journals.ledger.accounts]: bad_debt = "..."; rounding = "..."'


KINDS = st.sampled_from([each.kind + (":x" if each.detail else "") for each in CHART.values()])


@given(st.lists(st.tuples(KINDS, KINDS, st.integers(1, 10**12)), max_size=20))
def test_lines_balance_whatever_moved_between_accounts_that_are_sent(moves: list[tuple[str, str, int]]) -> None:
    names = {kind: f"There {len(kind) % 3}" for kind in CHART}
    movements: dict[str, int] = {}
    for debit, credit, amount in moves:
        records = {CHART[each.partition(":")[0]].account_class is AccountClass.MEMORANDUM for each in (debit, credit)}
        if len(records) == 1:
            movements[debit] = movements.get(debit, 0) + amount
            movements[credit] = movements.get(credit, 0) - amount
    lines = summed("ledger", movements, AccountMapping(defaults=names))
    assert sum(line.amount_minor for line in lines) == 0
    assert all(sum(amount for _, amount in line.parts) == line.amount_minor for line in lines)


def test_a_number_has_at_most_21_characters_and_is_known_again() -> None:
    last = replace(JOURNAL, revision=99, reverses="jrn_0")
    tag = number_tag("ledger", "default")
    assert last.number == f"2013-06-USD-99R-{tag}"
    assert len(last.number) == 21
    assert is_numbered_by(tag, last.number)
    assert is_numbered_by(tag, JOURNAL.number)
    assert not is_numbered_by(number_tag("other", "default"), JOURNAL.number)
    assert not is_numbered_by(tag, "AJE-17")


def test_a_reversal_exchanges_the_sides_and_has_a_number_of_its_own() -> None:
    reversal = JOURNAL.reversal("jrn_2", date(2013, 7, 1), NOON)
    assert [line.amount_minor for line in reversal.lines] == [-1200, 1200]
    assert (reversal.reverses, reversal.accounting_day) == ("jrn_1", date(2013, 7, 1))
    assert reversal.number != JOURNAL.number


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"revision": 100}, "has 99 journals in USD at 'ledger', the most"),
        ({"lines": JOURNAL.lines[:1]}, "jrn_1 does not balance"),
    ],
)
def test_a_journal_that_cannot_be_is_refused(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(InvalidValue, match=fault):
        replace(JOURNAL, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("month", "day"), [("2013-06", date(2013, 6, 30)), ("2012-02", date(2012, 2, 29)), ("2013-12", date(2013, 12, 31))]
)
def test_a_journal_is_booked_on_the_last_day_of_its_month(month: str, day: date) -> None:
    assert last_day(month) == day


@pytest.mark.parametrize(
    ("account", "fault"),
    [
        ("revenue", None),
        ("revenue:calls", None),
        ("rounding", None),
        ("sales", "'sales' is no kind of account; there are authorized_payments, bad_debt, breakage"),
        ("rounding:up", "'rounding' is one account; name it without ':up'"),
    ],
)
def test_a_mapping_names_kinds_or_accounts_of_the_chart(account: str, fault: str | None) -> None:
    found = mapping_fault(account)
    assert found is None if fault is None else fault in (found or "")
