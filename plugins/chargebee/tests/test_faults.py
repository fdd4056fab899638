"""What the provider says of each fault on the wire, and that repeating leaves one document."""

import logging
from datetime import UTC, datetime

import pytest
from gateway_chargebee import ChargebeeProvider

from gateway.plugin_api import (
    Ambiguous,
    CredentialsRefused,
    DocumentKind,
    ExternalStatus,
    Money,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
)
from gateway.testing import FakeHost, customer_document, invoice_document
from plugins.chargebee.tests.connecting import Chargebee, settings_for
from plugins.chargebee.tests.fake_chargebee import Refused
from tests.vendors.loopback import Fault

KEY = "k" * 32
LONG_AGO = datetime(2002, 1, 1, tzinfo=UTC)
CREATE = "/invoices/create_for_charge_items_and_charges"
TOTAL = Money(1649, "USD")
UNKNOWN_OUTCOME = [
    Fault.LOST_REQUEST,
    Fault.LOST_ANSWER,
    Fault.TRUNCATED_ANSWER,
    Fault.GARBLED_ANSWER,
    Fault.BAD_GATEWAY,
    Fault.FAILED_AFTER_APPLYING,
    Fault.FAILED_BEFORE_APPLYING,
    Fault.BUSY,
]


@pytest.fixture
def customer(provider: ChargebeeProvider) -> str:
    return provider.put_customer(customer_document(), "customer").ref


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.SLOW])
def test_a_write_with_an_unknown_outcome_is_ambiguous(
    provider: ChargebeeProvider, chargebee: Chargebee, fault: Fault
) -> None:
    chargebee.fail_next(fault)
    with pytest.raises(Ambiguous):
        provider.put_customer(customer_document(), KEY)


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
def test_a_read_that_fails_is_simply_done_again(
    provider: ChargebeeProvider, chargebee: Chargebee, fault: Fault
) -> None:
    chargebee.fail_next(fault)
    with pytest.raises(Retryable):
        provider.find(DocumentKind.CUSTOMER, "cus_conformance", LONG_AGO)


def test_a_throttled_write_names_when_to_try_again(provider: ChargebeeProvider, chargebee: Chargebee) -> None:
    chargebee.fail_next(Fault.THROTTLED)
    with pytest.raises(Retryable) as throttled:
        provider.put_customer(customer_document(), KEY)
    assert throttled.value.retry_after_seconds == 7
    assert provider.put_customer(customer_document(), KEY).ref


def test_a_site_that_cannot_be_reached_has_got_nothing(chargebee: Chargebee) -> None:
    nowhere = ChargebeeProvider("main", settings_for(chargebee, api_base="http://127.0.0.1:9"), FakeHost())
    with pytest.raises(Retryable, match="cannot be reached"):
        nowhere.put_customer(customer_document(), KEY)


def test_no_request_is_repeated_by_the_sdk(provider: ChargebeeProvider, chargebee: Chargebee) -> None:
    for fault in (Fault.THROTTLED, Fault.LOST_ANSWER, Fault.BAD_GATEWAY, Fault.BUSY):
        before = len(chargebee.requests)
        chargebee.fail_next(fault)
        with pytest.raises(ProviderError):
            provider.put_customer(customer_document(), KEY)
        assert len(chargebee.requests) == before + 1


def test_every_request_waits_for_its_turn(chargebee: Chargebee) -> None:
    host = FakeHost()
    provider = ChargebeeProvider("main", settings_for(chargebee), host)
    customer = provider.put_customer(customer_document(), "customer").ref
    put = provider.put_invoice(invoice_document(customer), KEY)
    provider.issue_invoice(put.ref, TOTAL, "issue")
    list(provider.changes(LONG_AGO))
    assert host.requests == len(chargebee.requests) == 5


def test_a_refused_key_needs_attention(chargebee: Chargebee) -> None:
    wrong = ChargebeeProvider("main", settings_for(chargebee, api_key="test_canary"), FakeHost())
    with pytest.raises(NeedsAttention, match="api_key") as refused:
        wrong.check()
    assert "canary" not in str(refused.value)


