"""Journals sum every entry of their month once, and say what of it went where."""

from dataclasses import replace
from datetime import date, timedelta

from gateway.core.books.account_mapping import AccountMapping
from gateway.core.books.journal_comparison import JournalComparison, JournalDifference, JournalDifferenceKind
from gateway.core.books.journals import Journal, SummaryLine, summed
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.money import Money
from gateway.core.ports.journals import JournalFilter
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from tests.storage.examples import NOON

MAPPING = AccountMapping(defaults={"receivables": "AR", "revenue": "Sales", "tax_liability": "Tax"})
JUNE = "2013-06"


def posted(key: str, *transfers: tuple[str, str, int], currency: str = "USD", day: int = 10) -> JournalEntry:
    """An entry in June 2013."""
    made = tuple(Transfer(debit, credit, Money(amount, currency), f"{key}/0") for debit, credit, amount in transfers)
    return JournalEntry(key, date(2013, 6, day), NOON, made)


def journal(revision: int = 1, currency: str = "USD", connection: str = "ledger") -> Journal:
    return Journal(
        id=f"jrn_{connection}_{currency}_{revision}",
        connection=connection,
        legal_entity="default",
        month=JUNE,
        currency=currency,
        revision=revision,
        accounting_day=date(2013, 6, 30),
        made_at=NOON,
    )


def make(database: Database, made: Journal) -> Journal:
    """Add a journal with what it sums."""

    def work(unit: UnitOfWork) -> None:
        unit.journals.add(made)
        unit.journals.put_lines(made.id, summed("ledger", unit.journals.gather(made), MAPPING))

    database.transact(work)
    return database.read(lambda unit: unit.journals.by_ids([made.id]))[made.id]


def post(database: Database, *entries: JournalEntry) -> None:
    database.transact(lambda unit: [unit.books.post(each) for each in entries])


def currencies(database: Database, connection: str = "ledger") -> list[str]:
    return database.read(lambda unit: unit.journals.unsummed_currencies(connection, "default", JUNE))


FIRST = posted("one", ("receivables:a", "revenue:calls", 1000), ("receivables:a", "tax_liability:vat", 200))
SECOND = posted("two", ("receivables:b", "revenue:calls", 500), ("revenue:calls", "receivables:a", 100), day=30)
OTHERS = (
    posted("yen", ("receivables:a", "revenue:calls", 7), currency="JPY"),
    replace(FIRST, key="may", accounting_day=date(2013, 5, 31)),
    replace(FIRST, key="july", accounting_day=date(2013, 7, 1)),
)


def test_a_journal_sums_the_entries_of_its_month_and_currency(database: Database) -> None:
    post(database, FIRST, SECOND, *OTHERS)
    assert currencies(database) == ["JPY", "USD"]
    made = make(database, journal())
    assert [(line.there.name, line.amount_minor, line.parts) for line in made.lines] == [
        ("AR", 1600, (("receivables:a", 1100), ("receivables:b", 500))),
        ("Sales", -1400, (("revenue:calls", -1400),)),
        ("Tax", -200, (("tax_liability:vat", -200),)),
    ]
    assert currencies(database) == ["JPY"]
    assert currencies(database, "other") == ["JPY", "USD"]


def test_the_next_revision_sums_what_came_later(database: Database) -> None:
    post(database, FIRST)
    make(database, journal())
    post(database, SECOND)
    assert database.read(lambda unit: unit.journals.next_revision("ledger", "default", JUNE, "USD")) == 2
    assert [(line.there.name, line.amount_minor) for line in make(database, journal(2)).lines] == [
        ("AR", 400),
        ("Sales", -400),
    ]
    assert currencies(database) == []


def test_an_entry_in_two_currencies_is_in_a_journal_of_each(database: Database) -> None:
    both = replace(FIRST, transfers=(*FIRST.transfers, *OTHERS[0].transfers))
    post(database, both)
    assert make(database, journal()).lines[0].amount_minor == 1200
    assert currencies(database) == ["JPY"]
    assert make(database, journal(currency="JPY")).lines[0].amount_minor == 7


