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
from gateway.testing import customer_document, invoice_document
from plugins.chargebee.tests.connecting import Chargebee
from plugins.chargebee.tests.fake_chargebee import Refused
from tests.vendors.faults import KEY, LONG_AGO, TOTAL, Connect, DraftsOverWire, FaultsOverWire, StoredFailures


@pytest.fixture
def customer(provider: ChargebeeProvider) -> str:
    return provider.put_customer(customer_document(), "customer").ref


class TestChargebeeFaults(FaultsOverWire, StoredFailures, DraftsOverWire):
    requests_of_an_invoice = 1

    def change_draft(self, loopback: Chargebee, ref: str) -> None:
        loopback.fake.carrying(ref)["total"] += 100

    def issues(self, loopback: Chargebee, ref: str) -> int:
        return len([path for _, path, _ in loopback.requests if path.endswith("/close")])


def test_a_site_that_cannot_be_reached_has_got_nothing(connect: Connect) -> None:
    with pytest.raises(Retryable, match="cannot be reached"):
        connect(api_base="http://127.0.0.1:9").put_customer(customer_document(), KEY)


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
        ([0], "USD", "without charges"),
        ([10, 5124], "KWD", "KWD"),
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
