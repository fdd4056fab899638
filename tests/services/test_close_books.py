"""Closing the books: what is asked for before, who may do it twice, and that nothing slips into a closed month."""

from datetime import timedelta

import pytest

from gateway.core.books.accounting_periods import AccountingPeriod, ClosedBooks, PeriodStatus
from gateway.core.books.closing import NotReadyToClose
from gateway.core.errors import IllegalTransition, InvalidDefinition, InvalidValue, KeyReused, NotFound
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.provider_differences import DifferenceKind, DifferenceState, ProviderDifference
from gateway.services.close_books import PeriodRequest, close_period, lock_period, reopen_period
from gateway.services.customers import create_customer
from gateway.services.legal_entities import create_legal_entity
from gateway.services.recognise import recognise_due
from gateway.services.resolve_review import approve
from gateway.services.show_books import accounts_of_kind, show_trial_balance
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company

BERLIN = {"key": "de", "name": "Beispiel", "currency": "EUR", "invoice_series": "DE", "time_zone": "Europe/Berlin"}


def request(month: str = "2026-01", key: str = "k1", entity: str = "default") -> PeriodRequest:
    return PeriodRequest(entity, month, "ada", key)


def refusals(company: Company, month: str = "2026-01", entity: str = "default") -> list[str]:
    """What is open of a month."""
    with pytest.raises(NotReadyToClose) as refused:
        close_period(company.installation, request(month, "asked", entity))
    return [str(item) for item in refused.value.items]


def status_of(company: Company, month: str, entity: str = "default") -> PeriodStatus:
    books: ClosedBooks = company.read(lambda unit: unit.accounting_periods.closed_books(entity))
    return books.status(month)


def test_a_month_that_is_billed_closes_locks_and_stays_locked(company: Company) -> None:
    company.sign()
    company.bill(FEBRUARY)
    assert close_period(company.installation, request()) == AccountingPeriod("default", "2026-01", PeriodStatus.CLOSED)
    assert lock_period(company.installation, request(key="k2")).status is PeriodStatus.LOCKED
    with pytest.raises(IllegalTransition, match="2026-01 is locked, for ever"):
        reopen_period(company.installation, request(key="k3"), "a mistake")
    [first, second] = company.read(lambda unit: unit.accounting_periods.changes("default"))
    assert (first.ordinal, first.actor, first.reason, first.after) == (1, "ada", None, PeriodStatus.CLOSED)
    assert (second.ordinal, second.before, second.after) == (2, PeriodStatus.CLOSED, PeriodStatus.LOCKED)


def test_what_is_not_billed_keeps_a_month_open_even_while_grace_runs(company: Company) -> None:
    company.sign("acme")
    company.sign("globex")
    company.clock.set(FEBRUARY)
    assert refusals(company) == ["4 billing dates are not billed; run `gateway bill` after the grace period"]


def test_invoices_that_are_not_final_keep_a_month_open_each_with_what_to_do(company: Company) -> None:
    company.sign("globex")
    company.upload("2026-01-05T12:00:00Z", "lots", customer="globex")
    company.bill(FEBRUARY)
    held = "1 invoice is held; look at why with `gateway explain`, then approve or void"
    assert refusals(company) == [held]

    [stopped] = [each for each in company.invoices() if each.status is InvoiceStatus.HELD]
    approve(company.installation, stopped.id, "ada", "counted by hand", "a1")
    assert refusals(company) == [
        "1 invoice is approved and not final; run `gateway bill`, which finalizes what is approved"
    ]
    company.bill()
    close_period(company.installation, request())


def test_open_differences_to_providers_keep_a_month_open(company: Company) -> None:
    company.sign()
    company.bill(FEBRUARY)
    [first, *_] = company.invoices()
    for number, invoice in enumerate((first.id, ""), start=1):
        difference = ProviderDifference(
            id=f"dif_{number}", connection="main", document_kind="invoice", document_id=invoice, invoice_id=invoice,
            ref=f"r{number}", kind=DifferenceKind.TOTAL, ours="1", theirs="2", found_at=FEBRUARY, seen_at=FEBRUARY,
            state=DifferenceState.OPEN, closed_at=None, actor=None, note=None,
        )  # fmt: skip
        company.installation.storage.transact(lambda unit, made=difference: unit.differences.put(made))
    answer = "see `gateway providers differences`, and answer them"
    assert refusals(company) == [f"2 differences to providers are open; {answer}"]


def test_revenue_that_is_not_posted_keeps_a_month_open(company: Company) -> None:
    company.sign()
    company.bill(JANUARY)
    company.bill(FEBRUARY)
    assert refusals(company) == ["revenue earned by the end of 2026-01 is not posted; run `gateway books recognise`"]
    recognise_due(company.installation)
    close_period(company.installation, request())


def test_what_is_open_is_passed_over_with_a_reason_and_kept(company: Company) -> None:
    company.sign()
    company.clock.set(FEBRUARY)
    close_period(company.installation, request(), "the auditor wants it")
    [change] = company.read(lambda unit: unit.accounting_periods.changes("default"))
    assert change.reason == "the auditor wants it"
    assert change.passed_over == ("2 billing dates are not billed; run `gateway bill` after the grace period",)

    company.bill()
    assert [row.account for row in show_trial_balance(company.installation, "default", "2026-01").rows] == []
    [owed] = accounts_of_kind(company.installation, "default", "2026-02", "receivables", None, 9)
    assert (owed.account, owed.opening_minor, owed.debit_minor) == ("receivables:acme", 0, 10_800)


