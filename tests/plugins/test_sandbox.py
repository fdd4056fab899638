"""The sandbox behaves like a provider, and fails on demand."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    CustomerStanding,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
    PaymentMethod,
    Permanent,
    Retryable,
    WebhookRequest,
)
from gateway.sandbox import Faults, SandboxProvider, SandboxSettings
from gateway.testing import (
    BillingProviderConformance,
    FakeHost,
    credit_note_document,
    customer_document,
    departs,
    invoice_document,
)
from tests.support import FixedClock

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
TOTAL = Money(1649, "USD")


class SandboxSuite(BillingProviderConformance):
    """The suite every provider passes; what goes wrong is tested fault by fault further down."""

    failures = frozenset()
    secrets = ("webhook-canary",)

    def pay(self, provider: BillingProvider, ref: str) -> None:
        assert isinstance(provider, SandboxProvider)
        provider.pay(ref)

    @departs("What the sandbox is sent is paid at once, or when a test says so: it knows no day by which it is due")
    def test_an_invoice_is_due_by_its_own_terms_before_those_of_the_settings(self) -> None:
        pass

    def webhook(self, provider: BillingProvider, ref: str) -> WebhookRequest:
        assert isinstance(provider, SandboxProvider)
        return provider.webhook(ref)


class TestSandboxInMemory(SandboxSuite):
    """In memory."""

    @pytest.fixture
    def provider(self) -> SandboxProvider:
        settings = SandboxSettings(pays_by_itself=False, tax_percent=Decimal(20), webhook_secret="webhook-canary")
        return SandboxProvider("main", settings, FakeHost())


class TestSandboxInFile(SandboxSuite):
    """In a file."""

    @pytest.fixture
    def provider(self, tmp_path: Path) -> SandboxProvider:
        return SandboxProvider("main", SandboxSettings(file=str(tmp_path / "sandbox.db")), FakeHost())


def sandbox(clock: FixedClock, file: str = "", **faults: int) -> SandboxProvider:
    return SandboxProvider("main", SandboxSettings(file=file, faults=Faults(**faults)), FakeHost(), clock.now)


def issued(provider: SandboxProvider) -> ExternalDocument:
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref), "put")
    return provider.issue_invoice(put.ref, TOTAL, "issue")


def test_an_issued_invoice_is_paid_after_a_while(clock: FixedClock) -> None:
    provider = sandbox(clock)
    invoice = issued(provider)
    clock.advance(timedelta(seconds=59))
    assert provider.fetch(DocumentKind.INVOICE, invoice.ref).status is ExternalStatus.OPEN
    clock.advance(timedelta(seconds=1))
    paid = provider.fetch(DocumentKind.INVOICE, invoice.ref)
    assert (paid.status, paid.amount_paid) == (ExternalStatus.PAID, TOTAL)
    assert paid.version > invoice.version


def test_a_payment_is_a_change_at_its_own_time(clock: FixedClock) -> None:
    provider = sandbox(clock)
    issued(provider)
    clock.advance(timedelta(hours=1))
    paid_at = clock.now() - timedelta(hours=1) + timedelta(seconds=60)
    assert [document.status for document in provider.changes(paid_at)] == [ExternalStatus.PAID]
    assert list(provider.changes(paid_at + timedelta(microseconds=1))) == []


@pytest.mark.parametrize(
    ("move", "status"),
    [
        (SandboxProvider.pay, ExternalStatus.PAID),
        (SandboxProvider.give_up, ExternalStatus.UNCOLLECTIBLE),
        (SandboxProvider.void, ExternalStatus.VOID),
    ],
)
def test_a_person_can_move_an_invoice(clock: FixedClock, move, status: ExternalStatus) -> None:
    provider = sandbox(clock)
    invoice = issued(provider)
    move(provider, invoice.ref)
    assert [document.status for document in provider.changes(LONG_AGO)] == [status]


def test_an_invoice_for_nothing_is_paid_when_it_is_issued(clock: FixedClock) -> None:
    provider = sandbox(clock)
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref, [0]), "put")
    assert provider.issue_invoice(put.ref, Money(0, "USD"), "issue").status is ExternalStatus.PAID


def test_separate_processes_see_the_same_provider(clock: FixedClock, tmp_path: Path) -> None:
    file = str(tmp_path / "sandbox.db")
    program = (
        "from gateway.sandbox import *; from gateway.testing import *\n"
        f"provider = SandboxProvider('main', SandboxSettings(file={file!r}), FakeHost())\n"
        "print(provider.put_customer(customer_document(), 'customer').ref)"
    )
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    found = sandbox(clock, file).find(DocumentKind.CUSTOMER, "cus_conformance", LONG_AGO)
    assert found is not None
    assert found.ref == made


def test_two_sandboxes_in_memory_do_not_share(clock: FixedClock) -> None:
    sandbox(clock).put_customer(customer_document(), "customer")
    assert sandbox(clock).find(DocumentKind.CUSTOMER, "cus_conformance", LONG_AGO) is None


def test_keys_are_forgotten_after_a_day(clock: FixedClock) -> None:
    provider = sandbox(clock)
    first = provider.put_customer(customer_document(), "customer")
    clock.advance(timedelta(hours=24))
    assert provider.put_customer(customer_document(), "customer") == first
    clock.advance(timedelta(hours=24, microseconds=1))
    assert provider.put_customer(customer_document(), "customer").ref != first.ref


def test_every_second_call_fails_and_the_count_outlives_the_process(clock: FixedClock, tmp_path: Path) -> None:
    file = str(tmp_path / "sandbox.db")
    outcomes = []
    for number in range(4):
        try:
            sandbox(clock, file, decline=2).put_customer(customer_document(f"cus_{number}"), f"{number}")
            outcomes.append("made")
        except Permanent:
            outcomes.append("declined")
    assert outcomes == ["made", "declined", "made", "declined"]


@pytest.mark.parametrize(
    ("fault", "error", "is_made"),
    [
        ("lost_request", Ambiguous, False),
        ("throttle", Retryable, False),
        ("decline", Permanent, False),
        ("stored_failure", Ambiguous, False),
        ("lost_answer", Ambiguous, True),
        ("interrupted", Ambiguous, True),
        ("broken", RuntimeError, True),
    ],
)
def test_a_fault_does_what_its_name_says(clock: FixedClock, fault: str, error: type[Exception], is_made: bool) -> None:
    provider = sandbox(clock, **{fault: 2})
    customer = provider.put_customer(customer_document(), "customer")
    with pytest.raises(error):
        provider.put_invoice(invoice_document(customer.ref), "put")
    found = provider.find(DocumentKind.INVOICE, "inv_conformance", LONG_AGO)
    assert (found is not None) is is_made


def test_an_interrupted_invoice_lacks_lines_until_it_is_completed(clock: FixedClock) -> None:
    provider = sandbox(clock, interrupted=2)
    customer = provider.put_customer(customer_document(), "customer")
    with pytest.raises(Ambiguous):
        provider.put_invoice(invoice_document(customer.ref), "put")
    half = provider.find(DocumentKind.INVOICE, "inv_conformance", LONG_AGO)
    assert half is not None
    assert half.total == Money(1250, "USD")
    assert provider.put_invoice(invoice_document(customer.ref), "put", existing=half).total == TOTAL


def test_a_stored_failure_is_repeated_until_another_key(clock: FixedClock) -> None:
    provider = sandbox(clock, stored_failure=3)
    provider.put_customer(customer_document("cus_1"), "1")
    provider.put_customer(customer_document("cus_2"), "2")
    with pytest.raises(Ambiguous) as first:
        provider.put_customer(customer_document("cus_3"), "3")
    with pytest.raises(Ambiguous) as again:
        provider.put_customer(customer_document("cus_3"), "3")
    assert (first.value.key_is_spent, again.value.key_is_spent) == (False, True)
    assert provider.put_customer(customer_document("cus_3"), "another").ref


def test_a_wrong_total_is_in_the_answer_and_not_in_the_books(clock: FixedClock) -> None:
    provider = sandbox(clock, wrong_total=2)
    customer = provider.put_customer(customer_document(), "customer")
    put = provider.put_invoice(invoice_document(customer.ref), "put")
    assert put.total == Money(1650, "USD")
    assert provider.fetch(DocumentKind.INVOICE, put.ref).total == TOTAL


def test_it_cannot_be_read_now_and_then(clock: FixedClock) -> None:
    provider = sandbox(clock, unreadable=2)
    assert provider.find(DocumentKind.CUSTOMER, "cus_1", LONG_AGO) is None
    with pytest.raises(Retryable):
        provider.find(DocumentKind.CUSTOMER, "cus_1", LONG_AGO)


def test_each_file_is_an_account_of_its_own(clock: FixedClock, tmp_path: Path) -> None:
    first, again, other = (sandbox(clock, str(tmp_path / name)).account().id for name in ("one", "one", "other"))
    assert first == again != other
    assert sandbox(clock).account().id == "", "what is kept in memory is gone with the process"


def test_a_customer_has_a_payment_method_where_invoices_are_paid_by_themselves(clock: FixedClock) -> None:
    provider = sandbox(clock)
    ref = provider.put_customer(customer_document(), "customer").ref
    assert provider.customer_standing(ref) == CustomerStanding(PaymentMethod("sandbox"))


def test_what_is_credited_after_it_was_paid_is_a_balance(clock: FixedClock) -> None:
    provider = sandbox(clock)
    invoice = issued(provider)
    customer = provider.documents(DocumentKind.CUSTOMER)[0].ref
    provider.pay(invoice.ref)
    provider.put_credit_note(credit_note_document(invoice, customer, 500), "credit")
    assert provider.customer_standing(customer).balances == (Money(500, "USD"),)


def test_a_currency_that_is_not_enabled_is_refused_before_anything_is_made(clock: FixedClock) -> None:
    settings = SandboxSettings(currencies=frozenset({"EUR"}))
    provider = SandboxProvider("main", settings, FakeHost(), clock.now)
    customer = provider.put_customer(customer_document(), "customer")
    invoice, refusal = invoice_document(customer.ref), "add USD to the sandbox's `currencies`"
    with pytest.raises(NeedsAttention, match=refusal):
        provider.put_invoice(invoice, "put")
    with pytest.raises(NeedsAttention, match=refusal):
        provider.quote_tax(invoice)
    assert provider.account().currencies == {"EUR"}
    assert provider.documents(DocumentKind.INVOICE) == []
