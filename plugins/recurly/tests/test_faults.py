"""What the provider says of each fault on the wire, and that repeating leaves one document."""

import pytest
from gateway_recurly import RecurlyProvider

from gateway.plugin_api import (
    Ambiguous,
    CreditDisposition,
    DocumentKind,
    ExternalStatus,
    Money,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
)
from gateway.testing import credit_note_document, customer_document, invoice_document, payment_document
from plugins.recurly.tests.fake_recurly import FakeRecurly, Loopback, Refused
from tests.vendors.faults import KEY, LONG_AGO, UNKNOWN_OUTCOME, Connect, FaultsOverWire
from tests.vendors.loopback import Fault


def refuse(monkeypatch: pytest.MonkeyPatch, recurly: FakeRecurly, refusal: Refused) -> None:
    """Let every request be refused."""

    def answer(*_: object) -> None:
        raise refusal

    monkeypatch.setattr(recurly, "answer", answer)


class TestRecurlyFaults(FaultsOverWire):
    # A preview, the purchase, and the account for its page.
    requests_of_an_invoice = 3
    # Until the window ends, by the clock.
    retry_after_seconds = frozenset({6, 7})


def test_a_connection_that_is_refused_is_ambiguous_for_a_write(connect: Connect) -> None:
    with pytest.raises(Ambiguous):
        connect(api_base="http://127.0.0.1:1").put_customer(customer_document(), KEY)


def test_a_key_of_another_site_needs_attention(connect: Connect) -> None:
    with pytest.raises(NeedsAttention, match="for acme, not for other"):
        connect(subdomain="other").check()


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (Refused(400, "Bad", "bad_request"), Permanent),
        (Refused(402, "Declined", "transaction"), Permanent),
        (Refused(403, "No", "invalid_permissions"), NeedsAttention),
        (Refused(404, "None", "not_found"), Permanent),
        (Refused(406, "Old", "invalid_api_version"), Permanent),
        (Refused(422, "Invalid", "validation", "code"), Permanent),
        (Refused(422, "Declined", "transaction"), Permanent),
        (Refused(422, "Not enabled", "missing_feature"), NeedsAttention),
        (Refused(422, "Under way", "simultaneous_request"), Ambiguous),
        (Refused(429, "Slow down", "rate_limited"), Retryable),
        (Refused(500, "Broken", "internal_server_error"), Ambiguous),
        (Refused(503, "Closed", "service_not_available"), Ambiguous),
    ],
)
def test_each_refusal_of_a_write_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    provider: RecurlyProvider,
    recurly: FakeRecurly,
    refusal: Refused,
    kind: type[ProviderError],
) -> None:
    refuse(monkeypatch, recurly, refusal)
    with pytest.raises(ProviderError) as raised:
        provider.put_customer(customer_document(), KEY)
    assert type(raised.value) is kind
    assert refusal.body["error"]["message"] in str(raised.value)


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
@pytest.mark.parametrize("request_number", range(1, 5))
def test_a_credit_note_interrupted_anywhere_is_given_once(
    provider: RecurlyProvider, loopback: Loopback, fault: Fault, request_number: int
) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    invoice = provider.put_invoice(invoice_document(customer.ref), "put")
    note = credit_note_document(invoice, customer.ref, 600)
    loopback.fail_next(fault, after=request_number - 1)
    with pytest.raises(ProviderError) as raised:
        provider.put_credit_note(note, KEY)

    found = provider.find(DocumentKind.CREDIT_NOTE, note.id, LONG_AGO, customer.ref)
    assert isinstance(raised.value, Retryable) <= (found is None), "what may be there is not called untouched"
    provider.put_credit_note(note, "another key", existing=found)

    given = [each for each in loopback.fake.invoices.values() if each["type"] == "credit"]
    assert [(each["state"], float(each["total"])) for each in given] == [("closed", -6.0)]
    assert provider.fetch(DocumentKind.INVOICE, invoice.ref).amount_paid == Money(600, "USD")


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
@pytest.mark.parametrize("request_number", range(1, 4))
def test_a_payment_interrupted_anywhere_is_recorded_once(
    provider: RecurlyProvider, loopback: Loopback, fault: Fault, request_number: int
) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    invoice = provider.put_invoice(invoice_document(customer.ref), "put")
    payment = payment_document(invoice, 600)
    loopback.fail_next(fault, after=request_number - 1)
    with pytest.raises(ProviderError):
        provider.record_payment(invoice.ref, payment, KEY)
    loopback.fake.now += 7200
    assert provider.record_payment(invoice.ref, payment, "another key").amount_paid == Money(600, "USD")


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
@pytest.mark.parametrize("request_number", range(1, 5))
def test_a_void_interrupted_anywhere_is_completed(
    provider: RecurlyProvider, loopback: Loopback, fault: Fault, request_number: int
) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    invoice = provider.put_invoice(invoice_document(customer.ref), "put")
    loopback.fail_next(fault, after=request_number - 1)
    with pytest.raises(ProviderError):
        provider.void_invoice(invoice.ref, "wrong customer", KEY)
    loopback.fake.now += 7200
    assert provider.void_invoice(invoice.ref, "wrong customer", "another key").status is ExternalStatus.VOID


def test_a_refund_interrupted_after_it_was_made_is_there_once(provider: RecurlyProvider, loopback: Loopback) -> None:
    customer = provider.put_customer(customer_document(), "customer")
    invoice = provider.put_invoice(invoice_document(customer.ref), "put")
    provider.record_payment(invoice.ref, payment_document(invoice), "pay")
    note = credit_note_document(invoice, customer.ref, 600, CreditDisposition.OUT_OF_BAND)
    loopback.fail_next(Fault.LOST_ANSWER, after=1)
    with pytest.raises(Ambiguous):
        provider.put_credit_note(note, KEY)
    found = provider.find(DocumentKind.CREDIT_NOTE, note.id, LONG_AGO, customer.ref)
    assert found
    assert provider.put_credit_note(note, "another key", existing=found) == found
    assert len(loopback.writes(f"/invoices/{invoice.ref}/refund")) == 1
