"""Progressive invoices: usage that is billed while its period runs, and what is left of it at the end."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.core.errors import IllegalTransition
from gateway.core.invoicing.discounts import Coupon, Discount, Fixed, Percent
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceStatus
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.ports.billing_terms import TaxScope
from gateway.services.bill import bill_due
from gateway.services.bill_early import bill_early, due_early
from gateway.services.cancel_subscription import cancel_subscription
from gateway.services.cost import RunningCost, running_costs
from gateway.services.count_periods import count_periods
from gateway.services.coupons_and_taxes import create_coupon, redeem_coupon, set_tax_rates
from gateway.services.explain import explain_line, line_events
from gateway.services.preview_invoice import preview_invoice
from gateway.services.record_phases import Change
from gateway.services.replay_invoice import replay_invoice
from gateway.services.resolve_review import approve
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, amounts, document
from tests.services.early import january, progressive, use, use_and_bill, with_thresholds

CALLS, TRAFFIC = 1, 3
"""Which prices of the plan they are."""

FOUR_CALLS = ["ann"] * 4
"""They come to 5.49, and their user to 4.00."""


def void(company: Company, invoice: Invoice) -> None:
    void_invoice(company.installation, invoice.id, "ada", "wrong", f"void {invoice.id}")


def cost(company: Company) -> RunningCost:
    [subscription] = company.read(lambda unit: unit.definitions.subscriptions(["acme"]))
    return running_costs(company.installation, company.projector, [subscription.id])[subscription.id]


def test_usage_that_reaches_a_threshold_is_billed_before_its_period_ends(company: Company) -> None:
    company.define(with_thresholds(period=["10", "20"]))
    subscription = company.sign()
    use_and_bill(company, january(5), FOUR_CALLS)
    use_and_bill(company, january(15), ["bob"])
    use_and_bill(company, january(16))
    use_and_bill(company, january(20), gigabytes=100)

    company.bill(FEBRUARY)

    first, second = progressive(company)
    assert amounts(first) == [("calls", "5", "6.48"), ("users", "2", "8.00")]
    assert amounts(second) == [("traffic/eu", "100", "12.50")]
    assert first.key == InvoiceKey(subscription.id, JANUARY, "progressive", 0)
    assert (second.key.sequence, second.billed_before) == (1, (first.id,))
    assert {each.status for each in (first, second)} == {InvoiceStatus.FINALIZED}
    assert first.issued_on.isoformat() == "2026-01-15"
    closing = company.invoices()[-1]
    assert amounts(closing) == [
        ("base", "1", "49.00"),
        ("calls", "5", "6.48"),
        ("users", "2", "8.00"),
        ("traffic/eu", "100", "12.50"),
        ("calls", "5", "-6.48"),
        ("users", "2", "-8.00"),
        ("traffic/eu", "100", "-12.50"),
    ]
    assert closing.billed_before == (first.id, second.id)
    assert [line.description for line in closing.lines][-1] == "Traffic (eu), billed before"


def test_a_later_invoice_bills_all_usage_so_far_less_what_was_billed(sqlite_company: Company) -> None:
    sqlite_company.define(with_thresholds(period=["9", "14"]))
    sqlite_company.sign()
    use_and_bill(sqlite_company, january(5), FOUR_CALLS)

    use_and_bill(sqlite_company, january(6), ["bob"] * 2)

    assert amounts(progressive(sqlite_company)[1]) == [
        ("calls", "6", "7.47"),
        ("users", "2", "8.00"),
        ("calls", "4", "-5.49"),
        ("users", "1", "-4.00"),
    ]


def test_a_plan_without_thresholds_bills_nothing_early(sqlite_company: Company) -> None:
    sqlite_company.sign()

    use_and_bill(sqlite_company, january(5), FOUR_CALLS, gigabytes=10**6)

    assert progressive(sqlite_company) == []


def test_a_run_for_an_instant_that_has_passed_bills_nothing_early(sqlite_company: Company) -> None:
    sqlite_company.define(with_thresholds(period=["1"]))
    sqlite_company.sign()
    use(sqlite_company, january(5), FOUR_CALLS)

    bill_due(sqlite_company.installation, sqlite_company.projector, january(4))

    assert progressive(sqlite_company) == []


def test_what_may_cost_less_with_more_usage_or_time_is_left_for_the_end(sqlite_company: Company) -> None:
    definitions = with_thresholds(period=["1"])
    definitions["plans"][0]["prices"][1] |= {"model": "volume", "tiers": [{"unit_amount": "1.00"}]}
    definitions["meters"][2] |= {"aggregation": "average", "dimensions": [], "effective_from": "2026-01-01T00:00:00Z"}
    definitions["plans"][0]["prices"][3] = {
        "key": "traffic", "name": "Traffic", "meter": "traffic", "model": "per_unit", "unit_amount": "1",
    }  # fmt: skip
    definitions["meters"][2]["key"] = definitions["plans"][0]["prices"][3]["meter"] = "mean"
    sqlite_company.define(definitions)
    sqlite_company.sign()

    use_and_bill(sqlite_company, january(5), FOUR_CALLS, gigabytes=10)

    assert [amounts(each) for each in progressive(sqlite_company)] == [[("users", "1", "4.00")]]


def test_thresholds_of_a_lifetime_count_earlier_periods_and_bill_once(company: Company) -> None:
    company.define(with_thresholds(lifetime=["20"], lifetime_step="10"))
    company.sign()
    use_and_bill(company, january(5), FOUR_CALLS)
    company.bill(FEBRUARY)

    use_and_bill(company, FEBRUARY + timedelta(days=1), FOUR_CALLS)
    use_and_bill(company, FEBRUARY + timedelta(days=2), ["bob"])
    use_and_bill(company, FEBRUARY + timedelta(days=3), ["bob"])
    use_and_bill(company, FEBRUARY + timedelta(days=4), ["bob"] * 6)

    # 9.49 of January, then 9.49, 14.48, 15.47 and 21.41 of February.
    assert [str(each.total) for each in progressive(company)] == ["14.48", "6.93"]


def test_discounts_wait_for_the_invoice_that_closes_the_period(company: Company) -> None:
    company.define(with_thresholds(period=["10"]))
    company.sign()
    company.bill(JANUARY)
    set_tax_rates(company.installation, TaxScope.CUSTOMER, "acme", [TaxRate("vat", Decimal(20))], "ada", "t1")
    for discount in (Discount("tenth", Percent(Decimal(10))), Discount("five", Fixed(Decimal(5), "USD"))):
        create_coupon(company.installation, Coupon(discount), "ada", f"create {discount.key}")
        redeem_coupon(company.installation, discount.key, "acme", "ada", f"redeem {discount.key}")
    use_and_bill(company, january(5), ["ann"] * 4 + ["bob"])

    company.bill(FEBRUARY)

    [early], closing = progressive(company), company.invoices()[-1]
    # Of 63.48 the tenth is 6.35; 14.48 of it was billed before.
    assert [str(each) for each in (early.discount, early.tax, early.total)] == ["0.00", "2.90", "17.38"]
    assert [str(each) for each in (closing.subtotal, closing.discount, closing.net)] == ["49.00", "11.35", "37.65"]
    assert str(closing.total) == "45.18"


def test_an_early_invoice_is_held_where_an_event_cannot_be_counted(company: Company) -> None:
    company.define(with_thresholds(period=["10"]))
    company.sign()
    use(company, january(5), ["ann"] * 4 + ["bob"], gigabytes="lots")
    company.upload(january(5).isoformat(), 8)

    run = company.bill()
    again = company.bill(january(6))

    [invoice] = progressive(company)
    assert (run.held, again.held, again.finalized) == ((invoice.id,), (), ())
    assert invoice.status is InvoiceStatus.HELD
    [hold] = company.read(lambda unit: unit.invoices.discrepancies([invoice.id]))[invoice.id]
    assert hold.meter == "traffic"
    approve(company.installation, invoice.id, "ada", "left out", "k1")
    company.bill()
    assert progressive(company)[0].status is InvoiceStatus.FINALIZED


def test_an_event_that_only_another_price_cannot_count_holds_nothing(sqlite_company: Company) -> None:
    definitions = with_thresholds(period=["10"])
    sqlite_company.define(definitions)
    sqlite_company.sign()

    use_and_bill(sqlite_company, january(5), ["ann"] * 4 + ["bob"], gigabytes="lots")

    assert [each.status for each in progressive(sqlite_company)] == [InvoiceStatus.FINALIZED]


def test_a_void_one_is_billed_again(company: Company) -> None:
    company.define(with_thresholds(period=["10"]))
    company.sign()
    use_and_bill(company, january(5), ["ann"] * 4 + ["bob"])
    [first] = progressive(company)
    void(company, first)

    use_and_bill(company, january(6), ["bob"])

    voided, again = progressive(company)
    assert (voided.status, again.status) == (InvoiceStatus.VOID, InvoiceStatus.FINALIZED)
    assert (again.key, str(again.total), again.billed_before) == (first.key, "15.47", ())


def test_what_a_later_invoice_takes_off_cannot_become_void(company: Company) -> None:
    company.define(with_thresholds(period=["10"]))
    company.sign()
    use_and_bill(company, january(5), ["ann"] * 4 + ["bob"])
    company.bill(FEBRUARY)
    [early], closing = progressive(company), company.invoices()[-1]

    with pytest.raises(IllegalTransition, match=f"because {closing.number} bills the same usage less what it billed"):
        void(company, early)

    void(company, closing)
    void(company, early)
    company.bill(FEBRUARY)
    assert str(company.invoices()[-1].subtotal) == "63.48"
    assert company.read(lambda unit: unit.books.balances())[("receivables:acme", "USD")] == 4900 + 6348


def test_a_period_that_is_cut_short_takes_off_what_was_billed_of_it(company: Company) -> None:
    company.define(with_thresholds(period=["10"]))
    subscription = company.sign()
    use_and_bill(company, january(5), ["ann"] * 4 + ["bob"])
    company.clock.set(january(16, 0))
    cancel_subscription(company.installation, Change(subscription.id, january(16, 0), "ada", "k"))

    company.bill()

    closing = company.invoices()[-1]
    assert closing.key.boundary_at == january(16, 0)
    assert amounts(closing)[1:] == [
        ("calls", "5", "6.48"), ("users", "2", "8.00"), ("calls", "5", "-6.48"), ("users", "2", "-8.00"),
    ]  # fmt: skip
    for invoice in (*progressive(company), closing):
        again = company.read(lambda unit, invoice=invoice: replay_invoice(unit, invoice).invoice)
        assert (again.inputs_hash, again.lines) == (invoice.inputs_hash, invoice.lines)


def test_usage_that_fell_by_a_correction_comes_back_at_the_end(sqlite_company: Company) -> None:
    sqlite_company.define(with_thresholds(period=["10"]))
    sqlite_company.sign()
    use_and_bill(sqlite_company, january(5), gigabytes=100)
    use_and_bill(sqlite_company, january(6), gigabytes=-60)

    sqlite_company.bill(FEBRUARY)

    assert amounts(sqlite_company.invoices()[-1])[3:] == [
        ("traffic/eu", "40", "5.00"),
        ("minimum", "1", "5.00"),
        ("traffic/eu", "100", "-12.50"),
    ]


def test_lines_are_explained_and_replayed(company: Company) -> None:
    company.define(with_thresholds(period=["9", "14"]))
    company.sign()
    use_and_bill(company, january(5), FOUR_CALLS)
    use_and_bill(company, january(6), ["bob"] * 2)
    company.call(january(6).isoformat(), "eve", times=2)
    company.bill(FEBRUARY)

    second = progressive(company)[1]
    calls, before = (explain_line(company.installation, second.id, ordinal) for ordinal in (0, 2))

    assert (calls.agrees, calls.events, str(calls.replayed_quantity)) == (True, 6, "6")
    assert calls.sentence.startswith("6 calls from 1 to 31 January 2026: ")
    assert (before.agrees, before.events, before.meter_version) == (True, 0, None)
    assert before.sentence == "Calls, billed before, from 1 to 31 January 2026: -5.49 USD."
    assert len(line_events(company.installation, second.id, 0, 0, 10)) == 6
    assert line_events(company.installation, second.id, 2, 0, 10) == []
    for invoice in company.invoices():
        again = company.read(lambda unit, invoice=invoice: replay_invoice(unit, invoice).invoice)
        assert (again.inputs_hash, again.lines) == (invoice.inputs_hash, invoice.lines)


def test_preview_and_running_cost_show_what_is_left_to_bill(company: Company) -> None:
    company.define(with_thresholds(period=["10"]))
    subscription = company.sign()
    use_and_bill(company, january(5), ["ann"] * 4 + ["bob"])
    use(company, january(6), ["bob"])

    preview = preview_invoice(company.installation, company.projector, subscription.id)
    shown = cost(company)
    company.bill(FEBRUARY)

    assert preview is not None
    assert str(preview.invoice.total) == "49.99"
    assert (preview.invoice.lines, preview.invoice.inputs_hash) == (
        company.invoices()[-1].lines,
        company.invoices()[-1].inputs_hash,
    )
    assert [str(each) for each in (shown.total, shown.billed, shown.unbilled)] == ["64.47", "14.48", "0.99"]


def test_usage_of_a_period_that_was_closed_meanwhile_is_not_billed_early(company: Company) -> None:
    company.define(with_thresholds(period=["10"]))
    company.sign()
    use(company, january(31), ["ann"] * 4 + ["bob"])
    [due] = due_early(company.installation, company.projector, january(31))
    counted = count_periods(company.installation, company.projector, [due])
    company.bill(FEBRUARY)

    assert bill_early(company.installation, due, counted) is None
    assert len(company.invoices()) == 2


def test_a_count_that_is_older_than_what_was_billed_bills_nothing(company: Company) -> None:
    company.define(with_thresholds(period=["10"]))
    company.sign()
    use(company, january(5), ["ann"] * 4 + ["bob"])
    [due] = due_early(company.installation, company.projector, january(5))
    counted = count_periods(company.installation, company.projector, [due])
    use_and_bill(company, january(6), ["bob"])

    assert bill_early(company.installation, due, counted) is None
    assert len(progressive(company)) == 1


def test_a_count_by_which_nothing_is_due_bills_nothing(sqlite_company: Company) -> None:
    sqlite_company.define(with_thresholds(period=["10"]))
    sqlite_company.sign()
    use(sqlite_company, january(5), ["ann"] * 4 + ["bob"])
    [due] = due_early(sqlite_company.installation, sqlite_company.projector, january(5))
    counted = count_periods(sqlite_company.installation, sqlite_company.projector, [due])
    nothing = {name: replace(each, quantities=()) for name, each in counted.periods.items()}

    assert bill_early(sqlite_company.installation, due, replace(counted, periods=nothing)) is None


def test_every_period_has_its_own_thresholds(sqlite_company: Company) -> None:
    sqlite_company.define(with_thresholds(period=["10"]))
    sqlite_company.sign()
    use_and_bill(sqlite_company, january(5), ["ann"] * 4 + ["bob"])
    use_and_bill(sqlite_company, FEBRUARY + timedelta(days=1), ["ann"] * 4 + ["bob"])
    sqlite_company.bill(MARCH)

    assert [(each.key.boundary_at, each.key.sequence) for each in progressive(sqlite_company)] == [
        (JANUARY, 0),
        (FEBRUARY, 0),
    ]
    assert [str(each.total) for each in sqlite_company.invoices() if each.key.kind == "period"] == ["49.00"] * 3


def billed_at_once(*prices: int) -> dict[str, Any]:
    """The plan of the company with these prices of usage billed as it comes."""
    definitions = document()
    for index in prices:
        definitions["plans"][0]["prices"][index]["timing"] = "in_advance"
    return definitions


def test_usage_in_advance_is_billed_by_the_next_run_with_a_line_over_what_is_new(company: Company) -> None:
    company.define(billed_at_once(CALLS))
    company.sign()
    use_and_bill(company, january(5), FOUR_CALLS)
    use_and_bill(company, january(6))
    use_and_bill(company, january(7), ["bob"] * 2)

    company.bill(FEBRUARY)

    first, second = progressive(company)
    assert amounts(first) == [("calls", "4", "5.49")]
    assert amounts(second) == [("calls", "6", "7.47"), ("calls", "4", "-5.49")]
    closing = company.invoices()[-1]
    # The commitment counts what was billed as it came.
    assert amounts(closing)[1:] == [("calls", "6", "7.47"), ("users", "2", "8.00"), ("calls", "6", "-7.47")]
    assert company.read(lambda unit: unit.books.balances())[("revenue:calls", "USD")] == -747
    for invoice in company.invoices():
        again = company.read(lambda unit, invoice=invoice: replay_invoice(unit, invoice).invoice)
        assert (again.inputs_hash, again.lines) == (invoice.inputs_hash, invoice.lines)


def test_usage_in_advance_that_falls_is_billed_when_it_has_risen_again(sqlite_company: Company) -> None:
    sqlite_company.define(billed_at_once(TRAFFIC))
    sqlite_company.sign()
    use_and_bill(sqlite_company, january(5), gigabytes=100)
    use_and_bill(sqlite_company, january(6), gigabytes=-60)
    use_and_bill(sqlite_company, january(7), gigabytes=40)
    use_and_bill(sqlite_company, january(8), gigabytes=40)

    assert [str(each.total) for each in progressive(sqlite_company)] == ["12.50", "2.50"]


def test_usage_in_advance_reaches_no_threshold(sqlite_company: Company) -> None:
    definitions = billed_at_once(TRAFFIC)
    definitions["plans"][0]["invoice_thresholds"] = {"period": ["7.00"]}
    sqlite_company.define(definitions)
    sqlite_company.sign()
    use_and_bill(sqlite_company, january(5), ["ann"], gigabytes=100)
    use_and_bill(sqlite_company, january(6), ["ann"])

    assert [amounts(each) for each in progressive(sqlite_company)] == [
        [("traffic/eu", "100", "12.50")],
        [("calls", "2", "3.00"), ("users", "1", "4.00")],
    ]
