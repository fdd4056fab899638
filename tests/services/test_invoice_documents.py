"""Discounts, taxes, credit notes and voiding, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.core.errors import IllegalTransition, InvalidDefinition, KeyReused, NotFound
from gateway.core.invoicing.credit_notes import CreditItem, CreditNote, Disposition
from gateway.core.invoicing.discounts import (
    Coupon,
    CouponDuration,
    Discount,
    DiscountOrder,
    Fixed,
    Percent,
)
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.core.invoicing.taxes import Exemption, TaxBase, TaxRate
from gateway.core.money import Money
from gateway.core.ports.billing_terms import TaxScope
from gateway.plugin_api import NeedsAttention
from gateway.services.coupons_and_taxes import CouponRefused, create_coupon, redeem_coupon, set_tax_rates
from gateway.services.credit_invoice import CreditExceeded, CreditRequest, credit_invoice, preview_credit
from gateway.services.customers import KeyTaken
from gateway.services.delivery_documents import to_credit_note_document, to_invoice_document
from gateway.services.grant_credit import GrantRequest, grant_credit
from gateway.services.replay_invoice import replay_invoice
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, JANUARY, Company

VAT = TaxRate("vat", Decimal(20))
TENTH = Discount("tenth", Percent(Decimal(10)))
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def billed(company: Company) -> Company:
    """Acme pays 20 % of tax on all but calls, and has a tenth off one invoice; 10.00 of usage in January."""
    company.define()
    company.sign()
    set_tax_rates(company.installation, TaxScope.CUSTOMER, "acme", [VAT], "ada", "t1")
    set_tax_rates(company.installation, TaxScope.PRICE, "pro/calls", [TaxRate("reduced", Decimal(7))], "ada", "t2")
    offer(company, Coupon(TENTH))
    company.call("2026-01-10T12:00:00Z", times=2)
    return company


def offer(company: Company, coupon: Coupon, customer: str = "acme") -> None:
    """Create a coupon and let a customer redeem it."""
    create_coupon(company.installation, coupon, "ada", f"create {coupon.key}")
    redeem_coupon(company.installation, coupon.key, customer, "ada", f"redeem {coupon.key}")


def totals(invoice: Invoice) -> list[str]:
    """Subtotal, discount, net, tax and total."""
    return [str(each) for each in (invoice.subtotal, invoice.discount, invoice.net, invoice.tax, invoice.total)]


def credit(
    company: Company, invoice: Invoice, *items: tuple[int, str], key: str = "c1", how: Disposition = Disposition.REFUND
) -> CreditNote:
    """Credit parts of lines, or all that is left."""
    parts = tuple(CreditItem(line, Money.rounded(Decimal(amount), "USD")) for line, amount in items)
    made = credit_invoice(company.installation, CreditRequest(invoice.id, "Outage", how, parts), "ada", key)
    return company.read(lambda unit: unit.credit_notes.by_ids([made])[made])


def test_an_invoice_has_the_discounts_and_taxes_of_its_customer(billed: Company) -> None:
    billed.bill(JANUARY)

    [first] = billed.invoices()

    assert totals(first) == ["49.00", "4.90", "44.10", "8.82", "52.92"]


def test_a_coupon_that_counts_once_leaves_the_next_invoice_alone(billed: Company) -> None:
    billed.bill(FEBRUARY)

    later = billed.invoices()[1]

    assert later.discount == Money.zero("USD")
    assert [(line.price, [(share.rate.key, str(share.amount)) for share in line.taxes]) for line in later.lines] == [
        ("base", [("vat", "9.80")]),
        ("calls", [("reduced", "0.21")]),
        ("users", [("vat", "0.80")]),
        ("minimum", [("vat", "0.60")]),
    ]


def test_what_an_amount_takes_off_is_counted_once_where_usage_is_held(company: Company) -> None:
    company.define()
    company.sign()
    for coupon in (Coupon(TENTH), Coupon(Discount("five", Fixed(Decimal(5), "USD")))):
        offer(company, coupon)
    company.bill(JANUARY)
    offer(company, Coupon(Discount("seven", Fixed(Decimal(7), "USD")), CouponDuration.FOREVER))
    company.clock.set(FEBRUARY)
    company.upload("2026-01-10T12:00:00Z", "much")

    company.bill(FEBRUARY)

    advance, held = company.invoices()[1:]
    assert (advance.key.kind, held.status) == ("advance", InvoiceStatus.HELD)
    assert [str(advance.discount), str(held.discount)] == ["0.00", "7.00"]


def test_an_invoice_replays_by_the_terms_that_it_was_drafted_with(billed: Company) -> None:
    billed.bill(FEBRUARY)
    set_tax_rates(billed.installation, TaxScope.CUSTOMER, "acme", [], "ada", "t3")

    for invoice in billed.invoices():
        assert billed.read(lambda unit, each=invoice: replay_invoice(unit, each)).invoice.lines == invoice.lines


def test_the_books_have_the_tax_as_a_liability_and_balance(billed: Company) -> None:
    billed.bill(JANUARY)

    assert billed.read(lambda unit: unit.books.balances()) == {
        ("deferred_revenue:base", "USD"): -4268,
        ("receivables:acme", "USD"): 5292,
        # The first of 31 days.
        ("revenue:base", "USD"): -142,
        ("tax_liability:vat", "USD"): -882,
    }


def test_a_provider_gets_net_lines_and_a_line_for_each_tax(billed: Company) -> None:
    billed.bill(FEBRUARY)
    first, later = billed.invoices()

    assert [(line.id.partition(":")[2], str(line.amount)) for line in to_invoice_document(first, "cus").flat_lines] == [
        ("0", "44.10"),
        ("tax-0", "8.82"),
    ]
    document = to_invoice_document(later, "cus")
    assert sum(line.amount.amount_minor for line in document.flat_lines) == document.total.amount_minor
    assert [line.description for line in document.flat_lines][-2:] == ["vat 20 %", "reduced 7 %"]


def test_a_reverse_charge_is_shown_and_costs_nothing(billed: Company) -> None:
    rates = [TaxRate("vat", Decimal(0), Exemption.REVERSE_CHARGE)]
    set_tax_rates(billed.installation, TaxScope.CUSTOMER, "acme", rates, "ada", "t3")
    billed.bill(JANUARY)

    [first] = billed.invoices()

    assert (str(first.tax), first.lines[0].taxes[0].rate.exemption) == ("0.00", Exemption.REVERSE_CHARGE)


def test_coupons_that_cannot_be_redeemed_are_refused(billed: Company) -> None:
    installation = billed.installation
    create_coupon(installation, Coupon(Discount("rare", Percent(Decimal(5))), redemptions_max=1), "ada", "k1")
    billed_too = "globex"
    billed.sign(billed_too)
    redeem_coupon(installation, "rare", "acme", "ada", "k2")

    with pytest.raises(CouponRefused, match="1 times, as often as it may be"):
        redeem_coupon(installation, "rare", billed_too, "ada", "k3")
    with pytest.raises(CouponRefused, match="'acme' has redeemed coupon 'tenth' already"):
        redeem_coupon(installation, "tenth", "acme", "ada", "k4")
    with pytest.raises(KeyTaken, match="a coupon 'rare' already"):
        create_coupon(installation, Coupon(Discount("rare", Percent(Decimal(50)))), "ada", "k5")
    assert redeem_coupon(installation, "rare", "acme", "ada", "k2") == "rare"


@pytest.mark.parametrize(
    ("scope", "name", "fault"),
    [
        (TaxScope.CUSTOMER, "nobody", "nobody"),
        (TaxScope.PLAN, "free", "free"),
        (TaxScope.PRICE, "pro/coffee", "Plan 'pro' has no price 'coffee'"),
    ],
)
def test_tax_rates_of_what_does_not_exist_are_refused(billed: Company, scope: TaxScope, name: str, fault: str) -> None:
    with pytest.raises(NotFound, match=fault):
        set_tax_rates(billed.installation, scope, name, [VAT], "ada", "t9")


def test_credit_notes_give_back_parts_and_the_last_one_the_rest(billed: Company) -> None:
    billed.bill(JANUARY)
    [first] = billed.invoices()

    part = credit(billed, first, (0, "10.00"))
    rest = credit(billed, first, key="c2", how=Disposition.RECEIVABLE)

    assert [str(each) for each in (part.discount, part.net, part.tax, part.total)] == ["1.00", "9.00", "1.80", "10.80"]
    assert (part.number, rest.number, str(rest.total)) == ("INV-CN-000001", "INV-CN-000002", "42.12")
    assert billed.read(lambda unit: unit.books.balances()) == {
        ("deferred_revenue:base", "USD"): 0,
        ("receivables:acme", "USD"): 1080,
        ("refunds_payable:acme", "USD"): -1080,
        ("revenue:base", "USD"): 0,
        ("tax_liability:vat", "USD"): 0,
    }


def test_a_credit_note_over_more_than_is_left_is_refused_and_takes_no_number(billed: Company) -> None:
    billed.bill(JANUARY)
    [first] = billed.invoices()
    credit(billed, first, (0, "40.00"))

    with pytest.raises(CreditExceeded, match=r"has 9\.00 USD left to credit, not 9\.01"):
        credit(billed, first, (0, "9.01"), key="c2")
    assert credit(billed, first, key="c3").number == "INV-CN-000002"
    with pytest.raises(CreditExceeded, match=r"Nothing of invoice .* is left to credit"):
        credit(billed, first, key="c4")


def test_a_credit_note_is_issued_once_for_its_key(billed: Company) -> None:
    billed.bill(JANUARY)
    [first] = billed.invoices()

    assert credit(billed, first, (0, "10.00")) == credit(billed, first, (0, "10.00"))
    with pytest.raises(KeyReused):
        credit(billed, first, (0, "11.00"))


def test_what_a_credit_note_would_give_back_can_be_seen_first(billed: Company) -> None:
    billed.bill(JANUARY)
    [first] = billed.invoices()

    lines = billed.read(lambda unit: preview_credit(unit, CreditRequest(first.id, "Outage")))

    assert [str(line.gross) for line in lines] == ["52.92"]
    assert billed.read(lambda unit: unit.credit_notes.page(None, 9)) == []


def test_a_credit_note_has_a_reason() -> None:
    with pytest.raises(InvalidDefinition, match="reason: is empty"):
        CreditRequest("inv_1", "")


def test_an_invoice_that_is_not_final_cannot_be_credited(billed: Company) -> None:
    billed.upload("2026-01-10T12:00:00Z", "much")
    billed.bill(FEBRUARY)
    held = next(each for each in billed.invoices() if each.status is InvoiceStatus.HELD)

    with pytest.raises(IllegalTransition, match="is held; only a finalized one can be credited"):
        credit(billed, held)


def test_voiding_reverses_the_books_and_lets_the_boundary_be_billed_again(billed: Company) -> None:
    billed.bill(JANUARY)
    [first] = billed.invoices()

    assert void_invoice(billed.installation, first.id, "ada", "Wrong plan", "v1") == first.id
    assert void_invoice(billed.installation, first.id, "ada", "Wrong plan", "v1") == first.id

    assert set(billed.read(lambda unit: unit.books.balances()).values()) == {0}
    voided = billed.read(lambda unit: unit.invoices.get(first.id))
    assert (voided.status, voided.number, voided.lines) == (InvoiceStatus.VOID, first.number, first.lines)
    assert billed.read(lambda unit: unit.credit_notes.voidings([first.id]))[first.id].reason == "Wrong plan"
    billed.bill()
    again = billed.invoices()[1] if billed.invoices()[0].id == first.id else billed.invoices()[0]
    assert (again.number, again.total) == ("INV-000002", first.total)


def test_a_paid_or_credited_invoice_cannot_be_voided(billed: Company) -> None:
    billed.bill(FEBRUARY)
    first, later = billed.invoices()
    billed.installation.storage.transact(lambda unit: unit.invoices.update_payment(first.id, PaymentStatus.PAID, APRIL))
    credit(billed, later, (0, "1.00"))

    with pytest.raises(IllegalTransition, match="is paid and cannot become void; give it back by a credit note"):
        void_invoice(billed.installation, first.id, "ada", "Wrong", "v1")
    with pytest.raises(IllegalTransition, match="has credit notes and cannot become void"):
        void_invoice(billed.installation, later.id, "ada", "Wrong", "v2")


def test_a_held_invoice_can_be_voided_and_books_nothing(billed: Company) -> None:
    billed.upload("2026-01-10T12:00:00Z", "much")
    billed.bill(FEBRUARY)
    held = next(each for each in billed.invoices() if each.status is InvoiceStatus.HELD)
    before = billed.read(lambda unit: unit.books.balances())

    void_invoice(billed.installation, held.id, "ada", "Test customer", "v1")

    assert billed.read(lambda unit: unit.books.balances()) == before


def test_a_credit_note_goes_out_with_net_lines_and_its_taxes_by_rate(billed: Company) -> None:
    billed.bill(FEBRUARY)
    first, _ = billed.invoices()
    note = credit(billed, first, how=Disposition.OUT_OF_BAND)

    document = to_credit_note_document(note, first, "in_1", "cus_1")

    assert [(line.invoice_line_id, str(line.amount)) for line in document.lines] == [(f"{first.id}:0", "44.10")]
    assert [(tax.key, str(tax.base), str(tax.amount)) for tax in document.taxes] == [("vat", "44.10", "8.82")]
    assert (str(document.total), document.disposition) == ("52.92", "out_of_band")


def test_a_credit_note_that_gives_back_in_several_ways_needs_attention(billed: Company) -> None:
    billed.bill(FEBRUARY)
    first, _ = billed.invoices()
    note = credit(billed, first)
    part = Money(100, "USD")
    mixed = replace(note, dispositions=((Disposition.REFUND, part), (Disposition.WALLET, note.total - part)))
    with pytest.raises(NeedsAttention, match="several ways: refund, wallet"):
        to_credit_note_document(mixed, first, "in_1", "cus_1")


def test_numbers_have_no_gaps_in_each_series(billed: Company) -> None:
    billed.bill(APRIL)
    for ordinal, invoice in enumerate(billed.invoices()):
        credit(billed, invoice, key=f"n{ordinal}")

    numbers = sorted(str(each.number) for each in billed.invoices())
    notes = [each.number for each in billed.read(lambda unit: unit.credit_notes.page(None, 99))]

    assert numbers == [f"INV-{n:06}" for n in range(1, 5)]
    assert notes == [f"INV-CN-{n:06}" for n in range(1, 5)]


def test_paid_credit_pays_an_invoice_with_its_tax_and_the_provider_is_sent_what_is_left(billed: Company) -> None:
    grant_credit(billed.installation, "ada", GrantRequest("acme", "USD", Decimal(10), "prepaid"), "g1")

    billed.bill(JANUARY)

    [first] = billed.invoices()
    assert (str(first.total), first.payment_status) == ("52.92", PaymentStatus.UNPAID)
    paid = billed.read(lambda unit: unit.credits.paid_for([first.id]))
    document = to_invoice_document(first, "cus", paid[first.id])
    assert (str(document.flat_lines[-1].amount), str(document.total)) == ("-10.00", "42.92")
    assert billed.read(lambda unit: unit.books.balances())["receivables:acme", "USD"] == 4292


def test_an_invoice_that_credit_pays_whole_is_paid(billed: Company) -> None:
    grant_credit(billed.installation, "ada", GrantRequest("acme", "USD", Decimal(100), "prepaid"), "g1")

    run = billed.bill(JANUARY)

    [first] = billed.invoices()
    assert (first.id in run.finalized, first.payment_status) == (True, PaymentStatus.PAID)


def test_voiding_returns_the_credit_that_paid(billed: Company) -> None:
    grant_credit(billed.installation, "ada", GrantRequest("acme", "USD", Decimal(100), "prepaid"), "g1")
    billed.bill(JANUARY)
    [first] = billed.invoices()

    void_invoice(billed.installation, first.id, "ada", "Wrong plan", "v1")

    balances = billed.read(lambda unit: unit.books.balances())
    assert {account: amount for (account, _), amount in balances.items() if amount} == {
        "customer_credit:acme": -10000,
        "prepayments:acme": 10000,
    }


def test_an_installation_may_use_coupons_as_redeemed_and_tax_unrounded_amounts(company: Company) -> None:
    company.define()
    company.sign()
    company.clock.set(datetime(2025, 12, 1, tzinfo=UTC))
    offer(company, Coupon(Discount("five", Fixed(Decimal(5), "USD"))))
    company.clock.set(datetime(2025, 12, 2, tzinfo=UTC))
    offer(company, Coupon(TENTH))
    company.clock.set(JANUARY)
    set_tax_rates(company.installation, TaxScope.CUSTOMER, "acme", [VAT], "ada", "t1")
    meanings = {"discount_order": DiscountOrder.AS_CREATED, "tax_base": TaxBase.EXACT}
    other = Company(replace(company.installation, **meanings), company.clock)

    other.bill(JANUARY)

    [first] = company.invoices()
    assert totals(first) == ["49.00", "9.40", "39.60", "7.92", "47.52"]
    assert first.terms.tax_base is TaxBase.EXACT
