"""Sums over the ledger."""

from datetime import date

from gateway.core.ledger import Transfer
from gateway.core.legal_entity import LegalEntity
from gateway.core.money import Money
from gateway.core.reports.flows import BookedFlow
from gateway.core.reports.open_items import OpenItem
from gateway.storage.database import Database
from tests.storage.examples import NOON, entry

BEGIN, END = "2026-01", "2026-12"
LATE = date(2026, 12, 31)


def post(database: Database, number: int, key: str, *transfers: Transfer, **changes: object) -> None:
    posted = entry(number, key=key, transfers=transfers, **changes)
    assert database.transact(lambda unit: unit.books.post(posted))


def with_other_books(database: Database) -> Database:
    """The same database, where another legal entity keeps books, too."""
    other = LegalEntity("elsewhere", name="Elsewhere", currency="EUR", invoice_series="ELSE")
    database.transact(lambda unit: unit.legal_entities.add(other, NOON))
    return database


def moved(debit: str, credit: str, amount: int, source: str = "inv_1/0", currency: str = "EUR") -> Transfer:
    return Transfer(debit, credit, Money(amount, currency), source)


def test_flows_are_summed_by_month_reason_and_kinds(database: Database) -> None:
    sale = moved("receivables:acme", "revenue:calls", 100)
    other = moved("receivables:globex", "revenue:traffic", 20)
    tax = moved("receivables:acme", "tax_liability:vat", 5)
    yen = moved("receivables:acme", "revenue:calls", 9, currency="JPY")
    post(database, 1, "invoice-finalized:inv_1/0", sale, other, tax, yen)
    post(database, 2, "invoice-finalized:inv_2/0", sale)
    post(database, 3, "recognised:inv_2/1", sale)
    post(with_other_books(database), 4, "recognised:inv_3/1", sale, legal_entity="elsewhere")
    post(database, 5, "recognised:inv_3/2", sale, accounting_day=date(2026, 4, 30))
    assert database.read(lambda unit: unit.reports.flows("default", "2026-03", "2026-04")) == [
        BookedFlow("2026-03", "invoice-finalized", "receivables", "revenue", "EUR", 220),
        BookedFlow("2026-03", "invoice-finalized", "receivables", "revenue", "JPY", 9),
        BookedFlow("2026-03", "invoice-finalized", "receivables", "tax_liability", "EUR", 5),
        BookedFlow("2026-03", "recognised", "receivables", "revenue", "EUR", 100),
        BookedFlow("2026-04", "recognised", "receivables", "revenue", "EUR", 100),
    ]
    assert database.read(lambda unit: unit.reports.flows("default", "2026-05", "2026-12")) == []


def test_sums_beyond_64_bits_are_exact(database: Database) -> None:
    largest = 2**63 - 1
    for number in range(3):
        post(database, number, f"x:{number}", moved("receivables:acme", "revenue:calls", largest))
    [flow] = database.read(lambda unit: unit.reports.flows("default", BEGIN, END))
    assert flow.amount_minor == 3 * largest
    [item] = database.read(lambda unit: unit.reports.open_items("default", "revenue", LATE))
    assert item.amount_minor == -3 * largest


def test_open_items_are_what_documents_left_on_accounts(database: Database) -> None:
    sale = moved("receivables:acme", "revenue:calls", 2**40)
    tax = moved("receivables:acme", "tax_liability:vat", 5, "inv_1/1")
    paid = moved("cash:main", "receivables:acme", 2**40 + 5, "inv_1/money")
    other = moved("receivables:globex", "revenue:calls", 7, "inv_2/0")
    longer = moved("receivables_of_others:x", "revenue:calls", 7, "inv_2/1")
    post(database, 1, "a", sale, tax)
    post(database, 2, "b", paid, accounting_day=date(2026, 4, 1))
    post(database, 3, "c", other, longer)
    post(with_other_books(database), 4, "d", other, legal_entity="elsewhere")

    def items(day: date, kind: str = "receivables") -> list[OpenItem]:
        return database.read(lambda unit: unit.reports.open_items("default", kind, day))

    globex = OpenItem("receivables:globex", "inv_2", "EUR", 7)
    assert items(LATE) == [globex]
    assert items(date(2026, 3, 31)) == [OpenItem("receivables:acme", "inv_1", "EUR", 2**40 + 5), globex]
    assert items(date(2026, 2, 28)) == []
    assert items(LATE, "cash") == [OpenItem("cash:main", "inv_1", "EUR", 2**40 + 5)]


def test_an_account_that_is_its_kind_has_items_too(database: Database) -> None:
    post(database, 1, "a", moved("customer_credit:acme", "breakage", 3, "wal_1/4"))
    items = database.read(lambda unit: unit.reports.open_items("default", "breakage", LATE))
    assert items == [OpenItem("breakage", "wal_1", "EUR", -3)]
