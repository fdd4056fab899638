"""The classic disaster: a meter that counted double for three months, for every customer, found today."""

from datetime import UTC, datetime

import pytest

from gateway.core.invoicing.invoice import Invoice
from gateway.core.ports.rerating import RerateOutcome, Selection
from gateway.services.rerate import RerateRequest, preview_rerate, run_rerate, start_rerate
from gateway.services.verify_books import verify_books
from tests.services.billing import Company

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
CUSTOMERS, MONTHS, CALLS = 250, 3, 6
REPAIR = RerateRequest(Selection(), meters=("calls",))


def with_filter() -> dict[str, object]:
    """The meter as it should have been, from the beginning of the year."""
    return {
        "meters": [
            {
                "key": "calls",
                "name": "Calls",
                "event_type": "call",
                "aggregation": "count",
                "unit": "call",
                "filters": [{"property": "retry", "values": ["false"]}],
                "effective_from": datetime(2026, 1, 1, tzinfo=UTC),
            }
        ]
    }


def calls_of(customer: str, month: int) -> list[dict[str, object]]:
    """Six calls of a customer in a month, each sent once and once again."""
    return [
        {
            "source": "test",
            "id": f"{customer}-{month}-{number}-{retry}",
            "type": "call",
            "customer": customer,
            "occurred_at": f"2026-{month:02}-10T12:00:00Z",
            "properties": {"user": "ann", "retry": retry},
        }
        for number in range(CALLS)
        for retry in (False, True)
    ]


def damaged(company: Company) -> list[Invoice]:
    """Three months of all customers, billed with every call counted twice."""
    company.clock.set(APRIL)
    customers = [f"customer-{number:04}" for number in range(CUSTOMERS)]
    for customer in customers:
        company.sign(customer)
    for month in range(1, MONTHS + 1):
        for start in range(0, CUSTOMERS, 100):
            company.record([each for name in customers[start : start + 100] for each in calls_of(name, month)])
    company.bill(APRIL)
    return company.invoices()


@pytest.mark.slow
def test_a_meter_that_counted_double_is_repaired_for_everybody_exactly_once(sqlite_company: Company) -> None:
    damaged(sqlite_company)
    sqlite_company.define(with_filter())

    found = [each for each in preview_rerate(sqlite_company.installation, REPAIR) if each.rated.differences]
    job = start_rerate(sqlite_company.installation, REPAIR, "retries were counted", "ada", "repair")
    outcome = run_rerate(sqlite_company.installation, job)
    left = [each for each in preview_rerate(sqlite_company.installation, REPAIR) if each.rated.differences]

    # 12 calls were 3 at 1.50 and 9 at 0.99; 6 are 3 and 3.
    assert {str(each.rated.difference) for each in found} == {"-5.94"}
    assert (len(found), outcome[RerateOutcome.REVISED], len(left)) == (CUSTOMERS * MONTHS, CUSTOMERS * MONTHS, 0)
    assert sum(1 for _ in _notes(sqlite_company)) == CUSTOMERS * MONTHS
    assert not verify_books(sqlite_company.installation).differences


def _notes(company: Company) -> list[str]:
    return company.read(lambda unit: [note.number for note in unit.credit_notes.page(None, 100_000)])
