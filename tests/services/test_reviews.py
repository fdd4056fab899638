"""Reviews of held invoices: who looks at them, what is decided, and what becomes of the invoice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.core.errors import IllegalTransition, InvalidValue, NotFound
from gateway.core.gate.history import HistoryRules
from gateway.core.gate.limits import TotalLimit
from gateway.core.gate.review import Decision, Review, ReviewStatus, SecondPersonNeeded
from gateway.core.gate.rules import GateRules
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.reviews import ReviewFilter
from gateway.services.correct_event import CorrectionRequest, void_event
from gateway.services.resolve_review import approve, resolve_review
from gateway.services.review import assign_review, comment_review
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, MARCH, Company

DAY = timedelta(days=1)
_ALL = ReviewFilter()


def reviews(company: Company, matching: ReviewFilter = _ALL) -> list[Review]:
    found: list[Review] = company.read(lambda unit: unit.reviews.page(matching, None, 10))
    return found


def history(company: Company, review: Review) -> list[tuple[str, str, str | None]]:
    found = company.read(lambda unit: unit.audit.of_subjects([review.id]))[review.id]
    return [(each.actor, each.action, each.reason) for each in found]


def usage_of_february(company: Company) -> list[Invoice]:
    """The invoices at the end of January with its usage, the void ones too."""
    at_end = [each for each in company.invoices() if each.key.boundary_at == FEBRUARY]
    return [each for each in at_end if each.key.kind == "period"]


@pytest.fixture
def held(company: Company) -> Review:
    """The review of an invoice with an upload that could not be counted, and one that could."""
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "lots")
    company.upload("2026-01-05T12:00:00Z", "2")
    company.bill(FEBRUARY)
    [review] = reviews(company)
    return review


def resolve(company: Company, review: Review, decision: Decision, actor: str = "ada", **more: object) -> None:
    resolve_review(company.installation, review.id, decision, actor, "looked at it", f"{actor}-{decision}", **more)  # type: ignore[arg-type]


def test_a_held_invoice_opens_a_review_that_is_assigned_commented_and_resolved(company: Company, held: Review) -> None:
    step = company.clock.advance
    assert (held.customer, held.status, held.assignee) == ("acme", ReviewStatus.OPEN, None)
    step(DAY)
    assign_review(company.installation, held.id, "bob", "ada", "1")
    step(DAY)
    comment_review(company.installation, held.id, "asked their engineers", "bob", "2")
    step(DAY)
    resolve(company, held, Decision.ACCEPT_RECOUNT, "bob")
    [resolved] = reviews(company)
    assert (resolved.assignee, resolved.status, resolved.decision) == (
        "bob",
        ReviewStatus.RESOLVED,
        Decision.ACCEPT_RECOUNT,
    )
    assert history(company, held) == [
        ("gateway", "review.opened", None),
        ("ada", "review.assigned", None),
        ("bob", "review.commented", None),
        ("bob", "review.resolved", "looked at it"),
    ]
    company.bill()
    [invoice] = usage_of_february(company)
    assert invoice.status is InvoiceStatus.FINALIZED


def test_approving_the_invoice_resolves_its_review(company: Company, held: Review) -> None:
    approve(company.installation, held.subject, "ada", "looked", "key")
    assert reviews(company)[0].decision is Decision.ACCEPT_RECOUNT


def test_waiting_drafts_the_invoice_again_with_what_came_until_then(company: Company, held: Review) -> None:
    resolve(company, held, Decision.WAIT, until=FEBRUARY + 3 * DAY)
    company.upload("2026-01-06T12:00:00Z", "40")
    company.bill(FEBRUARY + 2 * DAY)
    assert [each.status for each in usage_of_february(company)] == [InvoiceStatus.HELD]

    void_event(company.installation, CorrectionRequest("test", "upload-1", "no number", "ada", "v"))
    company.bill(FEBRUARY + 3 * DAY)

    first, second = sorted(usage_of_february(company), key=lambda each: each.status)
    assert {first.status, second.status} == {InvoiceStatus.VOID, InvoiceStatus.FINALIZED}
    [final] = [each for each in (first, second) if each.status is InvoiceStatus.FINALIZED]
    assert {line.price: str(line.quantity.normalize()) for line in final.lines}["traffic"] == "42"
    [review] = reviews(company)
    assert (review.status, review.decision) == (ReviewStatus.RESOLVED, Decision.WAIT)


def test_a_review_that_waits_may_be_resolved_before(company: Company, held: Review) -> None:
    resolve(company, held, Decision.WAIT, until=FEBRUARY + 3 * DAY)
    resolve(company, held, Decision.ACCEPT_RECOUNT)
    company.bill(FEBRUARY + 4 * DAY)
    assert [each.status for each in usage_of_february(company)] == [InvoiceStatus.FINALIZED]


def test_rating_again_drafts_the_invoice_from_what_is_so_now(company: Company, held: Review) -> None:
    void_event(company.installation, CorrectionRequest("test", "upload-1", "no number", "ada", "v"))
    resolve(company, held, Decision.RE_RATE)
    company.bill()
    assert sorted(each.status for each in usage_of_february(company)) == ["finalized", "void"]


def test_voiding_makes_nothing_of_the_period_ever(company: Company, held: Review) -> None:
    resolve(company, held, Decision.VOID)
    assert company.bill().held == ()
    company.bill(MARCH)
    assert [each.status for each in usage_of_february(company)] == [InvoiceStatus.VOID]


def test_voiding_the_invoice_itself_has_its_period_billed_again(company: Company, held: Review) -> None:
    void_invoice(company.installation, held.subject, "ada", "wrong plan", "key")
    company.bill()
    assert [each.decision for each in reviews(company)] == [Decision.RE_RATE, None]
    assert sorted(each.status for each in usage_of_february(company)) == ["held", "void"]


def test_a_review_is_resolved_once(company: Company, held: Review) -> None:
    resolve(company, held, Decision.ACCEPT_RECOUNT)
    resolve(company, held, Decision.ACCEPT_RECOUNT)
    with pytest.raises(IllegalTransition, match="is resolved"):
        resolve(company, held, Decision.VOID)
    with pytest.raises(NotFound, match="Review 'rev_9' does not exist"):
        assign_review(company.installation, "rev_9", "bob", "ada", "1")
    with pytest.raises(InvalidValue, match="reason of a resolution is empty"):
        resolve_review(company.installation, held.id, Decision.VOID, "ada", " ", "k")


def test_with_two_people_whoever_assigned_or_corrected_events_does_not_resolve(company: Company, held: Review) -> None:
    careful = replace(company.installation, gate=GateRules(two_people=True))
    assign_review(careful, held.id, "bob", "ada", "1")
    resolve_review(careful, held.id, Decision.WAIT, "bob", "they send it again", "2", FEBRUARY + DAY)
    with pytest.raises(SecondPersonNeeded, match="'ada' assigned the review"):
        resolve_review(careful, held.id, Decision.ACCEPT_RECOUNT, "ada", "looked", "3")


def test_with_two_people_whoever_corrected_counted_events_does_not_resolve(company: Company) -> None:
    company.clock.set(FEBRUARY)
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "lots")
    company.upload("2026-01-05T12:00:00Z", "more")
    void_event(company.installation, CorrectionRequest("test", "upload-1", "no number", "ada", "v"))
    company.bill(FEBRUARY)
    [review] = reviews(company)
    careful = replace(company.installation, gate=GateRules(two_people=True))
    with pytest.raises(SecondPersonNeeded):
        resolve_review(careful, review.id, Decision.ACCEPT_RECOUNT, "ada", "looked", "1")
    resolve_review(careful, review.id, Decision.ACCEPT_RECOUNT, "bob", "looked", "2")


def test_reviews_are_found_by_what_they_are(company: Company, held: Review) -> None:
    assign_review(company.installation, held.id, "bob", "ada", "1")
    for matching, number in (
        (ReviewFilter(assignee="bob", customer="acme", status=ReviewStatus.OPEN), 1),
        (ReviewFilter(subject=held.subject), 1),
        (ReviewFilter(assignee="ada"), 0),
        (ReviewFilter(status=ReviewStatus.RESOLVED), 0),
    ):
        assert len(reviews(company, matching)) == number
        assert company.read(lambda unit, asked=matching: unit.reviews.count(asked)) == number
    assert company.read(lambda unit: unit.reviews.counts()) == {"invoice": 1}


def test_usage_above_a_limit_is_held_while_the_fee_goes_out(sqlite_company: Company) -> None:
    limits = (TotalLimit("USD", Decimal(5)),)
    company = Company(replace(sqlite_company.installation, gate=GateRules(limits)), sqlite_company.clock)
    company.sign()
    company.call("2026-01-05T12:00:00Z", times=4)
    company.bill(FEBRUARY)
    [invoice] = usage_of_february(company)
    [hold] = company.read(lambda unit: unit.invoices.discrepancies([invoice.id]))[invoice.id]
    assert (hold.kind, hold.expected, hold.found) == ("total", "at most 5 USD", "9.49 USD")
    assert [each.status for each in company.invoices() if each.key.kind == "advance"] == [InvoiceStatus.FINALIZED]


def test_usage_far_from_what_it_used_to_be_is_held(sqlite_company: Company) -> None:
    rules = GateRules(history=HistoryRules(floor=Decimal(10)))
    company = Company(replace(sqlite_company.installation, gate=rules), sqlite_company.clock)
    company.sign()
    for month, times in ((1, 2), (2, 3), (3, 2), (4, 60)):
        company.clock.set(FEBRUARY.replace(month=month, day=20))
        company.call(f"2026-{month:02}-05T12:00:00Z", times=times)
        run = company.bill(FEBRUARY.replace(month=month + 1))
        assert bool(run.held) == (month == 4)
    [hold] = company.read(lambda unit: unit.invoices.discrepancies(list(run.held)))[run.held[0]]
    assert (hold.kind, hold.expected) == ("anomaly", "6.77 to 9.11 USD")
