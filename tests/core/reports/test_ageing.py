"""What is owed and what is not invoiced, by age."""

from datetime import date, timedelta

import pytest

from gateway.core.money import Money
from gateway.core.reports.ageing import (
    AgedReceivables,
    AgedUnbilled,
    EarnedItem,
    OwedItem,
    aged_receivables,
    aged_unbilled,
)

TODAY = date(2026, 6, 30)


def owed(amount: int, late: int | None, customer: str = "acme", currency: str = "EUR") -> OwedItem:
    due_on = None if late is None else TODAY - timedelta(days=late)
    return OwedItem(f"receivables:{customer}", currency, due_on, amount)


def earned(amount: int, days: int, document: str = "running:sub_1", customer: str = "acme") -> EarnedItem:
    return EarnedItem(f"unbilled_receivables:{customer}", document, "EUR", TODAY - timedelta(days=days), amount)


def owing(customer: str, *amounts: int, currency: str = "EUR") -> AgedReceivables:
    return AgedReceivables(customer, currency, *(Money(amount, currency) for amount in amounts))


def unbilled(customer: str, *amounts: int) -> AgedUnbilled:
    return AgedUnbilled(customer, "EUR", *(Money(amount, "EUR") for amount in amounts))


@pytest.mark.parametrize(
    ("late", "place"),
    [(-10, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (400, 4), (None, 5)],
)
def test_what_is_owed_stands_where_its_age_says(late: int | None, place: int) -> None:
    amounts = [0] * 6
    amounts[place] = 7
    assert aged_receivables(TODAY, [owed(7, late)]) == [owing("acme", *amounts, 7)]


def test_what_is_owed_to_the_customer_has_no_age() -> None:
    assert aged_receivables(TODAY, [owed(100, 5), owed(-30, 5)]) == [owing("acme", 0, 100, 0, 0, 0, -30, 70)]


def test_customers_and_currencies_stand_apart() -> None:
    items = [owed(1, 0, "globex"), owed(2, 0, "acme", "USD"), owed(3, 0), owed(4, 0), owed(0, 0, "even")]
    assert aged_receivables(TODAY, items) == [
        owing("acme", 7, 0, 0, 0, 0, 0, 7),
        owing("globex", 1, 0, 0, 0, 0, 0, 1),
        owing("acme", 2, 0, 0, 0, 0, 0, 2, currency="USD"),
    ]


def test_what_is_invoiced_of_a_period_is_the_oldest() -> None:
    items = [earned(50, 10), earned(30, 45), earned(20, 100), earned(-25, 0)]
    assert aged_unbilled(TODAY, items) == [unbilled("acme", 50, 25, 0, 0, 75)]


def test_periods_are_aged_by_themselves() -> None:
    items = [earned(50, 10, "running:sub_2"), earned(30, 65), earned(8, 91, customer="globex"), earned(-10, 0)]
    assert aged_unbilled(TODAY, items) == [unbilled("acme", 50, 0, 20, 0, 70), unbilled("globex", 0, 0, 0, 8, 8)]


def test_more_taken_off_than_was_earned_stays_visible() -> None:
    assert aged_unbilled(TODAY, [earned(10, 50), earned(-15, 40)]) == [unbilled("acme", 0, -5, 0, 0, -5)]
    assert aged_unbilled(TODAY, [earned(10, 50), earned(-10, 40)]) == []