def test_what_a_reversed_journal_summed_is_free_again(database: Database) -> None:
    post(database, FIRST)
    made = make(database, journal())
    reversal = made.reversal("jrn_z", date(2013, 7, 1), NOON)
    database.transact(lambda unit: unit.journals.add(reversal))
    found = database.read(lambda unit: unit.journals.by_ids([made.id, "jrn_z"]))
    assert found["jrn_z"] == reversal
    assert found[made.id] == replace(made, reversed_by="jrn_z")
    assert currencies(database) == ["USD"]
    assert make(database, journal(2)).lines == made.lines


def test_sums_keep_every_digit(database: Database) -> None:
    largest = 2**62
    post(database, posted("big", ("receivables:a", "revenue:calls", largest), ("revenue:calls", "receivables:a", 1)))
    assert make(database, journal()).lines[0].amount_minor == largest - 1


def test_lines_can_be_replaced_while_what_they_sum_stays(database: Database) -> None:
    post(database, FIRST)
    made = make(database, journal())
    other = AccountMapping(defaults={"receivables": "AR", "revenue": "Other", "tax_liability": "Other"})

    def work(unit: UnitOfWork) -> None:
        unit.journals.put_lines(made.id, summed("ledger", unit.journals.movements(made.id), other))

    database.transact(work)
    found = database.read(lambda unit: unit.journals.by_ids([made.id]))[made.id]
    assert found.lines[1].parts == (("revenue:calls", -1000), ("tax_liability:vat", -200))


def test_a_journal_leads_to_its_transfers(database: Database) -> None:
    post(database, FIRST, SECOND, *OTHERS)
    made = make(database, journal())

    def places(account: str | None = None, after: tuple[str, int] | None = None, limit: int = 10) -> list[object]:
        found = database.read(lambda unit: unit.journals.transfers(made.id, account, after, limit))
        return [(each.entry_key, each.ordinal, each.transfer.amount.amount_minor) for each in found]

    everything = [("one", 0, 1000), ("one", 1, 200), ("two", 0, 500), ("two", 1, 100)]
    assert places() == everything
    assert places(limit=2) == everything[:2]
    assert places(after=("one", 1)) == everything[2:]
    assert places("receivables:b") == [("two", 0, 500)]
    assert places("receivables:a") == [("one", 0, 1000), ("one", 1, 200), ("two", 1, 100)]


def test_journals_are_listed_by_what_they_are_of(database: Database) -> None:
    post(database, FIRST, *OTHERS)
    ids = [make(database, each).id for each in (journal(), journal(currency="JPY"), journal(connection="other"))]

    def listed(after: str | None = None, limit: int = 10, **matching: str) -> list[str]:
        found = database.read(lambda unit: unit.journals.page(JournalFilter(**matching), after, limit))
        return [each.id for each in found]

    assert listed() == sorted(ids)
    assert listed(connection="other") == ["jrn_other_USD_1"]
    assert listed(month="2013-07") == []
    assert listed(legal_entity="default", after=sorted(ids)[0], limit=1) == [sorted(ids)[1]]


def test_what_is_asked_to_be_compared_waits_until_it_is(database: Database) -> None:
    later = NOON + timedelta(hours=1)

    def asked() -> object:
        return database.read(lambda unit: unit.journals.next_comparison("ledger"))

    def ask(unit: UnitOfWork) -> None:
        unit.journals.request_comparison("ledger", "default", "2013-07", later)
        unit.journals.request_comparison("ledger", "default", JUNE, NOON)

    database.transact(ask)
    assert asked() == ("default", JUNE, NOON)
    different = JournalDifference(JournalDifferenceKind.MISSING, "2013-06-USD-1-AAAAA", "jrn_1", "it is gone")
    done = JournalComparison("ledger", "default", JUNE, NOON, later, 3, (different,))
    database.transact(lambda unit: unit.journals.put_comparison(done))
    assert asked() == ("default", "2013-07", later)
    assert database.read(lambda unit: unit.journals.comparisons("default", JUNE)) == [done]


def test_a_summary_line_of_one_account_there_is_kept_with_customer_and_class(database: Database) -> None:
    post(database, FIRST)
    made = make(database, journal())
    there = replace(made.lines[0].there, customer="All customers", classification="Usage")
    lines = (SummaryLine(there, 1200, made.lines[0].parts), *made.lines[1:])
    database.transact(lambda unit: unit.journals.put_lines(made.id, lines))
    assert database.read(lambda unit: unit.journals.by_ids([made.id]))[made.id].lines == lines
