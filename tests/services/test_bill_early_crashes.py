"""Progressive billing ends anywhere and runs again, or runs twice at once: each usage is billed once."""

import signal

import pytest

from gateway.core.invoicing.invoice import InvoiceStatus
from tests.services.billing import FEBRUARY, Company, amounts
from tests.services.early import january, progressive, use, with_thresholds
from tests.services.ending_anywhere import EndsAnywhere
from tests.services.processes import exit_codes, start_process


def prepare(company: Company) -> None:
    """Two customers who have reached the threshold, and one who has not; their fees are billed."""
    company.define(with_thresholds(period=["10"]))
    for customer in ("acme", "globex", "umbrella"):
        company.sign(customer)
    company.bill(january(1, 0))
    use(company, january(5))
    for customer, times in (("acme", 5), ("globex", 9)):
        company.call(january(5).isoformat(), "ann", customer, times)
        company.call(january(5).isoformat(), "bob", customer)
    company.call(january(5).isoformat(), "ann", "umbrella")


def assert_billed_once(company: Company) -> None:
    """Each reached the threshold once; closing the period takes it off."""
    early = progressive(company)
    assert [(each.customer, each.key.sequence, amounts(each)) for each in early] == [
        ("acme", 0, [("calls", "6", "7.47"), ("users", "2", "8.00")]),
        ("globex", 0, [("calls", "10", "11.43"), ("users", "2", "8.00")]),
    ]
    assert {each.status for each in early} == {InvoiceStatus.FINALIZED}
    assert {each.number for each in company.invoices()} == {f"INV-{n:06}" for n in range(1, 6)}
    deliveries = company.read(lambda unit: unit.deliveries.by_document([each.id for each in early]))
    assert {len(found) for found in deliveries.values()} == {1}
    company.bill(FEBRUARY)
    closing = {each.customer: str(each.total) for each in company.invoices() if each.key.boundary_at == FEBRUARY}
    assert closing == {"acme": "49.00", "globex": "49.00", "umbrella": "59.00"}


class TestBillingEarly(EndsAnywhere):
    points_in_a_run = 18

    def prepare(self, company: Company) -> None:
        prepare(company)

    def assert_billed_once(self, company: Company) -> None:
        assert_billed_once(company)


@pytest.mark.parametrize("crash_at", [5, 12])
def test_after_a_kill_the_next_process_finishes(company: Company, database_url: str, crash_at: int) -> None:
    prepare(company)
    killed = exit_codes(start_process(database_url, crash_at, january(5)))

    finishing = exit_codes(start_process(database_url, now=january(5)))

    assert (killed, finishing) == ([-signal.SIGKILL], [0])
    assert_billed_once(company)