def test_neither_secrets_nor_customers_are_logged(
    provider: ChargebeeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        provider.put_customer(customer_document(), KEY)
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert not [text for text in ("test_fake_key", "hook_canary", "customer.example") if text in logged]


@pytest.mark.parametrize(
    ("refusal", "expected", "words"),
    [
        (
            Refused(400, "configuration_incompatible", "Discounts are not enabled"),
            NeedsAttention,
            "enable at Chargebee",
        ),
        (
            Refused(403, "api_authorization_failed", "A read-only key"),
            NeedsAttention,
            "what the connection's api_key may",
        ),
        (Refused(404, "site_not_found", "Site not found"), CredentialsRefused, "site and api_key"),
        (Refused(503, "site_read_only_mode", "Maintenance"), Retryable, "Maintenance"),
        (Refused(400, "duplicate_entry", "Already present", "id"), Ambiguous, "Already present"),
        (Refused(400, "payment_processing_failed", "Declined", kind="payment"), Permanent, "Declined"),
        (Refused(400, "param_wrong_value", "Too long", "company"), Permanent, "Too long"),
        (Refused(503, "internal_temporary_error", "Try again"), Ambiguous, "Try again"),
    ],
)
def test_each_refusal_of_a_write_has_its_class(
    provider: ChargebeeProvider,
    chargebee: Chargebee,
    monkeypatch: pytest.MonkeyPatch,
    refusal: Refused,
    expected: type[ProviderError],
    words: str,
) -> None:
    def refuse(*_: object) -> None:
        raise refusal

    monkeypatch.setattr(chargebee.fake, "answer", refuse)
    with pytest.raises(expected, match=words):
        provider.put_customer(customer_document(), KEY)


def test_a_currency_that_the_site_does_not_have_needs_attention(
    provider: ChargebeeProvider, chargebee: Chargebee, customer: str
) -> None:
    with pytest.raises(NeedsAttention, match="CHF is not enabled"):
        provider.put_invoice(invoice_document(customer, currency="CHF"), KEY)
    assert chargebee.fake.invoices == {}


def test_a_key_used_for_something_else_is_permanent(provider: ChargebeeProvider) -> None:
    provider.put_customer(customer_document(), KEY)
    with pytest.raises(Permanent):
        provider.put_customer(customer_document(id="cus_other"), KEY)


def test_a_stored_failure_says_that_the_key_is_spent(provider: ChargebeeProvider, chargebee: Chargebee) -> None:
    chargebee.fail_next(Fault.FAILED_BEFORE_APPLYING)
    with pytest.raises(Ambiguous) as first:
        provider.put_customer(customer_document(), KEY)
    assert not first.value.key_is_spent
    with pytest.raises(Ambiguous) as replayed:
        provider.put_customer(customer_document(), KEY)
    assert replayed.value.key_is_spent
    assert provider.find(DocumentKind.CUSTOMER, "cus_conformance", LONG_AGO) is None
    assert provider.put_customer(customer_document(), "another key").ref


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
def test_an_interrupted_invoice_is_there_once(
    provider: ChargebeeProvider, chargebee: Chargebee, customer: str, fault: Fault
) -> None:
    document = invoice_document(customer)
    chargebee.fail_next(fault)
    with pytest.raises(ProviderError):
        provider.put_invoice(document, KEY)

    found = provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer)
    put = provider.put_invoice(document, "another key", existing=found)

    assert (put.status, put.total) == (ExternalStatus.DRAFT, TOTAL)
    assert len(chargebee.fake.invoices) == 1


def test_a_draft_that_was_changed_by_hand_is_not_issued(
    provider: ChargebeeProvider, chargebee: Chargebee, customer: str
) -> None:
    put = provider.put_invoice(invoice_document(customer), KEY)
    (draft,) = chargebee.fake.invoices.values()
    draft["total"] += 100
    with pytest.raises(NeedsAttention, match=r"17\.49 USD, not 16\.49 USD"):
        provider.issue_invoice(put.ref, TOTAL, "issue")
    assert draft["status"] == "pending"


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.BAD_GATEWAY, Fault.FAILED_AFTER_APPLYING])
def test_an_issue_whose_answer_is_lost_is_issued_once_though_its_id_has_changed(
    provider: ChargebeeProvider, chargebee: Chargebee, customer: str, fault: Fault
) -> None:
    put = provider.put_invoice(invoice_document(customer), KEY)
    chargebee.fail_next(fault, after=1)
    with pytest.raises(Ambiguous):
        provider.issue_invoice(put.ref, TOTAL, "issue")
    assert provider.fetch(DocumentKind.INVOICE, put.ref).status is ExternalStatus.OPEN
    assert provider.issue_invoice(put.ref, TOTAL, "issue").status is ExternalStatus.OPEN
    assert len([path for _, path, _ in chargebee.requests if path.endswith("/close")]) == 1