def test_voiding_after_a_lock_is_booked_in_the_open_month(company: Company) -> None:
    company.sign()
    company.bill(FEBRUARY)
    close_period(company.installation, request())
    before = show_trial_balance(company.installation, "default", "2026-01")
    [first, *_] = company.invoices()
    void_invoice(company.installation, first.id, "ada", "billed twice", "v1")
    after = show_trial_balance(company.installation, "default", "2026-01")
    assert (after, after.is_balanced) == (before, True)


def test_months_end_in_the_zone_of_the_legal_entity(company: Company) -> None:
    create_legal_entity(company.installation, BERLIN)
    # In Berlin it is February already, in UTC it is not.
    company.clock.set(FEBRUARY - timedelta(minutes=30))
    with pytest.raises(IllegalTransition, match="2026-01 has not ended; close it from 2026-02-01 on"):
        close_period(company.installation, request())
    close_period(company.installation, request(entity="de"))


def test_each_legal_entity_asks_for_its_own_invoices(company: Company) -> None:
    create_legal_entity(company.installation, BERLIN)
    create_customer(company.installation, "acme", "Acme", legal_entity="de")
    company.sign("acme")
    company.clock.set(FEBRUARY)
    close_period(company.installation, request())
    # In Berlin, the month ends an hour before the period of the subscription does: what it earned is to be accrued.
    assert refusals(company, entity="de") == [
        "1 billing date is not billed; run `gateway bill` after the grace period",
        "revenue earned by the end of 2026-01 is not posted; run `gateway books recognise`",
    ]


def test_a_repeat_gets_the_same_answer_and_changes_nothing(company: Company) -> None:
    company.clock.set(FEBRUARY)
    close_period(company.installation, request())
    company.sign()
    assert close_period(company.installation, request()).status is PeriodStatus.CLOSED
    reopen_period(company.installation, request(key="k2"), "late usage")
    assert reopen_period(company.installation, request(key="k2"), "late usage").status is PeriodStatus.OPEN
    assert status_of(company, "2026-01") is PeriodStatus.OPEN
    assert len(company.read(lambda unit: unit.accounting_periods.changes("default"))) == 2
    with pytest.raises(KeyReused):
        close_period(company.installation, request("2025-12"))


def test_a_month_is_opened_again_with_a_reason(company: Company) -> None:
    company.clock.set(FEBRUARY)
    close_period(company.installation, request())
    with pytest.raises(InvalidDefinition, match="reason"):
        reopen_period(company.installation, request(key="k2"), " ")
    reopen_period(company.installation, request(key="k2"), "late usage")
    [_, change] = company.read(lambda unit: unit.accounting_periods.changes("default"))
    assert (change.before, change.after, change.reason) == (PeriodStatus.CLOSED, PeriodStatus.OPEN, "late usage")


def test_an_override_needs_a_reason_too(sqlite_company: Company) -> None:
    sqlite_company.clock.set(FEBRUARY)
    with pytest.raises(InvalidDefinition, match="reason"):
        close_period(sqlite_company.installation, request(), "")


@pytest.mark.parametrize("month", ["2026-1", "January", "2026-13"])
def test_what_is_no_month_is_refused(sqlite_company: Company, month: str) -> None:
    for ask in (close_period, lock_period):
        with pytest.raises(InvalidValue, match="is not a month; write it like 2013-06"):
            ask(sqlite_company.installation, request(month))
    with pytest.raises(InvalidValue, match="is not a month"):
        show_trial_balance(sqlite_company.installation, "default", month)


def test_an_unknown_legal_entity_or_kind_is_refused(sqlite_company: Company) -> None:
    for ask in (close_period, lock_period):
        with pytest.raises(NotFound, match="'nobody'"):
            ask(sqlite_company.installation, request(entity="nobody"))
    with pytest.raises(NotFound, match="'nobody'"):
        show_trial_balance(sqlite_company.installation, "nobody", "2026-01")
    with pytest.raises(InvalidValue, match="'pocket' is not a kind of account; choose one of cash, "):
        accounts_of_kind(sqlite_company.installation, "default", "2026-01", "pocket", None, 9)


def test_months_close_in_order_over_real_postings(company: Company) -> None:
    company.sign()
    company.bill(MARCH)
    with pytest.raises(IllegalTransition, match="Month 2026-01 is open and has postings; close it before 2026-02"):
        close_period(company.installation, request("2026-02"))
    for month in ("2026-01", "2026-02"):
        close_period(company.installation, request(month, month))
    assert status_of(company, "2026-02") is PeriodStatus.CLOSED


def test_the_running_month_is_not_asked_for_what_is_open(company: Company) -> None:
    company.sign()
    company.clock.set(JANUARY + timedelta(days=20))
    with pytest.raises(IllegalTransition, match="has not ended"):
        close_period(company.installation, request())
