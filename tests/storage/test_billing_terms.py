"""Coupons, tax rates and credit notes in the database."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.core.errors import InvalidValue, NotFound
from gateway.core.invoicing.discounts import Coupon, CouponDuration, Discount, Fixed
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.invoicing.taxes import Exemption, TaxRate, TaxRules
from gateway.core.invoicing.terms import Terms
from gateway.core.invoicing.totals import with_terms
from gateway.core.ports.billing_terms import Redemption, TaxScope
from gateway.core.ports.credit_notes import Voiding
from gateway.storage.database import Database
from tests.storage.examples import NOON, coupon, credit_note, invoice, line, store_subscription

VAT = TaxRate("vat", Decimal("19"))
FIXED = Coupon(
    Discount("welcome", Fixed(Decimal("5"), "EUR"), frozenset({"traffic"})), CouponDuration.REPEATING, 3, 10, NOON
)
TERMS = Terms((coupon().discount, FIXED.discount), taxes=TaxRules((VAT,)))


@pytest.fixture
def stored(database: Database) -> Database:
    """A database with two customers and their subscriptions."""
    database.transact(lambda unit: store_subscription(unit, customers=2))
    return database


def test_an_invoice_keeps_its_terms_and_what_they_made_of_its_lines(stored: Database) -> None:
    billed = invoice(lines=with_terms((line(), line(333)), TERMS), terms=TERMS)

    stored.transact(lambda unit: unit.invoices.add(billed, ()))

    assert stored.read(lambda unit: unit.invoices.get(billed.id)) == billed


def test_terms_can_be_applied_to_an_invoice_that_is_not_final(stored: Database) -> None:
    bare = invoice(lines=(line(), line(333)))
    stored.transact(lambda unit: unit.invoices.add(bare, ()))
    billed = replace(bare, lines=with_terms(bare.lines, TERMS), terms=TERMS)

    stored.transact(lambda unit: unit.invoices.apply_terms(billed))

    assert stored.read(lambda unit: unit.invoices.get(bare.id)) == billed


def test_a_coupon_is_stored_once_and_found_again(stored: Database) -> None:
    assert stored.transact(lambda unit: [unit.terms.add_coupon(each, NOON) for each in (coupon(), FIXED)]) == [True] * 2
    assert stored.transact(lambda unit: unit.terms.add_coupon(coupon(), NOON)) is False
    assert stored.read(lambda unit: unit.terms.coupons()) == [coupon(), FIXED]
    assert stored.transact(lambda unit: unit.terms.lock_coupon("welcome")) == FIXED


def test_an_unknown_coupon_is_named(stored: Database) -> None:
    with pytest.raises(NotFound, match="Coupon 'autumn' does not exist"):
        stored.transact(lambda unit: unit.terms.lock_coupon("autumn"))


def test_a_customer_redeems_a_coupon_once(stored: Database) -> None:
    stored.transact(lambda unit: unit.terms.add_coupon(coupon(), NOON))

    taken = [stored.transact(lambda unit, who=who: unit.terms.redeem("spring", who, NOON)) for who in
             ("acme-1", "acme-1", "acme-2")]  # fmt: skip

    assert taken == [True, False, True]
    assert stored.read(lambda unit: unit.terms.redemptions("spring")) == 2
    assert stored.read(lambda unit: unit.terms.redeemed_by(["acme-1"])) == {"acme-1": [Redemption(coupon(), NOON, 0)]}


def test_a_coupon_counts_on_boundaries_that_are_not_void(stored: Database) -> None:
    def store(unit: object) -> None:
        unit.terms.add_coupon(coupon(), NOON)
        unit.terms.redeem("spring", "acme-1", NOON)
        first = invoice(1)
        for billed in (first, replace(invoice(2), key=replace(first.key, kind="advance")), invoice(3), invoice(4)):
            unit.invoices.add(billed, ())
            unit.terms.use(billed.id, "acme-1", ["spring"])
        unit.terms.use("inv_1", "acme-1", [])
        unit.invoices.update_status(invoice(4).moved_to(InvoiceStatus.VOID))

    stored.transact(store)

    assert stored.read(lambda unit: unit.terms.redeemed_by(["acme-1", "acme-2"])) == {
        "acme-1": [Redemption(coupon(), NOON, 2)]
    }
    before = invoice(3).key.boundary_at
    assert stored.read(lambda unit: unit.terms.redeemed_by(["acme-1"], before)) == {
        "acme-1": [Redemption(coupon(), NOON, 1)]
    }


def test_tax_rates_are_found_by_what_they_are_for(stored: Database) -> None:
    reverse = TaxRate("vat", Decimal(0), Exemption.REVERSE_CHARGE)

    def store(unit: object) -> None:
        unit.terms.set_tax_rates(TaxScope.CUSTOMER, "acme-1", [VAT])
        unit.terms.set_tax_rates(TaxScope.CUSTOMER, "acme-1", [reverse])
        unit.terms.set_tax_rates(TaxScope.CUSTOMER, "acme-2", [VAT])
        unit.terms.set_tax_rates(TaxScope.PLAN, "standard", [VAT])
        unit.terms.set_tax_rates(TaxScope.PRICE, "standard/base", [VAT, reverse])
        unit.terms.set_tax_rates(TaxScope.PRICE, "standard_/base", [VAT])

    stored.transact(store)

    assert stored.read(lambda unit: unit.terms.tax_rates_for(["acme-1"], "standard")) == {
        (TaxScope.CUSTOMER, "acme-1"): (reverse,),
        (TaxScope.PLAN, "standard"): (VAT,),
        (TaxScope.PRICE, "standard/base"): (VAT, reverse),
    }
    assert len(stored.read(lambda unit: unit.terms.tax_rates())) == 5


def test_credit_notes_come_back_with_their_lines(stored: Database) -> None:
    notes = [credit_note(1), credit_note(2), credit_note(3, 2)]

    def store(unit: object) -> None:
        unit.invoices.add(invoice(1), ())
        unit.invoices.add(invoice(2), ())
        for note in notes:
            unit.credit_notes.add(note)

    stored.transact(store)

    read = stored.read
    assert read(lambda unit: unit.credit_notes.by_ids(["cn_2", "cn_9"])) == {"cn_2": notes[1]}
    assert read(lambda unit: unit.credit_notes.of_invoices(["inv_1", "inv_2"])) == {
        "inv_1": notes[:2],
        "inv_2": notes[2:],
    }
    assert read(lambda unit: unit.credit_notes.page(None, 2)) == notes[:2]
    assert read(lambda unit: unit.credit_notes.page("CN-000001", 9, "acme-1")) == notes[1:]
    assert read(lambda unit: unit.credit_notes.page(None, 9, "acme-2")) == []


def test_who_voided_an_invoice_is_kept_with_the_reason(stored: Database) -> None:
    voiding = Voiding("inv_1", "ada", "billed twice", NOON + timedelta(seconds=1))

    stored.transact(lambda unit: (unit.invoices.add(invoice(1), ()), unit.credit_notes.add_voiding(voiding)))

    assert stored.read(lambda unit: unit.credit_notes.voidings(["inv_1", "inv_2"])) == {"inv_1": voiding}


def test_a_reason_for_voiding_is_a_text() -> None:
    with pytest.raises(InvalidValue, match="The reason for voiding an invoice is empty"):
        Voiding("inv_1", "ada", " ", NOON)
