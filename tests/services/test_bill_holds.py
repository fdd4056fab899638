"""Holds: what cannot be trusted waits for a person, and fees in advance go out on time."""

from datetime import timedelta

import pytest

from gateway.core.errors import IllegalTransition, InvalidValue, KeyReused, NotFound
from gateway.core.gate.discrepancy import Cause, Discrepancy, DiscrepancyKind, Resolution
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.services.finalize import finalize
from gateway.services.installation import Installation
from gateway.services.resolve_review import approve
from tests.services.billing import FEBRUARY, MARCH, Company, amounts, document
from tests.storage.statements import execute


def held(company: Company) -> Invoice:
    [found] = [each for each in company.invoices() if each.status is InvoiceStatus.HELD]
    return found


def holds(company: Company) -> list[Discrepancy]:
    invoice = held(company)
    return company.read(lambda unit: unit.invoices.discrepancies([invoice.id]))[invoice.id]


def test_counts_that_differ_hold_usage_while_the_fee_goes_out(company: Company) -> None:
    company.sign()
    company.call("2026-01-05T12:00:00Z", times=4)
    company.projector.catch_up()
    execute(
        company.installation.storage,
        "UPDATE live_count SET events = events + 1 WHERE bucket = 'period' AND series_id IN "
        "(SELECT id FROM live_series WHERE meter = 'calls')",
    )

    run = company.bill(FEBRUARY)

    assert [(each.key.kind, each.status, amounts(each)) for each in company.invoices()[1:]] == [
        ("advance", InvoiceStatus.FINALIZED, [("base", "1", "49.00")]),
        (
            "period",
            InvoiceStatus.HELD,
            [("calls", "4", "5.49"), ("users", "1", "4.00"), ("minimum", "1", "0.51")],
        ),
    ]
    assert run.held == (held(company).id,)
    detail = "the recount found 4 events, the live count 5"
    assert holds(company) == [
        Discrepancy(DiscrepancyKind.COUNT, "calls", (), "4", "5", detail, cause=Cause.LIVE_COUNT_CHANGED)
    ]


def test_a_hold_concerns_its_own_subscription_alone(sqlite_company: Company) -> None:
    for customer in ("acme", "globex"):
        sqlite_company.sign(customer)
        sqlite_company.upload("2026-01-05T12:00:00Z", "1", customer=customer)
    sqlite_company.upload("2026-01-05T12:00:00Z", "lots", customer="globex")

    sqlite_company.bill(FEBRUARY)

    assert [(each.customer, each.key.kind, each.status) for each in sqlite_company.invoices()[2:]] == [
        ("acme", "period", InvoiceStatus.FINALIZED),
        ("globex", "advance", InvoiceStatus.FINALIZED),
        ("globex", "period", InvoiceStatus.HELD),
    ]


def test_events_without_a_usable_value_hold_by_the_meters_rule(company: Company) -> None:
    company.sign()
    company.call("2026-01-05T12:00:00Z", user=None)  # `users` skips what is missing
    company.upload("2026-01-05T12:00:00Z", "lots")
    company.upload("2026-01-05T12:00:00Z", "2")

    company.bill(FEBRUARY)

    detail = "1 events have a value that is not a number, first at position 2"
    assert holds(company) == [Discrepancy(DiscrepancyKind.UNCOUNTABLE, "traffic", (), "0", "1", detail)]
    assert amounts(held(company)) == [
        ("calls", "1", "1.50"),
        ("users", "0", "0.00"),
        ("traffic/eu", "2", "0.25"),
        ("minimum", "1", "8.25"),
    ]


def test_usage_without_a_price_holds_and_is_left_out_of_the_lines(company: Company) -> None:
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "2.5", zone="mars")

    company.bill(FEBRUARY)

    [hold] = holds(company)
    assert (hold.kind, hold.meter, hold.dimensions, hold.found) == (
        DiscrepancyKind.UNPRICED,
        "traffic",
        (("zone", "mars"),),
        "2.5",
    )
    assert amounts(held(company)) == [("calls", "0", "0.00"), ("users", "0", "0.00"), ("minimum", "1", "10.00")]


def test_an_amount_beyond_every_bound_holds_instead_of_breaking_the_run(company: Company) -> None:
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "1e25")

    run = company.bill(FEBRUARY)

    [hold] = holds(company)
    assert (hold.kind, hold.meter, hold.found) == (
        DiscrepancyKind.UNPRICED,
        "traffic",
        "1250000000000000000000000.00 USD for a quantity of 10000000000000000000000000",
    )
    assert [price for price, *_ in amounts(held(company))] == ["calls", "users"]
    assert run.failed == ()


def test_lines_beyond_every_bound_hold_instead_of_flooding_the_invoice(sqlite_company: Company) -> None:
    definitions = document()
    definitions["plans"][0]["prices"][3]["default_unit_amount"] = "0.01"
    sqlite_company.define(definitions)
    sqlite_company.sign()
    upload = {"source": "test", "type": "upload", "customer": "acme", "occurred_at": "2026-01-05T12:00:00Z"}
    sqlite_company.record(
        [{**upload, "id": f"{n}", "properties": {"gigabytes": 1, "zone": f"zone-{n}"}} for n in range(1_001)]
    )

    sqlite_company.bill(FEBRUARY)

    [hold] = holds(sqlite_company)
    assert (hold.kind, hold.meter, hold.expected, hold.found) == (
        DiscrepancyKind.UNPRICED,
        "traffic",
        "at most 1000 lines",
        "1001 lines",
    )
    assert [price for price, *_ in amounts(held(sqlite_company))] == ["calls", "users"]


