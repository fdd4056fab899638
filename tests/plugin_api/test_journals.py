"""Journals that exist balance, in one currency, under a number that every accounting system can keep."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.core.errors import InvalidDefinition
from gateway.plugin_api import (
    ExternalJournal,
    JournalCapabilities,
    JournalDocument,
    JournalLine,
    JournalReversal,
    JournalSide,
    Money,
    RatePolicy,
    TargetAccount,
)

RECEIVABLE = JournalLine("Receivables", JournalSide.DEBIT, Money(1200, "USD"))
REVENUE = JournalLine("Sales", JournalSide.CREDIT, Money(1000, "USD"))
TAX = JournalLine("Tax", JournalSide.CREDIT, Money(200, "USD"))
JOURNAL = JournalDocument(
    number="GJ-2013-06-1",
    legal_entity="default",
    currency="USD",
    home_currency="EUR",
    accounting_day=date(2013, 6, 30),
    lines=(RECEIVABLE, REVENUE, TAX),
)
HELD = ExternalJournal(
    ref="1", number="GJ-2013-06-1", currency="USD", accounting_day=date(2013, 6, 30), lines=JOURNAL.lines
)
CAPABILITIES = JournalCapabilities(
    reversal=JournalReversal.SECOND_JOURNAL,
    lines_max=2,
    number_field="DocNumber",
    number_length_max=21,
    idempotency_window_seconds=0,
    rate=RatePolicy(10, 1, 10),
)
EUROS = replace(TAX, amount=Money(200, "EUR"))


def test_the_total_of_a_journal_is_that_of_either_side() -> None:
    assert JOURNAL.total == HELD.total == Money(1200, "USD")


def test_what_an_accounting_system_holds_may_have_no_lines() -> None:
    assert replace(HELD, lines=()).total == Money(0, "USD")


@pytest.mark.parametrize(
    ("value", "changes", "fault"),
    [
        (RECEIVABLE, {"account": " "}, "account: is empty"),
        (RECEIVABLE, {"customer": "c" * 256}, "customer: has 256 characters"),
        (RECEIVABLE, {"classification": ""}, "classification: is empty"),
        (RECEIVABLE, {"amount": Money(0, "USD")}, r"amount: is 0\.00; put it on the other side, or leave it out"),
        (RECEIVABLE, {"amount": Money(-1, "USD")}, r"amount: is -0\.01; put it on the other side"),
        (RECEIVABLE, {"memo": "m" * 1001}, "memo: has 1001 characters"),
        (JOURNAL, {"number": ""}, "number: '' is not a number"),
        (JOURNAL, {"number": "J" * 22}, "use up to 21 letters, digits and dashes"),
        (JOURNAL, {"number": "J 1"}, "number: 'J 1' is not a number"),
        (JOURNAL, {"reverses": "J/1"}, "reverses: 'J/1' is not a number"),
        (JOURNAL, {"home_currency": "euro"}, "home_currency: Currency 'euro' is not"),
        (JOURNAL, {"currency": "dollar"}, "currency: Currency 'dollar' is not"),
        (JOURNAL, {"memo": "m" * 1001}, "memo: has 1001 characters"),
        (JOURNAL, {"lines": (RECEIVABLE, REVENUE)}, r"do not balance: debits are 12\.00 and credits 10\.00 USD"),
        (JOURNAL, {"lines": (RECEIVABLE, REVENUE, EUROS)}, "lines: are not all in USD, but also in EUR"),
        (JOURNAL, {"lines": ()}, "lines: are none"),
        (HELD, {"lines": (RECEIVABLE,)}, "lines: do not balance"),
        (HELD, {"ref": ""}, "ref: is no text of 1 to 255"),
        (HELD, {"number": None}, "number: is of type NoneType"),
        (TargetAccount("1", "Sales"), {"ref": ""}, "ref: is no text of 1 to 255"),
        (TargetAccount("1", "Sales"), {"name": None}, "name: is no text of 1 to 255"),
        (CAPABILITIES, {"lines_max": 1}, "lines_max: is 1; a journal has at least 2"),
        (CAPABILITIES, {"number_field": ""}, "number_field: is empty"),
        (CAPABILITIES, {"number_length_max": 20}, "number_length_max: is less than 21"),
        (CAPABILITIES, {"idempotency_window_seconds": -1}, "idempotency_window_seconds: is below zero"),
    ],
)
def test_what_cannot_be_is_refused(value: Any, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidDefinition, match=fault):
        replace(value, **changes)
