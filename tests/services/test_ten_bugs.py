"""Ten bugs, each in the live counts and in the recount: none gets past the gate."""

from copy import deepcopy

import pytest

from gateway.core.gate.discrepancy import Cause, Discrepancy, DiscrepancyKind
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.time import read_instant
from gateway.services.correct_event import CorrectionRequest, void_event
from tests.services.billing import FEBRUARY, Company, document
from tests.services.bugs import BUGS

LIVE, RECOUNT = 0, 1
CAUSES = {
    ("void", LIVE): Cause.LIVE_COUNT_CHANGED,
    ("lost block", LIVE): Cause.EVENTS_MISSING_LIVE,
    ("void", RECOUNT): Cause.RECOUNT_NOT_REPEATED,
    ("projection lag", RECOUNT): Cause.RECOUNT_NOT_REPEATED,
    ("dropped bucket", RECOUNT): Cause.RECOUNT_NOT_REPEATED,
    ("wrong version", RECOUNT): Cause.RECOUNT_NOT_REPEATED,
    ("lost block", RECOUNT): Cause.RECOUNT_NOT_REPEATED,
}
"""What is suggested where it is not that events are read differently."""
IN_JANUARY, LAST_HOUR = "2026-01-20T12:00:00Z", "2026-01-31T22:30:00Z"


def define(company: Company) -> None:
    """Two customers in Berlin, with a meter whose second version counts from 10 January on."""
    second = deepcopy(document())
    traffic = second["meters"][2]
    traffic["effective_from"], traffic["unit"] = read_instant("2026-01-10T00:00:00Z"), "GB"
    company.define(second)
    for customer in ("acme", "globex"):
        company.sign(customer, read_instant("2025-12-31T23:00:00Z"), time_zone="Europe/Berlin")


def use(company: Company) -> None:
    """Usage in time, in the last hour of January there, of another customer, late, and made void."""
    company.clock.set(read_instant("2026-01-31T22:45:00Z"))
    company.upload(IN_JANUARY, 5)
    company.upload(LAST_HOUR, 7)
    company.upload(IN_JANUARY, 11, customer="globex")
    company.clock.set(FEBRUARY)
    company.upload(IN_JANUARY, 13)
    company.upload(IN_JANUARY, 17)
    company.projector.catch_up()
    void_event(company.installation, CorrectionRequest("test", "upload-5", "sent by mistake", "ada", "void"))


def bill(company: Company) -> dict[str, tuple[InvoiceStatus, list[Discrepancy]]]:
    """What became of the usage of January, by customer."""
    company.bill(FEBRUARY)
    usage = [each for each in company.invoices() if each.status is not InvoiceStatus.VOID and each.key.kind == "period"]
    usage = [each for each in usage if any(line.meter for line in each.lines) or each.status is InvoiceStatus.HELD]
    holds = company.read(lambda unit: unit.invoices.discrepancies([each.id for each in usage]))
    return {each.customer: (each.status, holds.get(each.id, [])) for each in usage}


@pytest.fixture
def ready(company: Company) -> Company:
    define(company)
    return company


def test_without_a_bug_nothing_is_held(ready: Company) -> None:
    use(ready)
    assert {status for status, _ in bill(ready).values()} == {InvoiceStatus.FINALIZED}


@pytest.mark.parametrize("side", [LIVE, RECOUNT], ids=["live", "recount"])
@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_on_one_side_holds_the_invoice(
    ready: Company, monkeypatch: pytest.MonkeyPatch, bug: str, side: int
) -> None:
    BUGS[bug][side](monkeypatch)
    use(ready)
    status, holds = bill(ready)["acme"]
    assert status is InvoiceStatus.HELD
    found = [each for each in holds if each.kind is DiscrepancyKind.COUNT]
    cause = CAUSES.get((bug, side), Cause.EVENTS_READ_DIFFERENTLY)
    assert {each.cause for each in found} == {cause}
    assert all(each.events for each in found) == (cause is not Cause.RECOUNT_NOT_REPEATED)