def test_only_the_first_of_very_many_discrepancies_are_listed(sqlite_company: Company) -> None:
    sqlite_company.sign()
    upload = {"source": "test", "type": "upload", "customer": "acme", "occurred_at": "2026-01-05T12:00:00Z"}
    sqlite_company.record(
        [{**upload, "id": f"{n}", "properties": {"gigabytes": 1, "zone": f"zone-{n:03}"}} for n in range(130)]
    )

    sqlite_company.bill(FEBRUARY)

    found = holds(sqlite_company)
    assert [each.dimensions for each in found[:2]] == [(("zone", "zone-000"),), (("zone", "zone-001"),)]
    assert (len(found), found[-1].detail) == (101, "30 more are not listed")


def test_a_held_invoice_is_not_numbered_booked_or_delivered(sqlite_company: Company) -> None:
    definitions = document()
    definitions["plans"][0]["prices"] = definitions["plans"][0]["prices"][1:]
    sqlite_company.define(definitions)
    sqlite_company.sign()
    sqlite_company.upload("2026-01-05T12:00:00Z", "lots")

    sqlite_company.bill(FEBRUARY)

    invoice = held(sqlite_company)
    assert sqlite_company.invoices() == [invoice]
    assert (invoice.number, invoice.finalized_at) == (None, None)
    assert sqlite_company.read(lambda unit: unit.books.balances()) == {}
    assert sqlite_company.read(lambda unit: unit.deliveries.by_document([invoice.id])) == {}


def test_an_approved_invoice_is_finalized_by_the_next_run_and_no_fee_is_billed_twice(company: Company) -> None:
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "lots")
    company.bill(FEBRUARY)
    invoice = held(company)

    approve(company.installation, invoice.id, "key_finance", "the customer agreed", "approve-1")
    run = company.bill(FEBRUARY + timedelta(days=1))

    assert run.finalized == (invoice.id,)
    assert [(each.key.kind, each.number, str(each.total)) for each in company.invoices()[1:]] == [
        ("advance", "INV-000002", "49.00"),
        ("period", "INV-000003", "10.00"),
    ]
    assert company.read(lambda unit: unit.invoices.resolutions([invoice.id])) == {
        invoice.id: Resolution(invoice.id, "key_finance", "the customer agreed", FEBRUARY)
    }


def test_a_repeated_approval_answers_the_same_and_another_request_is_refused(company: Company) -> None:
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "lots")
    company.bill(FEBRUARY)
    invoice = held(company)
    first = approve(company.installation, invoice.id, "key_1", "checked", "approve-1")

    assert approve(company.installation, invoice.id, "key_1", "checked", "approve-1") == first == invoice.id
    with pytest.raises(KeyReused, match="'approve-1' came with another request before"):
        approve(company.installation, invoice.id, "key_1", "another reason", "approve-1")
    with pytest.raises(IllegalTransition, match=f"Invoice {invoice.id} is approved; only a held one can be approved"):
        approve(company.installation, invoice.id, "key_1", "checked", "approve-2")


def test_an_approval_needs_a_reason_and_an_invoice(sqlite_company: Company) -> None:
    with pytest.raises(InvalidValue, match="The reason of a resolution is empty"):
        approve(sqlite_company.installation, "inv_1", "key_1", " ", "approve-1")
    with pytest.raises(NotFound, match="'inv_1' does not exist"):
        approve(sqlite_company.installation, "inv_1", "key_1", "checked", "approve-1")


def test_a_period_whose_fee_went_out_alone_is_billed_without_it_once_its_hold_is_void(company: Company) -> None:
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "lots")
    company.bill(FEBRUARY)
    void = held(company).moved_to(InvoiceStatus.VOID)
    company.installation.storage.transact(lambda unit: unit.invoices.update_status(void))

    company.bill(MARCH - timedelta(seconds=1))

    again = held(company)
    assert (again.key.boundary_at, [price for price, *_ in amounts(again)]) == (
        FEBRUARY,
        ["calls", "users", "minimum"],
    )
    assert [each.key.kind for each in company.invoices()[1:]] == ["advance", "period", "period"]


def test_an_approved_invoice_that_cannot_be_finalized_keeps_no_other_back(
    sqlite_company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for customer in ("acme", "globex"):
        sqlite_company.sign(customer)
        sqlite_company.upload("2026-01-05T12:00:00Z", "lots", customer=customer)
    sqlite_company.bill(FEBRUARY)
    bad, good = [each for each in sqlite_company.invoices() if each.status is InvoiceStatus.HELD]
    for invoice in (bad, good):
        approve(sqlite_company.installation, invoice.id, "key_1", "looked at", f"approve {invoice.id}")

    def finalize_but_one(installation: Installation, invoice_id: str) -> Invoice:
        if invoice_id == bad.id:
            raise InvalidValue("no")
        return finalize(installation, invoice_id)

    monkeypatch.setattr("gateway.services.bill.finalize", finalize_but_one)
    run = sqlite_company.bill(FEBRUARY)

    assert run.finalized == (good.id,)
    assert [(each.subscription_id, each.reason) for each in run.failed] == [(bad.key.subscription_id, "no")]
