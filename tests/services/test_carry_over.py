"""Invoices below zero: what they leave is the customer's credit, once, and the invoice is settled."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from gateway.core.errors import IllegalTransition
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.documents.invoice_sheet import invoice_sheet
from gateway.services.cancel_subscription import cancel_subscription
from gateway.services.customers import SubscriptionRequest, subscribe
from gateway.services.delivery_documents import to_invoice_document
from gateway.services.finalize import finalize
from gateway.services.legal_entities import assign_customer, create_legal_entity
from gateway.services.preview_invoice import preview_invoice
from gateway.services.record_phases import Change
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, JANUARY, Company
from tests.services.delivering import Crash, CrashPoints
from tests.services.early import january
from tests.services.processes import at_once, bill_mortally


@pytest.fixture
def leaving(company: Company) -> Company:
    """Acme, who leaves in the middle of January: 31 days of 49.00 are billed, and 16 of them come back."""
    subscription = company.sign()
    company.bill(JANUARY)
    company.clock.set(january(16, 0))
    cancel_subscription(company.installation, Change(subscription.id, january(16, 0), "ada", "k"))
    return company


def closing(company: Company) -> Invoice:
    return company.invoices()[-1]


def balances(company: Company) -> dict[str, int]:
    """What the accounts of acme and of all prices stand at."""
    found = company.read(lambda unit: unit.books.balances())
    return {account: amount for (account, _), amount in found.items() if amount}


def credit(company: Company) -> list[str]:
    wallets = company.read(lambda unit: unit.credits.wallets_of(["acme"])).get("acme", [])
    return [f"{each.wallet.key}: {each.balance}" for each in wallets]


def test_what_an_invoice_below_zero_leaves_is_credit_in_the_customers_wallet(leaving: Company) -> None:
    leaving.bill()

    invoice = closing(leaving)
    # 49.00 x 16/31 comes back; of the commitment 10.00 x 15/31 is due.
    assert [str(each) for each in (invoice.total, invoice.payable, invoice.carried_over)] == ["-20.45", "0.00", "20.45"]
    assert (invoice.status, invoice.payment_status) == (InvoiceStatus.FINALIZED, PaymentStatus.PAID)
    assert credit(leaving) == ["usd: 20.45"]
    [account] = leaving.read(lambda unit: unit.credits.wallets_of(["acme"]))["acme"]
    reasons = leaving.read(lambda unit: unit.credits.reasons([grant.id for grant in account.grants]))
    assert list(reasons.values()) == [f"invoice {invoice.number}"]


def test_it_is_booked_from_receivables_to_the_customers_credit(leaving: Company) -> None:
    leaving.bill()

    assert balances(leaving) == {
        "receivables:acme": 4900,
        "customer_credit:acme": -2045,
        "deferred_revenue:base": -4900 + 2529,
        "revenue:minimum": -484,
    }


def test_later_invoices_use_it(leaving: Company) -> None:
    leaving.bill()
    subscribe(leaving.installation, SubscriptionRequest("acme", "pro", FEBRUARY, key="again"))
    leaving.bill(FEBRUARY)

    paid = leaving.read(lambda unit: unit.credits.paid_for([closing(leaving).id]))
    assert (str(closing(leaving).total), list(paid.values()), credit(leaving)) == ("49.00", [2045], ["usd: 0.00"])


def test_it_is_granted_once_through_any_crash(leaving: Company) -> None:
    for crash_at in range(1, 100):
        try:
            bill_mortally(leaving, CrashPoints(crash_at))
        except Crash:
            continue
        break
    finalize(leaving.installation, closing(leaving).id)

    assert credit(leaving) == ["usd: 20.45"]


def test_two_processes_that_finalize_at_once_grant_it_once(leaving: Company, other_company: Company) -> None:
    at_once(leaving.bill, other_company.bill)

    assert credit(leaving) == ["usd: 20.45"]


def test_a_provider_is_told_an_invoice_of_nothing(leaving: Company) -> None:
    leaving.bill()
    invoice = closing(leaving)

    document = to_invoice_document(invoice, "cus_1")

    assert (document.total.amount_minor, str(document.lines[-1].amount)) == (0, "20.45")
    assert document.lines[-1].description == "Carried over as credit"


def test_the_document_says_what_is_carried_over(leaving: Company) -> None:
    leaving.bill()
    customer = leaving.read(lambda unit: unit.definitions.customers_by_key(["acme"]))["acme"]

    sheet = invoice_sheet(closing(leaving), customer, ZoneInfo("UTC"), {})

    assert [name for name, _ in sheet.totals] == ["Total", "Carried over as credit", "Amount due"]


def test_a_void_one_takes_its_credit_back(leaving: Company) -> None:
    leaving.bill()

    void_invoice(leaving.installation, closing(leaving).id, "ada", "wrong", "v")

    assert credit(leaving) == ["usd: 0.00"]
    # The fee is as it was on the first of January; what was missing to the commitment was earned, and is taken back.
    assert balances(leaving) == {
        "receivables:acme": 4900,
        "deferred_revenue:base": -4742,
        "revenue:base": -158,
        "revenue:minimum": -484,
        "voids:minimum": 484,
    }
    leaving.bill()
    assert credit(leaving) == ["usd: 20.45"]


def test_one_whose_credit_is_used_becomes_void_after_what_it_paid(leaving: Company) -> None:
    leaving.bill()
    left = closing(leaving)
    subscribe(leaving.installation, SubscriptionRequest("acme", "pro", FEBRUARY, key="again"))
    leaving.bill(FEBRUARY)

    with pytest.raises(
        IllegalTransition, match=r"left 20\.45 USD of credit, and some of it is used; void the invoices"
    ):
        void_invoice(leaving.installation, left.id, "ada", "wrong", "v1")

    void_invoice(leaving.installation, closing(leaving).id, "ada", "wrong", "v2")
    void_invoice(leaving.installation, left.id, "ada", "wrong", "v3")
    assert credit(leaving) == ["usd: 0.00"]


def test_a_preview_below_zero_has_nothing_to_pay(company: Company) -> None:
    subscription = company.sign()
    company.bill(JANUARY)
    company.clock.set(january(10))
    cancel_subscription(company.installation, Change(subscription.id, january(16, 0), "ada", "k"))

    shown = preview_invoice(company.installation, company.projector, subscription.id)

    assert shown is not None
    assert [str(each) for each in (shown.invoice.total, shown.paid, shown.due)] == ["-20.45", "0.00", "0.00"]


def test_credit_is_not_left_in_the_books_of_an_entity_that_the_customer_has_left(leaving: Company) -> None:
    with pytest.raises(Crash):
        bill_mortally(leaving, ends_after_drafting(leaving))
    create_legal_entity(leaving.installation, {"key": "de", "name": "DE", "currency": "USD", "invoice_series": "DE"})
    assign_customer(leaving.installation, "acme", "de")
    run = leaving.bill()

    [failure] = run.failed
    assert "belongs to another legal entity by now; void it, and bill again" in failure.reason
    void_invoice(leaving.installation, closing(leaving).id, "ada", "moved", "v")
    leaving.bill()
    assert (closing(leaving).legal_entity, credit(leaving)) == ("de", ["usd: 20.45"])


def ends_after_drafting(company: Company) -> Callable[[str], None]:
    """Ends the process as soon as it has drafted an invoice."""

    def point(name: str) -> None:
        if closing(company).status is InvoiceStatus.APPROVED:
            raise Crash(name)

    return point
