"""Re-rating a billed period: what is owed goes on the next invoice, what was overcharged comes back."""

from dataclasses import replace
from datetime import UTC, datetime

from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.rerating import RerateOutcome
from gateway.services.replay_invoice import replay_invoice
from tests.services.billing import FEBRUARY, MARCH, Company, amounts
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