def test_two_documents_with_our_id_need_attention(
    provider: ChargebeeProvider, chargebee: Chargebee, customer: str
) -> None:
    document = invoice_document(customer)
    first = provider.put_invoice(document, "one")
    provider.put_invoice(document, "two")
    with pytest.raises(NeedsAttention, match="draft_inv_"):
        provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer)
    with pytest.raises(NeedsAttention, match="draft_inv_"):
        provider.fetch(DocumentKind.INVOICE, first.ref)
    chargebee.fake.delete(next(iter(chargebee.fake.invoices.values())))
    assert provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer)


def test_a_deleted_draft_is_void_and_may_be_made_again(
    provider: ChargebeeProvider, chargebee: Chargebee, customer: str
) -> None:
    document = invoice_document(customer)
    put = provider.put_invoice(document, "one")
    void = provider.void_invoice(put.ref, "made in error", "void")
    assert void.status is ExternalStatus.VOID
    assert provider.void_invoice(put.ref, "made in error", "void again") == void
    assert [each.status for each in provider.changes(LONG_AGO)] == [ExternalStatus.VOID]
    assert provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer) is None
    again = provider.put_invoice(document, "two")
    assert provider.fetch(DocumentKind.INVOICE, put.ref) == again


@pytest.mark.parametrize(
    ("amounts", "currency", "refusal"),
    [
        ([-5], "USD", "below zero"),
        ([0], "USD", "zero"),
        ([10, 5124], "KWD", "KWD"),
        ([1] * 301, "USD", "301 lines"),
        ([500], "CLP", "CLP"),
    ],
)
def test_what_chargebee_cannot_hold_is_refused_before_anything_is_sent(
    provider: ChargebeeProvider, chargebee: Chargebee, amounts: list[int], currency: str, refusal: str
) -> None:
    with pytest.raises(ProviderError, match=refusal):
        provider.put_invoice(invoice_document("cus_1", amounts, currency), KEY)
    assert chargebee.requests == []


def test_an_invoice_that_credit_has_paid_is_paid_when_it_is_issued(provider: ChargebeeProvider, customer: str) -> None:
    put = provider.put_invoice(invoice_document(customer, [500, -500]), KEY)
    assert provider.issue_invoice(put.ref, Money(0, "USD"), "issue").status is ExternalStatus.PAID


def test_changes_come_in_order_once_each_and_as_they_are_now(
    provider: ChargebeeProvider, chargebee: Chargebee, customer: str
) -> None:
    fake = chargebee.fake
    for name in "ab":
        put = provider.put_invoice(invoice_document(customer, id=f"inv_{name}"), f"put {name}")
        provider.issue_invoice(put.ref, TOTAL, f"issue {name}")
    since = datetime.fromtimestamp(fake.now, UTC)
    first, second = list(fake.invoices.values())
    fake.pay(second)
    fake.pay(first, 1000)
    fake.pay(first)
    foreign = {"amount": [5], "description": ["x"], "date_from": [0], "date_to": [0], "taxable": [False]}
    fake.create_invoice({"customer_id": customer, "currency_code": "USD", "charges": foreign, "po_number": "PO 4711"})

    changed = list(provider.changes(since))

    assert [document.our_id for document in changed] == ["inv_b", "inv_a"]
    assert {document.status for document in changed} == {ExternalStatus.PAID}
    assert changed[0].amount_paid == TOTAL


def make_many(chargebee: Chargebee) -> None:
    """250 invoices after the one that is there."""
    (made,) = chargebee.fake.invoices.values()
    for number in range(250):
        copy = dict(made, id=f"draft_{number}", po_number=f"gateway:inv_{number}")
        chargebee.fake.invoices[copy["id"]] = chargebee.fake.touch(copy)


def test_a_long_list_is_read_to_its_end(provider: ChargebeeProvider, chargebee: Chargebee, customer: str) -> None:
    first = provider.put_invoice(invoice_document(customer, [1], id="inv_first"), "first")
    make_many(chargebee)
    assert provider.find(DocumentKind.INVOICE, "inv_first", LONG_AGO, customer) == first
    assert len(list(provider.changes(LONG_AGO))) == 251


def test_what_changed_lately_is_fetched_with_one_request(
    provider: ChargebeeProvider, chargebee: Chargebee, customer: str
) -> None:
    first = provider.put_invoice(invoice_document(customer, [1], id="inv_first"), "first")
    make_many(chargebee)
    before = len(chargebee.requests)
    assert provider.fetch(DocumentKind.INVOICE, f"{customer}/inv_249").our_id == "inv_249"
    assert len(chargebee.requests) == before + 1
    assert provider.fetch(DocumentKind.INVOICE, first.ref) == first
    assert len(chargebee.requests) == before + 4
