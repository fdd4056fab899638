"""What is earned: how far the books are with documents, what happened to the money for them, and what was delivered."""

from datetime import date

from gateway.core.ports.revenue import Recognition
from gateway.core.ports.storage import UnitOfWork
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.facts import Authorized, ChargebackWon, FeeCharged, Paid, RecordedFact, Reduced, Withdrawn
from gateway.storage.database import Database
from tests.storage.examples import NOON, entry, invoice, store_subscription

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)
FACTS: list[RecordedFact] = [
    Paid(JANUARY, 500),
    Paid(JANUARY, None, Account.SETTLED_OUTSIDE),
    Reduced(FEBRUARY, 300, Account.BAD_DEBT, shares=(200, 100)),
    FeeCharged(FEBRUARY, 7),
    ChargebackWon(FEBRUARY, 9),
    Authorized(FEBRUARY, 11),
]


def test_what_is_due_comes_in_order_and_only_of_one_entity(database: Database) -> None:
    begun = [
        Recognition("inv_2", "default", FEBRUARY),
        Recognition("inv_1", "default", JANUARY),
        Recognition("inv_3", "default", None),
        Recognition("inv_4", "de", JANUARY),
    ]

    def work(unit: UnitOfWork) -> None:
        for each in begun:
            unit.revenue.add(each)

    database.transact(work)

    assert database.read(lambda unit: unit.revenue.due("default", FEBRUARY, 9)) == ["inv_1", "inv_2"]
    assert database.read(lambda unit: unit.revenue.due("default", JANUARY, 9)) == ["inv_1"]
    assert database.read(lambda unit: unit.revenue.due("default", FEBRUARY, 1)) == ["inv_1"]
    counted = [
        database.read(lambda unit, end=end: unit.revenue.count_due("default", end)) for end in (JANUARY, FEBRUARY)
    ]
    assert counted == [1, 2]
    after = Recognition("inv_1", "default", None, entries=2)
    database.transact(lambda unit: unit.revenue.update([after]))
    assert database.transact(lambda unit: unit.revenue.lock(["inv_1", "inv_9"])) == {"inv_1": after}


def test_facts_come_back_in_the_order_recorded(database: Database) -> None:
    def work(unit: UnitOfWork) -> None:
        store_subscription(unit)
        unit.invoices.add(invoice(), ())
        for fact in [*FACTS, Withdrawn(FEBRUARY, 2)]:
            unit.revenue.add_fact("inv_1", fact, NOON)

    database.transact(work)

    assert database.read(lambda unit: unit.revenue.recorded_facts("inv_1")) == [*FACTS, Withdrawn(FEBRUARY, 2)]
    withdrawn = Reduced(FEBRUARY, 300, Account.BAD_DEBT, withdrawn_on=FEBRUARY, shares=(200, 100))
    in_force = (*FACTS[:2], withdrawn, *FACTS[3:])
    assert database.read(lambda unit: unit.revenue.facts(["inv_1", "inv_9"])) == {"inv_1": in_force}


def test_what_was_delivered_comes_back_by_line(database: Database) -> None:
    delivered = {0: ((JANUARY, 100), (FEBRUARY, 300)), 2: ((JANUARY, -5),)}

    def work(unit: UnitOfWork) -> None:
        store_subscription(unit)
        unit.invoices.add(invoice(), ())
        unit.revenue.set_delivered("inv_1", delivered)
        unit.revenue.set_delivered("inv_1", {})

    database.transact(work)

    assert database.read(lambda unit: unit.revenue.delivered(["inv_1", "inv_9"])) == {"inv_1": delivered}


def test_what_is_posted_comes_with_its_day(database: Database) -> None:
    database.transact(lambda unit: unit.books.post(entry()))

    [posted] = database.read(lambda unit: unit.books.posted(["inv_1/0", "inv_9/0"]))

    assert (posted.day, [posted.transfer]) == (entry().accounting_day, list(entry().transfers))


def test_how_far_accruals_are_is_kept_by_entity(database: Database) -> None:
    for day in (JANUARY, FEBRUARY):
        database.transact(lambda unit, day=day: unit.revenue.set_accrued_through("default", day))

    found = [database.read(lambda unit, key=key: unit.revenue.accrued_through(key)) for key in ("default", "de")]
    assert found == [FEBRUARY, None]


def test_what_is_posted_is_found_by_the_beginning_of_its_source(database: Database) -> None:
    database.transact(lambda unit: unit.books.post(entry()))

    found = [
        database.read(lambda unit, prefix=prefix: unit.books.posted_under(prefix)) for prefix in ("inv_1/", "inv_2")
    ]
    assert [len(each) for each in found] == [1, 0]
