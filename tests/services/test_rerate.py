"""Re-rating a billed period: what is owed goes on the next invoice, what was overcharged comes back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.core.errors import IllegalTransition, InvalidValue, NotFound
from gateway.core.invoicing.invoice import ADJUSTMENT, Invoice, InvoiceStatus
from gateway.core.ports.rerating import RerateOutcome, Selection
from gateway.services.explain import explain_line, line_events
from gateway.services.replay_invoice import replay_invoice
from gateway.services.rerate import RerateRequest
from gateway.services.verify_books import verify_books
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, MARCH, Company, amounts, document
from tests.services.rerating import booked, previewed, rerated, void_calls

APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def with_january(company: Company) -> Invoice:
    """A customer whose January is billed."""
    company.sign()
    company.call("2026-01-05T12:00:00Z", times=10)
    company.upload("2026-01-06T12:00:00Z", "100")
    company.bill(FEBRUARY)
    return next(each for each in company.invoices() if each.key.boundary_at == FEBRUARY)


def adjustments_of(invoice: Invoice) -> list[tuple[str, str, str]]:
    return amounts(replace(invoice, lines=tuple(line for line in invoice.lines if line.is_adjustment)))


def test_a_preview_shows_what_late_events_change_and_stores_nothing(company: Company) -> None:
    january = with_january(company)
    company.call("2026-01-20T12:00:00Z", times=2)

    found = previewed(company)

    assert [each.rated.invoice.id for each in found] == [january.id]
    assert [str(each.rated.difference) for each in found] == ["1.98"]
    assert booked(found) == [("adjustment", "calls", "2", "1.98")]
    assert previewed(company) == found


def test_late_usage_is_a_line_of_the_next_invoice(company: Company) -> None:
    with_january(company)
    company.call("2026-01-20T12:00:00Z", times=2)

    outcome = rerated(company)
    company.bill(MARCH)

    february = company.invoices()[-1]
    assert outcome == {RerateOutcome.REVISED: 1, RerateOutcome.UNCHANGED: 1}
    assert adjustments_of(february) == [("calls", "2", "1.98")]
    assert february.status is InvoiceStatus.FINALIZED
    assert company.read(lambda unit: replay_invoice(unit, february)).invoice.lines == february.lines


def test_re_rating_again_finds_nothing_more(company: Company) -> None:
    with_january(company)
    company.call("2026-01-20T12:00:00Z", times=2)
    rerated(company)

    again = rerated(company, key="again")
    company.bill(MARCH)
    company.bill(APRIL)

    assert again == {RerateOutcome.UNCHANGED: 2}
    assert [adjustments_of(each) for each in company.invoices()] == [[], [], [("calls", "2", "1.98")], []]


def test_what_was_overcharged_is_credited_on_the_original(company: Company) -> None:
    january = with_january(company)
    void_calls(company, 3)

    found = previewed(company)
    rerated(company)

    assert booked(found) == [("credit_note", "calls", "-3", "-2.97")]
    (note,) = company.read(lambda unit: unit.credit_notes.of_invoices([january.id]))[january.id]
    assert str(note.total) == "2.97"
    assert note.reason == "late events"


def test_a_job_that_ends_anywhere_goes_on_where_it_was(company: Company) -> None:
    january = with_january(company)
    company.call("2026-01-20T12:00:00Z", times=2)

    first = rerated(company)
    again = rerated(company)

    assert first == again
    assert len(company.read(lambda unit: unit.rerating.of_invoices([january.id]))[january.id]) == 1


def test_a_line_of_the_next_invoice_is_explained_by_the_period_it_is_about(company: Company) -> None:
    with_january(company)
    company.call("2026-01-20T12:00:00Z", times=2)
    rerated(company)
    company.bill(MARCH)
    february = company.invoices()[-1]
    ordinal = len(february.lines) - 1

    found = explain_line(company.installation, february.id, ordinal)
    events = line_events(company.installation, february.id, ordinal, 0, 100)

    assert found.sentence == ("Calls from 1 to 31 January 2026, rated again: 13.41 instead of 11.43 make 1.98 USD.")
    assert (found.events, found.agrees, len(events)) == (12, True, 12)


def test_what_is_owed_is_billed_at_once_where_no_invoice_follows(company: Company) -> None:
    company.sign(ends_at=FEBRUARY)
    company.call("2026-01-05T12:00:00Z", times=10)
    company.bill(FEBRUARY)
    company.call("2026-01-20T12:00:00Z", times=2)

    rerated(company)

    (last,) = (each for each in company.invoices() if each.key.kind == ADJUSTMENT)
    assert (amounts(last), str(last.total)) == ([("calls", "2", "1.98")], "1.98")
    assert last.status is InvoiceStatus.FINALIZED
    assert company.read(lambda unit: replay_invoice(unit, last)).invoice.lines == last.lines
    assert rerated(company, key="again") == {RerateOutcome.UNCHANGED: 2}


def test_an_invoice_that_becomes_void_leaves_its_adjustments_for_the_next(company: Company) -> None:
    with_january(company)
    company.call("2026-01-20T12:00:00Z", times=2)
    rerated(company)
    company.bill(MARCH)
    void_invoice(company.installation, company.invoices()[-1].id, "ada", "wrong address", "v")

    company.bill()

    live = [each for each in company.invoices() if each.status is InvoiceStatus.FINALIZED]
    assert [adjustments_of(each) for each in live] == [[], [], [("calls", "2", "1.98")]]


def test_an_invoice_that_was_re_rated_cannot_become_void(company: Company) -> None:
    january = with_january(company)
    company.call("2026-01-20T12:00:00Z", times=2)
    rerated(company)

    with pytest.raises(IllegalTransition, match="was re-rated"):
        void_invoice(company.installation, january.id, "ada", "mistake", "v")


def test_a_result_that_would_hold_an_invoice_is_refused(sqlite_company: Company) -> None:
    january = with_january(sqlite_company)
    sqlite_company.upload("2026-01-20T12:00:00Z", "many")

    found = previewed(sqlite_company)
    outcome = rerated(sqlite_company)

    assert not found
    assert outcome == {RerateOutcome.REFUSED: 1, RerateOutcome.UNCHANGED: 1}
    assert not sqlite_company.read(lambda unit: unit.rerating.of_invoices([january.id]))


def test_the_prices_of_another_version_are_applied_to_a_billed_period(sqlite_company: Company) -> None:
    with_january(sqlite_company)
    cheaper = document()
    cheaper["plans"][0]["prices"][1]["tiers"][1]["unit_amount"] = "0.50"
    sqlite_company.define(cheaper)
    request = RerateRequest(Selection(plans=("pro",), customers=("acme",)), plan_version=2)

    found = previewed(sqlite_company, request)

    assert [str(each.rated.difference) for each in found] == ["-3.43"]


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        (RerateRequest(Selection()), InvalidValue, "has to change something"),
        (RerateRequest(Selection(), meters=("nothing",)), NotFound, "no meter 'nothing'"),
        (RerateRequest(Selection(customers=("nobody",)), has_late_events=True), NotFound, "no customer 'nobody'"),
        (RerateRequest(Selection(), plan_version=1), InvalidValue, "select just that plan"),
        (RerateRequest(Selection(plans=("pro",)), plan_version=9), NotFound, "9"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_starts(
    sqlite_company: Company, request_: RerateRequest, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        previewed(sqlite_company, request_)
    with pytest.raises(error, match=message):
        rerated(sqlite_company, request_)


def test_the_books_balance_and_have_what_was_billed(company: Company) -> None:
    with_january(company)
    company.call("2026-01-20T12:00:00Z", times=2)
    void_calls(company, 1)
    rerated(company)
    company.bill(MARCH)

    assert not verify_books(company.installation).differences
    notes = company.read(lambda unit: unit.credit_notes.page(None, 100))
    billed = sum(each.total.amount_minor for each in company.invoices())
    assert billed - sum(each.total.amount_minor for each in notes) == 3 * 4900 + 2892 + 1000
